"""Reads of shipping options."""

from collections.abc import Callable, Hashable, Iterable

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from app.core.tagged_cache import get_tagged_cache
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
