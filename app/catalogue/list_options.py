"""The options of what a storefront shows, with their values: an option belongs to one product, and is as old as it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, false, func, literal, select
from sqlalchemy.orm import Session

from app.catalogue.list_rows import OPTION, PRODUCT, VALUE, Row, is_shown, order_rows
from app.catalogue.queries import InstantFilter, Page, match_instants

OWN_COLUMNS = ("id", "title")


@dataclass(frozen=True)
class OptionFilter:
    """What to show; empty means no condition."""

    channel_id: str
    ids: Collection[str] = ()
    titles: Collection[str] = ()
    is_exclusive: bool | None = None
    instants: Collection[InstantFilter] = ()
    text: str | None = None


def list_option_ids(
    session: Session, wanted: OptionFilter, page: Page, count: int | None = None
) -> tuple[list[str], int]:
    """A page of the options of published products, and how many match in all: `count`, where it is known."""
    query = _shown(wanted.channel_id).with_only_columns(OPTION.c.id).where(*_conditions(wanted))
    if count is None:
        count = session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    if count <= page.offset or page.limit == 0:
        return [], count
    order = page.order or "id"
    name = order.removeprefix("-")
    first = (OPTION if name in OWN_COLUMNS else PRODUCT).c[name]
    ordered = query.order_by(first.desc() if order.startswith("-") else first.asc(), OPTION.c.id)
    return list(session.scalars(ordered.limit(page.limit).offset(page.offset))), count


def list_option_rows(session: Session, option_ids: Collection[str], channel_id: str) -> Sequence[Row]:
    """Of these, those that are shown: id, title, product id, both instants, and the values: rows of id and value."""
    values = order_rows(func.json_build_array(VALUE.c.id, VALUE.c.value), VALUE.c.rank, VALUE.c.id)
    listed = values.where(VALUE.c.option_id == OPTION.c.id).scalar_subquery()
    columns = (OPTION.c.id, OPTION.c.title, OPTION.c.product_id, PRODUCT.c.created_at, PRODUCT.c.updated_at, listed)
    query = _shown(channel_id).with_only_columns(*columns).where(OPTION.c.id.in_(option_ids))
    return session.execute(query).all()


def _shown(channel_id: str) -> Select[tuple[object]]:
    joined = OPTION.join(PRODUCT, PRODUCT.c.id == OPTION.c.product_id)
    return select(OPTION.c.id).select_from(joined).where(is_shown(literal(channel_id)))


def _conditions(wanted: OptionFilter) -> list[ColumnElement[bool]]:
    columns = {"id": wanted.ids, "title": wanted.titles}
    conditions: list[ColumnElement[bool]] = [OPTION.c[name].in_(values) for name, values in columns.items() if values]
    conditions += match_instants(PRODUCT, wanted.instants)
    if wanted.is_exclusive is False:
        conditions.append(false())  # none is shared by products
    if wanted.text and wanted.text.strip():
        conditions.append(func.strpos(func.comptoir_fold(OPTION.c.title), func.comptoir_fold(wanted.text.strip())) > 0)
    return conditions
