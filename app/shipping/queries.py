"""Reads of shipping options."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from app.shipping.models import ShippingLocation, ShippingOption


def list_options(session: Session, region_id: str, *, is_return: bool = False) -> list[ShippingOption]:
    """The options a region offers now, whole, in the order they are shown; those of returns are a list of their own."""
    wanted = _whole().where(
        ShippingOption.region_id == region_id, ShippingOption.is_active, ShippingOption.is_return.is_(is_return)
    )
    return list(session.scalars(wanted.order_by(ShippingOption.rank, ShippingOption.id)).unique())


def find_option(session: Session, option_id: str) -> ShippingOption | None:
    """The option with its steps, destinations and location, switched off or not."""
    return session.scalars(_whole().where(ShippingOption.id == option_id)).unique().one_or_none()


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
