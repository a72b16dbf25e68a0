"""The browser's way to the end of a purchase: read, ask Stripe with no transaction open, complete."""

from sqlalchemy.orm import Session

from app.carts.open_cart import mark_used
from app.carts.queries import CartContents, get_contents, has_intent, lock_cart
from app.carts.rules import check_for_sale, check_open_by_id
from app.checkout.complete_cart import complete_cart, read_readiness
from app.checkout.open_payment_session import open_free_session, refresh_shown
from app.checkout.rules import PaymentNeed, check_ready, decide_payment_need
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.errors import Conflict, Refusal
from app.core.settings import get_settings
from app.gateways.stripe import Intent, get_stripe
from app.ops.checkout_gate import find_closure
from app.orders.models import Order
from app.orders.queries import get_order_of_cart
from app.payments.breaker import ask_guarded
from app.payments.errors import CheckoutUnavailable
from app.payments.models import PaymentSession
from app.payments.queries import find_current_session
from app.payments.rules import MANUAL_PROVIDER, is_completable
from app.payments.service import record_intent


def complete_for_buyer(cart_id: str) -> Order | PaymentNeed | Refusal:
    """Complete a cart for its buyer; asking twice, or at the same time, gives the same order.

    The order, whole; or a payment that needs more; or what to tell the buyer although something was committed: the
    order stands whose money must find its way back, or the cart has today's prices.

    Raises `CartNotFound`, what `check_ready` refuses, `InsufficientInventory` and `VariantNotForSale` when no money was
    taken, `CheckoutUnavailable` when Stripe cannot be asked.
    """
    with unit_of_work() as session:
        if not has_intent(session, cart_id):  # nothing to ask Stripe
            return _complete_locked(session, cart_id, None)
        intent_id = _find_intent_to_read(session, cart_id)
    intent = _read_intent(cart_id, intent_id) if intent_id else None
    with unit_of_work() as session:
        return _complete_locked(session, cart_id, intent)


def _complete_locked(session: Session, cart_id: str, intent: Intent | None) -> Order | PaymentNeed | Refusal:
    """The last transaction: under the cart's lock, with what Stripe said of the intent."""
    cart = lock_cart(session, cart_id)
    check_open_by_id(cart_id, cart.expires_at, cart.completed_at, utc_now())
    if cart.completed_at is not None:
        return get_order_of_cart(session, cart_id)
    contents = get_contents(session, cart_id)
    attempt = _find_ready_session(session, contents)
    if attempt is None or attempt.provider_id == MANUAL_PROVIDER:
        closure = find_closure(session)  # not asked about a card's attempt: its money may be here already
        if closure is not None:
            mark_used(cart)
            return closure
    if attempt is None:
        return _complete_free(session, contents)
    if attempt.provider_id == MANUAL_PROVIDER:
        check_for_sale(contents.withdrawn)
        return complete_cart(session, contents, attempt, None).order
    if intent is None or intent.id != attempt.payment_intent_id:
        raise Conflict  # another session was opened while we asked about this one
    if intent.status != "succeeded":
        check_for_sale(contents.withdrawn)
        record_intent(session, attempt.id, intent, utc_now())
        return decide_payment_need(intent.status)
    completed = complete_cart(session, contents, attempt, intent)
    return completed.refusal or completed.order


def _complete_free(session: Session, shown: CartContents) -> Order | Refusal:
    """A cart that owes nothing and for which nobody opened a payment: its prices come to today's here."""
    contents, surprise = refresh_shown(session, shown)
    if surprise is not None:
        return surprise
    return complete_cart(session, contents, open_free_session(session, contents.cart), None).order


def _find_intent_to_read(session: Session, cart_id: str) -> str | None:
    """Refuses early what would be refused anyway, before Stripe is asked."""
    contents = get_contents(session, cart_id)
    check_open_by_id(cart_id, contents.cart.expires_at, contents.cart.completed_at, utc_now())
    if contents.cart.completed_at is not None:
        return None
    attempt = _find_ready_session(session, contents)
    return attempt.payment_intent_id if attempt else None


def _find_ready_session(session: Session, contents: CartContents) -> PaymentSession | None:
    """The attempt of a cart that lacks nothing; None when it owes nothing and nobody asked for one."""
    collection_id = contents.cart.payment_collection_id
    attempt = find_current_session(session, collection_id) if collection_id else None
    # A session whose vendor call never gave an answer cannot have been paid.
    is_ready = attempt is not None and is_completable(
        attempt.provider_id,
        attempt.amount_cents,
        contents.totals.total_cents,
        has_intent=attempt.payment_intent_id is not None,
        is_manual_offered=get_settings().manual_payment,
    )
    check_ready(read_readiness(contents, has_session=is_ready))
    return attempt if is_ready else None


def _read_intent(cart_id: str, intent_id: str) -> Intent:
    """What Stripe says of it now; whoever is refused has their cart for seven days more."""
    try:
        return ask_guarded(lambda: get_stripe().retrieve_payment_intent(intent_id))
    except CheckoutUnavailable:
        with unit_of_work() as session:
            mark_used(lock_cart(session, cart_id))
        raise
