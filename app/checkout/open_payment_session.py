"""Asking for the money of a cart: the amount owed, then one attempt to pay it."""

from sqlalchemy.orm import Session

from app.carts.models import Cart
from app.carts.open_cart import mark_used, open_cart, refresh
from app.carts.queries import CartContents, get_contents
from app.carts.rules import check_for_sale
from app.carts.update_lines import reprice
from app.checkout.complete_cart import read_readiness
from app.checkout.errors import ShippingMissing, TotalRisen
from app.checkout.queries import find_cart_to_pay
from app.checkout.release_pieces import give_up_answered, give_up_refused
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.errors import Conflict, Refusal
from app.core.settings import get_settings
from app.gateways.errors import Retryable, Terminal
from app.gateways.stripe import get_stripe
from app.invoices.service import find_distance_refusal
from app.payments.breaker import find_outage, guarded
from app.payments.errors import CheckoutUnavailable, PaymentCollectionNotFound
from app.payments.models import PaymentSession
from app.payments.rules import MANUAL_PROVIDER, STRIPE_PROVIDER, check_provider, compute_provider
from app.payments.service import (
    create_collection,
    follow_amount,
    open_session,
    record_intent,
    supersede_sessions,
)
from app.stock.service import release, reserve


def open_collection(session: Session, cart_id: str) -> str:
    """The id of what a cart owes; asked again it is the same one, at the total that the cart shows."""
    cart = open_cart(session, cart_id)
    total_cents = get_contents(session, cart_id).totals.total_cents
    mark_used(cart)
    if cart.payment_collection_id is None:
        cart.payment_collection_id = create_collection(session, total_cents, cart.currency_code).id
    elif follow_amount(session, cart.payment_collection_id, total_cents, cart.currency_code):
        release(session, cart_id)
    return cart.payment_collection_id


def open_payment_session(collection_id: str, provider_id: str) -> None:
    """Open one attempt to pay, in place of any other; with Stripe, an intent for it, and the pieces promised meanwhile.

    The row stands before the call and its id is the idempotency key: whatever the call's outcome, asking again pays
    once. Nobody pays more than the cart showed: where today's prices come to more, the cart takes them and `TotalRisen`
    is raised, once; so is `ShippingMissing` where its way to be sent is no longer offered, and `DistanceSalesClosed`
    where no more may be sold to its country. Raises `PaymentProviderUnknown`, `VariantNotForSale`,
    `VariantWithoutPrice`, `InsufficientInventory`, `CheckoutUnavailable`, `AmountNotPayable`; whoever is refused so has
    their cart for seven days more.
    """
    outage = find_outage() if provider_id == STRIPE_PROVIDER else None
    with unit_of_work() as session:
        attempt = _open(session, collection_id, provider_id, outage)
    if isinstance(attempt, Refusal):
        raise attempt
    if attempt.provider_id == STRIPE_PROVIDER and attempt.payment_intent_id is None:
        _create_intent(attempt)


def refresh_shown(session: Session, shown: CartContents) -> tuple[CartContents, Refusal | None]:
    """The cart at today's prices, promotions and carriage, and what its buyer must see before paying, if anything.

    Raises `VariantNotForSale`, `VariantWithoutPrice`, `CartTooLarge`.
    """
    had_shipping = shown.cart.shipping_method is not None
    check_for_sale(shown.withdrawn)
    contents = refresh(session, reprice(session, shown))
    cart, total_cents = read_readiness(contents, has_session=False), contents.totals.total_cents
    if had_shipping and cart.needs_shipping and not cart.has_shipping:
        return contents, ShippingMissing()
    closed = _find_distance_refusal(session, contents)
    if closed is not None:
        return contents, closed
    is_risen = total_cents > shown.totals.total_cents
    return contents, TotalRisen(total_cents, contents.cart.currency_code) if is_risen else None


def _find_distance_refusal(session: Session, contents: CartContents) -> Refusal | None:
    address, charges = contents.cart.shipping_address, contents.totals.sum
    country_code = address.country_code if address else None
    net_cents = charges.total_cents - charges.tax_cents
    return find_distance_refusal(session, country_code, contents.cart.currency_code, net_cents)


def open_free_session(session: Session, cart: Cart) -> PaymentSession:
    """The attempt of a locked cart that owes nothing: whoever buys it need not ask for one."""
    if cart.payment_collection_id is None:
        cart.payment_collection_id = create_collection(session, 0, cart.currency_code).id
    follow_amount(session, cart.payment_collection_id, 0, cart.currency_code)  # goods may have gone by themselves
    return open_session(session, cart.payment_collection_id, MANUAL_PROVIDER)


def _open(
    session: Session, collection_id: str, provider_id: str, outage: CheckoutUnavailable | None
) -> PaymentSession | Refusal:
    """The attempt, or what to raise once the changed cart is committed."""
    found = find_cart_to_pay(session, collection_id)
    if found is None:
        raise PaymentCollectionNotFound(f"Payment collection with id: {collection_id} was not found")
    cart_id, closure = found
    cart = open_cart(session, cart_id)
    if closure is not None:
        mark_used(cart)
        return closure
    contents, surprise = refresh_shown(session, get_contents(session, cart_id))
    total_cents = contents.totals.total_cents
    check_provider(provider_id, total_cents, is_manual_offered=get_settings().manual_payment)
    mark_used(cart)
    follow_amount(session, collection_id, total_cents, cart.currency_code)
    if surprise is not None:
        release(session, cart_id)
        supersede_sessions(session, collection_id)
        return surprise
    provider_id = compute_provider(provider_id, total_cents)
    if outage is not None and provider_id == STRIPE_PROVIDER:
        return outage
    attempt = open_session(session, collection_id, provider_id)
    # Whoever pays by transfer or in cash completes at once: only a card takes its time.
    if attempt.provider_id == STRIPE_PROVIDER:
        cart.promised_since_at = reserve(session, cart_id, contents.counted_pieces, cart.promised_since_at)
    else:
        release(session, cart_id)
    return attempt


def _create_intent(attempt: PaymentSession) -> None:
    try:
        intent = guarded(
            lambda: get_stripe().create_payment_intent(
                amount_cents=attempt.amount_cents,
                currency=attempt.currency_code,
                idempotency_key=attempt.id,
                # What finds the cart again should our note of the intent be lost (design §4.5).
                metadata={"session_id": attempt.id},
            )
        )
    except Retryable as failure:
        give_up_answered(attempt, failure)
        raise CheckoutUnavailable(failure.retry_after_seconds) from failure
    except Terminal as refusal:
        give_up_refused(attempt, refusal)
        raise CheckoutUnavailable from refusal
    with unit_of_work() as session:
        is_superseded = record_intent(session, attempt.id, intent, utc_now()).superseded_at is not None
    if is_superseded:  # the cart changed while Stripe answered; the intent is being cancelled
        raise Conflict
