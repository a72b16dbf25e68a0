"""Families of products: what their metadata must be, and the tags that follow from it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.catalogue import queries
from app.catalogue.check_metadata import FAMILY, FamilyDefinition, check_metadata, compute_tags
from app.catalogue.errors import FamilyNotFound, InvalidMetadata
from app.catalogue.models import Product, ProductFamily, ProductTag, product_tag_link
from app.catalogue.service import create_tag
from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.versions import check_unchanged

READ_AT_ONCE = 500


@dataclass(frozen=True)
class TagChange:
    """The tags that a product gets from its metadata, and those that its metadata no longer gives."""

    product_id: str
    handle: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Misfit:
    """A product whose metadata does not fit its family, and why."""

    product_id: str
    handle: str
    problem: str


def get_family(session: Session, name: str) -> FamilyDefinition:
    """The family of this name; raises `FamilyNotFound`."""
    found = queries.list_families(session).get(name)
    if found is None:
        raise FamilyNotFound(f"Product family '{name}' was not found")
    return found


def get_family_row(session: Session, name: str) -> ProductFamily:
    """Its row, locked; raises `FamilyNotFound`."""
    family = session.get(ProductFamily, name, with_for_update=True)
    if family is None:
        raise FamilyNotFound(f"Product family '{name}' was not found")
    return family


def set_family(session: Session, name: str, definition: FamilyDefinition, if_match: str | None = None) -> None:
    """Describe a family, or describe it anew: products are held to it from their next change on.

    `if_match`: only if it is this version still. Raises `ChangedMeanwhile`.
    """
    family = session.get(ProductFamily, name, with_for_update=True)
    if family is not None:
        check_unchanged(if_match, family.updated_at)
    before = family.definition if family else {}
    after = definition.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if family is None:
        session.add(ProductFamily(name=name, definition=after))
    else:
        family.definition, family.updated_at = after, utc_now()
    session.flush()  # the audit names it
    record_change(session, "product_family.set", name, before, after)


def remove_family(session: Session, name: str) -> None:
    """Forget a family: its products keep their metadata, and nobody checks it. Raises `FamilyNotFound`."""
    family = get_family_row(session, name)
    record_change(session, "product_family.remove", name, family.definition, {})
    session.execute(delete(ProductFamily).where(ProductFamily.name == name))


def list_misfits(session: Session) -> list[Misfit]:
    """The products whose metadata does not fit their family as it is described now."""
    families = queries.list_families(session)
    misfits = []
    for product_id, handle, metadata, _ in _read_products(session, ()):
        family = str(metadata[FAMILY])
        try:
            if family not in families:
                raise InvalidMetadata(f"Unknown family '{family}'")
            check_metadata(family, families[family], metadata)
        except InvalidMetadata as misfit:
            misfits.append(Misfit(product_id, handle, misfit.message))
    return misfits


def assign_tags(session: Session, product_ids: Sequence[str] = (), *, dry_run: bool = False) -> list[TagChange]:
    """Give products the tags that follow from their metadata, all of them or these; a second run changes nothing.

    A tag that a family decides on goes when the metadata no longer gives it; any other stays. `dry_run`: only say so.
    """
    families = queries.list_families(session)
    changes = []
    for product_id, handle, metadata, worn in _read_products(session, product_ids, is_locked=not dry_run):
        tags = compute_tags(families, metadata)
        added, removed = sorted(tags.given - worn), sorted((tags.decided - tags.given) & worn)
        if added or removed:
            changes.append(TagChange(product_id, handle, tuple(added), tuple(removed)))
    if not dry_run:
        for change in changes:
            _change_tags(session, change)
    return changes


def _change_tags(session: Session, change: TagChange) -> None:
    link = product_tag_link.c
    gone = select(ProductTag.id).where(ProductTag.value.in_(change.removed))
    session.execute(delete(product_tag_link).where(link.product_id == change.product_id, link.tag_id.in_(gone)))
    rows = [{"product_id": change.product_id, "tag_id": create_tag(session, value).id} for value in change.added]
    if rows:
        session.execute(product_tag_link.insert(), rows)
    session.get_one(Product, change.product_id).updated_at = utc_now()
    before, after = {"tags": list(change.removed)}, {"tags": list(change.added)}
    record_change(session, "product.tags", change.product_id, before, after)


def _read_products(
    session: Session, product_ids: Sequence[str], *, is_locked: bool = False
) -> Iterator[tuple[str, str, dict[str, object], frozenset[str]]]:
    """Products of a family, some hundreds at once: id, handle, metadata and tags."""
    after = ""
    while True:
        query = select(Product.id, Product.handle, Product.details).where(
            Product.id > after, Product.details.has_key(FAMILY)
        )
        if product_ids:
            query = query.where(Product.id.in_(product_ids))
        query = query.order_by(Product.id).limit(READ_AT_ONCE)
        rows = session.execute(query.with_for_update() if is_locked else query).all()
        worn = _list_tags(session, [row[0] for row in rows])
        yield from ((row[0], row[1], row[2] or {}, frozenset(worn.get(row[0], ()))) for row in rows)
        if len(rows) < READ_AT_ONCE:
            return
        after = rows[-1][0]


def _list_tags(session: Session, product_ids: Sequence[str]) -> dict[str, set[str]]:
    link = product_tag_link.c
    query = select(link.product_id, ProductTag.value).join(ProductTag, ProductTag.id == link.tag_id)
    worn: dict[str, set[str]] = {}
    for product_id, value in session.execute(query.where(link.product_id.in_(product_ids))):
        worn.setdefault(product_id, set()).add(value)
    return worn
