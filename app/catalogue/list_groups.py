"""Categories, collections, tags and types that a storefront lists, and the published products of each."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ARRAY, ColumnElement, FromClause, Text, any_, column, func, literal, or_, select, true
from sqlalchemy.orm import Session

from app.catalogue.list_rows import CATEGORY, COLLECTION, PRODUCT, TAG, TYPE, Columns, Row, is_shown
from app.catalogue.models import product_category_link, product_tag_link
from app.catalogue.queries import InstantFilter, Page, match_instants

# A group shows its first products: a menu of forty shelves must not send the catalogue.
MOST_PRODUCTS = 50
NOTHING = "null"  # how Medusa's clients write the absence of a parent


@dataclass(frozen=True)
class Kind:
    """A kind of group: its table, where `q` looks, its own order."""

    table: FromClause
    text_columns: Columns
    order: str


CATEGORIES = Kind(CATEGORY, ("name", "description", "handle"), "rank")
COLLECTIONS = Kind(COLLECTION, ("title", "handle"), "-created_at")
TAGS = Kind(TAG, ("value",), "value")
TYPES = Kind(TYPE, ("value",), "value")


@dataclass(frozen=True)
class GroupFilter:
    """Columns and the values they may have, facts, instants, words; empty means no condition.

    `is_staff`: hidden and internal shelves too.
    """

    columns: Mapping[str, Collection[str]] = field(default_factory=dict)
    instants: Collection[InstantFilter] = ()
    text: str | None = None
    facts: Mapping[str, bool | None] = field(default_factory=dict)
    is_staff: bool = False


def list_group_rows(
    session: Session, kind: Kind, wanted: GroupFilter, page: Page, columns: Columns
) -> tuple[Sequence[Row], int]:
    """A page of groups with these columns, and how many match in all."""
    table = kind.table
    query = select(*(table.c[name] for name in columns)).where(*_conditions(kind, wanted))
    count = session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    if count <= page.offset or page.limit == 0:
        return [], count
    order = page.order or kind.order
    first = table.c[order.removeprefix("-")]
    ordered = query.order_by(first.desc() if order.startswith("-") else first.asc(), table.c.id)
    return session.execute(ordered.limit(page.limit).offset(page.offset)).all(), count


def list_shown_categories(session: Session, columns: Columns) -> Sequence[Row]:
    """All shelves that may be shown, in their order, with these columns; a shop has tens of them."""
    query = select(*(CATEGORY.c[name] for name in columns)).where(*_shown(CATEGORIES))
    return session.execute(query.order_by(CATEGORY.c.rank, CATEGORY.c.id)).all()


def list_grouped_products(
    session: Session, kind: Kind, group_ids: Collection[str], channel_id: str
) -> Mapping[str, list[str]]:
    """The published products of each group by group id, oldest first, `MOST_PRODUCTS` at most of each."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    if not group_ids:
        return found
    # Group by group, each by an index and no further than its first: nothing reads the catalogue from end to end.
    asked = func.unnest(literal(list(group_ids), ARRAY(Text))).table_valued(column("id", Text)).render_derived()
    group_id, belonging = _members(kind)
    shown = select(PRODUCT.c.id, PRODUCT.c.created_at).select_from(belonging).correlate(asked)
    here = shown.where(group_id == asked.c.id, is_shown(literal(channel_id)))
    first = here.order_by(PRODUCT.c.created_at, PRODUCT.c.id).limit(MOST_PRODUCTS).lateral("first")
    query = select(asked.c.id, first.c.id).select_from(asked.join(first, true()))
    query = query.order_by(asked.c.id, first.c.created_at, first.c.id)
    for group, product_id in session.execute(query):
        found[group].append(product_id)
    return found


def _members(kind: Kind) -> tuple[ColumnElement[str], FromClause]:
    """The column that names the group, and what joins it to its products."""
    for table, link, name in (
        (CATEGORY, product_category_link, "category_id"),
        (TAG, product_tag_link, "tag_id"),
    ):
        if kind.table is table:
            return link.c[name], link.join(PRODUCT, PRODUCT.c.id == link.c.product_id)
    return (PRODUCT.c.collection_id if kind.table is COLLECTION else PRODUCT.c.type_id), PRODUCT


def _shown(kind: Kind) -> list[ColumnElement[bool]]:
    if kind.table is not CATEGORY:
        return []
    return [CATEGORY.c.is_active.is_(True), CATEGORY.c.is_internal.is_(False)]


def _conditions(kind: Kind, wanted: GroupFilter) -> list[ColumnElement[bool]]:
    conditions = [*([] if wanted.is_staff else _shown(kind)), *match_instants(kind.table, wanted.instants)]
    conditions += [kind.table.c[name].is_(fact) for name, fact in wanted.facts.items() if fact is not None]
    conditions += [_among(kind.table.c[name], allowed) for name, allowed in wanted.columns.items() if allowed]
    if wanted.text and wanted.text.strip():
        text = func.comptoir_fold(wanted.text.strip())
        folded = [func.comptoir_fold(kind.table.c[name]) for name in kind.text_columns]
        conditions.append(or_(*(func.strpos(each, text) > 0 for each in folded)))
    return conditions


def _among(name: ColumnElement[str], allowed: Collection[str]) -> ColumnElement[bool]:
    condition = name == any_(literal(list(allowed), ARRAY(Text)))
    return or_(condition, name.is_(None)) if NOTHING in allowed else condition
