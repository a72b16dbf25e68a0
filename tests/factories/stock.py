"""What other buyers do to the shelf."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.stock.service import sell


def lapse_reservations(session: Session) -> None:
    """The quarter of an hour of every reservation is over; nobody has noticed yet."""
    session.execute(text("UPDATE stock_reservation SET expires_at = now() - interval '1 second'"))


def sell_to_somebody_else(session: Session, variant_id: str, quantity: int) -> None:
    """Another cart was quicker."""
    sell(session, {variant_id: quantity}, "order_of_somebody_else", "cart_of_somebody_else")
