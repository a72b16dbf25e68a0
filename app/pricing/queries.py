"""Reads of prices."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.pricing.models import Price


def list_prices(session: Session, variant_ids: Collection[str], currency_code: str) -> dict[str, Price]:
    """The price of each variant that has one in this currency, by variant id."""
    if not variant_ids:
        return {}
    query = select(Price).where(Price.variant_id.in_(variant_ids), Price.currency_code == currency_code)
    return {price.variant_id: price for price in session.scalars(query)}
