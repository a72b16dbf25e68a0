"""Reads across nouns."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.carts.models import Cart


def find_cart_id(session: Session, collection_id: str) -> str | None:
    """The cart that owns a payment collection."""
    return session.scalars(select(Cart.id).where(Cart.payment_collection_id == collection_id)).one_or_none()
