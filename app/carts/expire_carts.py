"""The end of carts that nobody touched for seven days (runbook S0-017)."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.carts import queries
from app.carts.models import Cart, CartAddress
from app.payments.service import remove_collections, supersede_sessions

BATCH = 200


def expire_attempts(session: Session, now: datetime) -> int:
    """Have open intents of carts that are over cancelled at Stripe; how many carts, a batch at most."""
    carts = queries.lock_expired_with_attempts(session, now, BATCH)
    for cart in carts:
        if cart.payment_collection_id is not None:
            supersede_sessions(session, cart.payment_collection_id)
    return len(carts)


def expire_carts(session: Session, now: datetime) -> int:
    """Remove carts that are over with all that hangs on them; how many, a batch at most.

    A cart stays as long as money can still come for it: then it is completed after all.
    """
    carts = queries.lock_expired(session, now, BATCH)
    addresses = {address for cart in carts for address in (cart.shipping_address_id, cart.billing_address_id)}
    collections = {cart.payment_collection_id for cart in carts} - {None}
    if carts:
        session.execute(delete(Cart).where(Cart.id.in_([cart.id for cart in carts])))
        session.execute(delete(CartAddress).where(CartAddress.id.in_(addresses - {None})))
        remove_collections(session, [each for each in collections if each is not None])
    return len(carts)
