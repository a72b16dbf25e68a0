"""How every change of a cart begins and ends."""

from sqlalchemy.orm import Session

from app.carts import queries
from app.carts.apply_promotions import keep_own_promotions, list_standings, reduce_lines, reduce_shipping
from app.carts.models import Cart
from app.carts.queries import CartContents
from app.carts.rules import LIFE, check_changeable, check_open_by_id, check_payable
from app.carts.update_shipping import update_shipping
from app.core.clock import utc_now
from app.payments.service import follow_amount, supersede_sessions
from app.stock.queries import list_reserved
from app.stock.service import release


def open_cart(session: Session, cart_id: str) -> Cart:
    """The cart, locked for a change; raises `CartNotFound`, `CartCompleted`."""
    cart = queries.lock_cart(session, cart_id)
    check_open_by_id(cart.id, cart.expires_at, cart.completed_at, utc_now())
    check_changeable(cart.id, cart.completed_at)
    return cart


def mark_used(cart: Cart) -> None:
    """Somebody is at it: its seven days begin anew. Called late, so that one statement writes all of the cart."""
    cart.expires_at = utc_now() + LIFE


def get_open_contents(session: Session, cart_id: str) -> CartContents:
    """The cart for whoever knows its id, as long as that opens it; raises `CartNotFound`."""
    contents = queries.get_contents(session, cart_id)
    check_open_by_id(cart_id, contents.cart.expires_at, contents.cart.completed_at, utc_now())
    return contents


def finish_change(session: Session, cart: Cart) -> CartContents:
    """Read the changed cart anew; promotions, carriage and what is owed follow, so that nobody pays an old amount."""
    cart.updated_at = utc_now()
    mark_used(cart)
    contents = queries.get_contents(session, cart.id)
    check_payable(contents.totals.item_sum.original_total_cents)  # what is taken off is no larger, and can be kept
    contents = refresh(session, contents)
    check_payable(contents.totals.total_cents)
    if cart.payment_collection_id is not None:
        _follow(session, cart.payment_collection_id, contents)
    return contents


def refresh(session: Session, contents: CartContents) -> CartContents:
    """Promotions on goods come first: what sending costs may depend on what the goods come to after them."""
    candidates = list_standings(session, contents)
    reduced = update_shipping(session, reduce_lines(session, contents, candidates))
    return keep_own_promotions(reduce_shipping(session, reduced, candidates), candidates)


def _follow(session: Session, collection_id: str, contents: CartContents) -> None:
    """Attempts to pay for other goods or another amount are dropped, and what was promised for them with them."""
    cart_id = contents.cart.id
    is_changed = follow_amount(session, collection_id, contents.totals.total_cents, contents.cart.currency_code)
    reserved = list_reserved(session, cart_id)
    if not reserved or (not is_changed and reserved == contents.counted_pieces):
        return
    if not is_changed:
        supersede_sessions(session, collection_id)
    release(session, cart_id)
