"""Reads of shipping options."""

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.core.tagged_cache import get_tagged_cache
from app.shipping.errors import ShippingOptionNotFound
from app.shipping.models import ShippingLocation, ShippingOption

OPTION_BYTES = 6_000


def list_options(session: Session, region_id: str, *, is_return: bool = False) -> list[ShippingOption]:
    """The options a region offers now, whole, in the order they are shown; those of returns are a list of their own."""
    wanted = _whole().where(
        ShippingOption.region_id == region_id, ShippingOption.is_active, ShippingOption.is_return.is_(is_return)
    )
    return list(session.scalars(wanted.order_by(ShippingOption.rank, ShippingOption.id)).unique())


def find_option(session: Session, option_id: str) -> ShippingOption | None:
    """The option with its steps, destinations and location, switched off or not."""
    return session.scalars(_whole().where(ShippingOption.id == option_id)).unique().one_or_none()


def list_kept_options(session: Session, region_id: str, *, is_return: bool) -> tuple[ShippingOption, ...]:
    """The same as `list_options`, to look at only: the process keeps them until one of them changes."""
    key = (list_kept_options, region_id, is_return)
    return _keep(session, key, lambda: list_options(session, region_id, is_return=is_return))


def find_kept_option(session: Session, option_id: str) -> ShippingOption | None:
    """The same as `find_option`, to look at only."""
    found = _keep(session, (find_kept_option, option_id), lambda: filter(None, [find_option(session, option_id)]))
    return found[0] if found else None


def _keep(session: Session, key: Hashable, read: Callable[[], Iterable[ShippingOption]]) -> tuple[ShippingOption, ...]:
    cache = get_tagged_cache()
    kept: tuple[ShippingOption, ...] | None = cache.get(key, tuple)
    if kept is not None:
        return kept
    since = cache.mark()
    options = tuple(read())
    for option in options:
        for row in (option, *option.steps, *option.destinations, option.location):
            if row is not None and row in session:
                session.expunge(row)  # it outlives this session
    if options:  # nobody fills the room with ids that name nothing
        cache.keep(key, options, size=len(options) * OPTION_BYTES, since=since)
    return options


def get_option(session: Session, option_id: str) -> ShippingOption:
    """The same as `find_option`; raises `ShippingOptionNotFound`."""
    option = find_option(session, option_id)
    if option is None:
        raise ShippingOptionNotFound(option_id)
    return option


def lock_option(session: Session, option_id: str) -> ShippingOption:
    """The option whole, its row locked: changes of it follow each other. Raises `ShippingOptionNotFound`."""
    row = select(ShippingOption.id).where(ShippingOption.id == option_id).with_for_update()
    if session.scalar(row) is None:
        raise ShippingOptionNotFound(option_id)
    wanted = _whole().where(ShippingOption.id == option_id)
    return session.scalars(wanted.execution_options(populate_existing=True)).unique().one()


@dataclass(frozen=True)
class OptionSearch:
    """Which options; None means any. `text` is part of a name or a code."""

    text: str | None = None
    ids: Collection[str] = ()
    region_ids: Collection[str] = ()
    is_return: bool | None = None


def list_all_options(
    session: Session, wanted: OptionSearch, *, limit: int, offset: int
) -> tuple[list[ShippingOption], int]:
    """A page of the shop's options, switched off or not, in the order they are shown, and how many match."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.ids:
        conditions.append(ShippingOption.id.in_(wanted.ids))
    if wanted.region_ids:
        conditions.append(ShippingOption.region_id.in_(wanted.region_ids))
    if wanted.is_return is not None:
        conditions.append(ShippingOption.is_return.is_(wanted.is_return))
    if wanted.text:
        columns = (ShippingOption.name, ShippingOption.code)
        conditions.append(or_(*(column.icontains(wanted.text, autoescape=True) for column in columns)))
    count = session.scalar(select(func.count()).select_from(ShippingOption).where(*conditions)) or 0
    ordered = (ShippingOption.rank, ShippingOption.id)
    page = select(ShippingOption.id).where(*conditions).order_by(*ordered).limit(limit).offset(offset)
    whole = _whole().where(ShippingOption.id.in_(session.scalars(page).all())).order_by(*ordered)
    return list(session.scalars(whole).unique()), count


def find_option_by_code(session: Session, region_id: str, code: str) -> ShippingOption | None:
    """The region's option of this code, switched off or not."""
    query = select(ShippingOption).where(ShippingOption.region_id == region_id, ShippingOption.code == code)
    return session.scalar(query)


def find_location_by_name(session: Session, name: str) -> ShippingLocation | None:
    """The place of this name."""
    return session.scalar(select(ShippingLocation).where(ShippingLocation.name == name))


def _whole() -> Select[ShippingOption]:
    """An option has a handful of steps and destinations: one statement reads them all."""
    return select(ShippingOption).options(
        joinedload(ShippingOption.steps),
        joinedload(ShippingOption.destinations),
        joinedload(ShippingOption.location),
    )
