"""How every change of a cart begins and ends."""

from sqlalchemy.orm import Session

from app.carts import queries
from app.carts.models import Cart
from app.carts.queries import CartContents
from app.carts.rules import check_changeable, check_open_by_id, check_payable
from app.carts.update_shipping import update_shipping
from app.core.clock import utc_now
from app.payments.service import follow_amount


def open_cart(session: Session, cart_id: str) -> Cart:
    """The cart, locked for a change; raises `CartNotFound`, `CartCompleted`."""
    cart = queries.lock_cart(session, cart_id)
    check_open_by_id(cart.id, cart.updated_at, utc_now())
    check_changeable(cart.id, cart.completed_at)
    return cart


def finish_change(session: Session, cart: Cart) -> CartContents:
    """Read the changed cart anew; carriage and what is owed follow, so that nobody pays an old amount."""
    cart.updated_at = utc_now()
    contents = queries.get_contents(session, cart.id)
    if update_shipping(session, contents):
        contents = queries.get_contents(session, cart.id)
    check_payable(contents.totals.total_cents)
    if cart.payment_collection_id is not None:
        follow_amount(session, cart.payment_collection_id, contents.totals.total_cents, cart.currency_code)
    return contents
