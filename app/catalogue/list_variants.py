"""Which variants a storefront's list holds. Ids only; `list_rows` reads the rest."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ARRAY, ColumnElement, Text, any_, func, literal, select
from sqlalchemy.orm import Session

from app.catalogue.list_rows import PRODUCT, VARIANT, is_shown
from app.catalogue.models import ProductSearch
from app.catalogue.queries import InstantFilter, Page, match_instants

SEARCH = ProductSearch.__table__
TEXT_COLUMNS = ("title", "sku", "barcode", "ean", "upc")
DEFAULT_ORDER = "created_at"


@dataclass(frozen=True)
class VariantFilter:
    """Columns and the values they may have, facts that hold or do not, instants, words.

    `channel_id`: of what is published there; None: of everything, as staff sees it.
    """

    channel_id: str | None
    columns: Mapping[str, Collection[str]] = field(default_factory=dict)
    facts: Mapping[str, bool | None] = field(default_factory=dict)
    instants: Collection[InstantFilter] = ()
    text: str | None = None


def list_variant_ids(
    session: Session, wanted: VariantFilter, page: Page, count: int | None = None
) -> tuple[list[str], int]:
    """A page of the variants that match, and how many match in all: `count`, where it is known."""
    shown = select(VARIANT.c.id).join_from(VARIANT, PRODUCT, PRODUCT.c.id == VARIANT.c.product_id)
    seen = [] if wanted.channel_id is None else [is_shown(literal(wanted.channel_id))]
    query = shown.where(*seen, *_conditions(wanted))
    counted = query.with_only_columns(func.count(), maintain_column_froms=True).scalar_subquery()
    order = page.order or DEFAULT_ORDER
    first = VARIANT.c[order.removeprefix("-")]
    turned = [each.desc() if order.startswith("-") else each.asc() for each in (first, VARIANT.c.id)]
    ordered = query.order_by(*turned).limit(page.limit).offset(page.offset).scalar_subquery()
    row = session.execute(select(func.array(ordered), counted if count is None else literal(count))).one()
    return list(row[0]), int(row[1])


def _conditions(wanted: VariantFilter) -> list[ColumnElement[bool]]:
    conditions = [
        VARIANT.c[name] == any_(literal(list(values), ARRAY(Text))) for name, values in wanted.columns.items() if values
    ]
    conditions += [VARIANT.c[name].is_(fact) for name, fact in wanted.facts.items() if fact is not None]
    if wanted.text and wanted.text.strip():
        conditions.append(_holds(wanted.text.strip()))
    return [*conditions, *match_instants(VARIANT, wanted.instants)]


def _holds(text: str) -> ColumnElement[bool]:
    """The product's words narrow by their index, the variant's own decide."""
    words = func.comptoir_fold(text)
    own = func.comptoir_fold(func.concat_ws(" ", *(VARIANT.c[name] for name in TEXT_COLUMNS)))
    pattern = func.concat(
        "%", func.replace(func.replace(func.replace(words, "\\", "\\\\"), "%", "\\%"), "_", "\\_"), "%"
    )
    products = select(SEARCH.c.product_id).where(SEARCH.c.words.like(pattern))
    return VARIANT.c.product_id.in_(products) & (func.strpos(own, words) > 0)
