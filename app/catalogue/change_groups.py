"""Changes categories, collections, tags and types: their words, their places, which products they hold."""

from collections.abc import Collection, Iterable, Mapping
from typing import NoReturn, TypeVar

from sqlalchemy import Table, delete, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from app.catalogue import queries
from app.catalogue.errors import (
    CategoryNotEmpty,
    CategoryNotFound,
    CollectionNotFound,
    TagNotFound,
    TypeNotFound,
    UnknownReference,
)
from app.catalogue.models import (
    Product,
    ProductCategory,
    ProductCollection,
    ProductTag,
    ProductType,
    product_category_link,
)
from app.catalogue.rules import check_category_handle, check_category_place, check_collection_handle
from app.catalogue.service import create_collection, refusing_taken
from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.db import Json
from app.core.ids import new_id
from app.core.versions import check_unchanged

Group = ProductCategory | ProductCollection | ProductTag | ProductType
Word = TypeVar("Word", ProductTag, ProductType)
Kind = TypeVar("Kind", ProductCategory, ProductCollection, ProductTag, ProductType)

NAMES: Mapping[type[Group], str] = {
    ProductCategory: "product_category",
    ProductCollection: "product_collection",
    ProductTag: "product_tag",
    ProductType: "product_type",
}
AUDITED = (
    "title", "name", "value", "handle", "description", "is_active", "is_internal", "parent_category_id", "rank",
    "details",
)  # fmt: skip


def get_group(session: Session, kind: type[Kind], group_id: str) -> Kind:
    """The category, collection, tag or type of this id; raises its `NotFound`."""
    found = session.get(kind, group_id)
    if found is None:
        _refuse_unknown(kind, group_id)
    return found


def update_group(
    session: Session, kind: type[Kind], group_id: str, columns: Mapping[str, object], *, if_match: str | None = None
) -> Kind:
    """Change what a collection, a tag or a type says; raises its `NotFound`, `InvalidProduct`, and what is taken."""
    group = _lock(session, kind, group_id, if_match)
    before = _describe(group)
    handle = columns.get("handle")
    if isinstance(handle, str):
        (check_category_handle if kind is ProductCategory else check_collection_handle)(handle)
    with refusing_taken():
        for name, value in columns.items():
            setattr(group, name, dict(value) if isinstance(value, Mapping) else value)
        group.updated_at = utc_now()
        session.flush()  # a word that is taken is refused here
    record_change(session, f"{NAMES[kind]}.update", group_id, before, _describe(group))
    return group


def note_group(session: Session, group: Group) -> None:
    """The audit row of a group that a person made."""
    record_change(session, f"{NAMES[type(group)]}.create", group.id, {}, _describe(group))


def make_collection(session: Session, title: str, handle: str, details: Json | None) -> ProductCollection:
    """A new collection by a person's hand; raises `InvalidProduct`, `HandleTaken`."""
    collection = create_collection(session, title, handle, details=details)
    note_group(session, collection)
    return collection


def create_word(session: Session, kind: type[Word], value: str, details: Json | None) -> Word:
    """A new tag or type, by its word; raises `ValueTaken`."""
    word = kind(id=new_id("ptag" if kind is ProductTag else "ptyp"), value=value, details=details)
    with refusing_taken():
        session.add(word)
        session.flush()  # a word that is taken is refused here
    note_group(session, word)
    return word


def create_shelf(session: Session, columns: Mapping[str, object]) -> ProductCategory:
    """A new category at its place, the last one unless `rank` says otherwise.

    Raises `InvalidProduct`, `UnknownReference`, `HandleTaken`.
    """
    shelves = queries.lock_categories(session)
    parent_id = columns.get("parent_category_id")
    _refuse_unknown_parent(parent_id, shelves)
    check_category_handle(str(columns["handle"]))
    rank = _make_room(shelves.values(), None, parent_id, columns.get("rank"))
    category = ProductCategory(id=new_id("pcat"), **{**columns, "rank": rank})
    with refusing_taken():
        session.add(category)
        session.flush()  # a word that is taken is refused here
    note_group(session, category)
    return category


def update_category(
    session: Session, category_id: str, columns: Mapping[str, object], *, if_match: str | None = None
) -> ProductCategory:
    """Change a shelf; one that gets another place or parent makes room among those that stand there.

    Raises `CategoryNotFound`, `InvalidProduct`, `UnknownReference`, `HandleTaken`, `ChangedMeanwhile`.
    """
    shelves = queries.lock_categories(session)
    category = get_group(session, ProductCategory, category_id)
    parent_id = columns.get("parent_category_id", category.parent_category_id)
    _refuse_unknown_parent(parent_id, shelves)
    check_category_place(category_id, parent_id, {each.id: each.parent_category_id for each in shelves.values()})
    if "rank" in columns or parent_id != category.parent_category_id:
        rank = _make_room(shelves.values(), category, parent_id, columns.get("rank"))
        columns = {**columns, "rank": rank}
    return update_group(session, ProductCategory, category_id, columns, if_match=if_match)


