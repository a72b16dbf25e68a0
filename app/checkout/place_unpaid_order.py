"""An order that exists before its payment, made from a cart: the same checks as buying it, and nothing sold yet."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.carts.apply_promotions import purchase_of
from app.carts.models import Cart
from app.carts.open_cart import mark_used
from app.carts.queries import CartContents, get_contents, lock_cart
from app.carts.rules import check_open_by_id
from app.checkout.complete_cart import complete_cart, read_readiness
from app.checkout.open_payment_session import open_free_session, refresh_shown
from app.checkout.rules import check_orderable
from app.core.clock import utc_now
from app.core.db import unit_of_work, write_columns
from app.core.errors import Refusal
from app.core.ids import new_id
from app.ops.checkout_gate import find_closure
from app.orders.models import Order
from app.orders.place_order import Placement, place_order
from app.orders.queries import get_order_of_cart
from app.payments.service import create_collection, follow_amount, supersede_sessions
from app.promotions.service import take_uses
from app.stock.service import reserve_until

# So long pieces wait for the first attempt to pay.
KEPT_FOR = timedelta(minutes=30)


def place_unpaid_order(cart_id: str) -> Order:
    """The order of a cart, whole; of a cart that is an order already, that order, however it was bought.

    Prices, promotions and carriage are today's; whoever would pay more than they saw is shown it first (`TotalRisen`).
    What owes nothing is paid at once. Raises `CartNotFound`, what `check_orderable` refuses, `VariantNotForSale`,
    `VariantWithoutPrice`, `ShippingMissing`, `InsufficientInventory`, `InvalidPromotionCode`, `CheckoutUnavailable`.
    """
    with unit_of_work() as session:
        outcome = _place(session, lock_cart(session, cart_id))
    if isinstance(outcome, Refusal):
        raise outcome  # after the commit: the cart has today's prices, and seven days more
    return outcome


def _place(session: Session, cart: Cart) -> Order | Refusal:
    check_open_by_id(cart.id, cart.expires_at, cart.completed_at, utc_now())
    if cart.completed_at is not None:
        return get_order_of_cart(session, cart.id)
    closure = find_closure(session)
    if closure is not None:
        mark_used(cart)
        return closure
    contents, surprise = refresh_shown(session, get_contents(session, cart.id))
    if surprise is not None:
        mark_used(cart)
        return surprise
    check_orderable(read_readiness(contents, has_session=True))
    if contents.totals.total_cents == 0:
        return complete_cart(session, contents, open_free_session(session, contents.cart), None).order
    return _place_unpaid(session, contents)


def _place_unpaid(session: Session, contents: CartContents) -> Order:
    cart, order_id = contents.cart, new_id("order")
    collection_id = _open_collection(session, contents)
    take_uses(session, contents.used_promotion_ids, order_id, cart.email, purchase_of(contents))
    reserve_until(session, cart.id, contents.counted_pieces, utc_now() + KEPT_FOR)
    write_columns(session, cart, payment_collection_id=collection_id, completed_at=utc_now())
    order = place_order(session, contents, Placement(order_id, collection_id, None, None))
    write_columns(session, order, is_placed_unpaid=True)
    return order


def _open_collection(session: Session, contents: CartContents) -> str:
    """What the order owes; attempts to pay it as a cart are over, and one that is paid all the same pays the order."""
    cart, total_cents = contents.cart, contents.totals.total_cents
    if cart.payment_collection_id is None:
        return create_collection(session, total_cents, cart.currency_code).id
    follow_amount(session, cart.payment_collection_id, total_cents, cart.currency_code)
    supersede_sessions(session, cart.payment_collection_id)
    return cart.payment_collection_id
