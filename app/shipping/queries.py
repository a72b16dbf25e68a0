"""Reads of shipping options."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.shipping.models import ShippingOption


def list_options(session: Session, region_id: str) -> list[ShippingOption]:
    """The options a region offers now, in the order they are shown."""
    query = select(ShippingOption).where(ShippingOption.region_id == region_id, ShippingOption.is_active)
    return list(session.scalars(query.order_by(ShippingOption.rank, ShippingOption.id)))


def find_option(session: Session, option_id: str) -> ShippingOption | None:
    """The option, switched off or not."""
    return session.get(ShippingOption, option_id)


def find_option_by_code(session: Session, region_id: str, code: str) -> ShippingOption | None:
    """The region's option of this code, switched off or not."""
    query = select(ShippingOption).where(ShippingOption.region_id == region_id, ShippingOption.code == code)
    return session.scalar(query)