def _refuse_unknown_parent(parent_id: object, shelves: Mapping[str, ProductCategory]) -> None:
    if parent_id is not None and parent_id not in shelves:
        raise UnknownReference(f"Product categories with ids: {parent_id} do not exist")


def _make_room(
    shelves: Iterable[ProductCategory], category: ProductCategory | None, parent_id: object, wanted: object
) -> int:
    """The place that a category gets among those of its parent, who move up or down for it."""
    siblings = [each for each in shelves if each.parent_category_id == parent_id and each is not category]
    place = min(wanted, len(siblings)) if isinstance(wanted, int) else len(siblings)
    for position, sibling in enumerate(siblings):
        sibling.rank = position + (position >= place)
    return place


def delete_group(session: Session, kind: type[Kind], group_id: str, *, if_match: str | None = None) -> None:
    """Delete it; its products stay. A shelf with shelves inside stays: `CategoryNotEmpty`. Raises its `NotFound`."""
    if kind is ProductCategory:
        shelves = queries.lock_categories(session)
        if any(each.parent_category_id == group_id for each in shelves.values()):
            raise CategoryNotEmpty
    group = _lock(session, kind, group_id, if_match)
    record_change(session, f"{NAMES[kind]}.delete", group_id, _describe(group), {})
    session.expunge(group)
    session.execute(delete(kind).where(kind.id == group_id))


def change_collection(
    session: Session, collection_id: str, add: Collection[str], remove: Collection[str], if_match: str | None = None
) -> ProductCollection:
    """Put products into a collection, take others out; raises `CollectionNotFound`, `UnknownReference`."""
    collection = _lock(session, ProductCollection, collection_id, if_match)
    _lock_products(session, {*add, *remove})
    now = utc_now()
    taken_out = update(Product).where(Product.id.in_(set(remove)), Product.collection_id == collection_id)
    session.execute(taken_out.values(collection_id=None, updated_at=now))
    put_in = update(Product).where(Product.id.in_(set(add)))
    session.execute(put_in.values(collection_id=collection_id, updated_at=now))
    return _note_products(session, collection, add, remove)


def change_category(
    session: Session, category_id: str, add: Collection[str], remove: Collection[str], if_match: str | None = None
) -> ProductCategory:
    """Put products on a shelf, take others off; raises `CategoryNotFound`, `UnknownReference`."""
    category = _lock(session, ProductCategory, category_id, if_match)
    _lock_products(session, {*add, *remove})
    _link(session, product_category_link, "category_id", category_id, add, remove)
    session.execute(update(Product).where(Product.id.in_({*add, *remove})).values(updated_at=utc_now()))
    return _note_products(session, category, add, remove)


def _link(session: Session, link: Table, name: str, group_id: str, add: Iterable[str], remove: Collection[str]) -> None:
    session.execute(delete(link).where(link.c[name] == group_id, link.c.product_id.in_(set(remove))))
    rows = [{"product_id": product_id, name: group_id} for product_id in sorted(set(add) - set(remove))]
    if rows:
        session.execute(postgresql.insert(link).on_conflict_do_nothing(), rows)


def _note_products(session: Session, group: Kind, add: Collection[str], remove: Collection[str]) -> Kind:
    group.updated_at = utc_now()
    action = f"{NAMES[type(group)]}.products"
    record_change(session, action, group.id, {"removed": sorted(set(remove))}, {"added": sorted(set(add))})
    session.flush()  # its new version is answered
    return group


def _lock_products(session: Session, product_ids: Collection[str]) -> None:
    query = select(Product.id).where(Product.id.in_(product_ids)).order_by(Product.id).with_for_update()
    unknown = set(product_ids) - set(session.scalars(query))
    if unknown:
        raise UnknownReference(f"Products with ids: {', '.join(sorted(unknown))} do not exist")


def _lock(session: Session, kind: type[Kind], group_id: str, if_match: str | None) -> Kind:
    query = select(kind).where(kind.id == group_id).with_for_update()
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        _refuse_unknown(kind, group_id)
    check_unchanged(if_match, found.updated_at)
    return found


def _refuse_unknown(kind: type[Group], group_id: str) -> NoReturn:
    if kind is ProductCategory:
        raise CategoryNotFound(f"Product category with id: {group_id} was not found")
    if kind is ProductCollection:
        raise CollectionNotFound(f"Collection with id: {group_id} was not found")
    if kind is ProductTag:
        raise TagNotFound(f"Product tag with id: {group_id} was not found")
    raise TypeNotFound(f"Product type with id: {group_id} was not found")


def _describe(group: Group) -> dict[str, object]:
    return {name: getattr(group, name) for name in AUDITED if hasattr(group, name)}
