"""The decisions of a purchase: may the cart be completed, does the payment fit, what about late money."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from app.checkout.errors import (
    CaptureNotForThisRole,
    CaptureNotWhole,
    CartEmpty,
    CollectionMissing,
    DetailsMissing,
    OrderNotCovered,
    OrderNotDeliverable,
    OrderNotTaxed,
    PaymentToldByStripe,
    ReturnUrlRefused,
    SessionMissing,
    ShippingMissing,
    TooManyAttempts,
)
from app.orders.rules import ReviewReason
from app.payments.rules import MANUAL_PROVIDER
from app.staff.rules import Role


@dataclass(frozen=True)
class Readiness:
    """What a cart has, and what it needs."""

    has_lines: bool
    is_for_sale: bool
    has_collection: bool
    has_session: bool
    needs_shipping: bool
    has_shipping: bool
    has_email: bool
    has_address: bool
    owes_nothing: bool


@dataclass(frozen=True)
class Sum:
    """An amount in the currency's smallest unit; the code in lower case."""

    cents: int
    currency_code: str


@dataclass(frozen=True)
class Review:
    """Why a person must look at the order; None: nobody has to."""

    reason: ReviewReason | None


@dataclass(frozen=True)
class PaymentNeed:
    """What the browser is told when the payment is not there: Medusa's type and message."""

    type: Literal["payment_requires_more_error", "payment_authorization_error"]
    message: str


@dataclass(frozen=True)
class ReturnUrls:
    """Where Stripe sends its customer after paying, and instead of paying; neither proves anything."""

    success_url: str
    cancel_url: str


# One order keeps its pieces from others for a few hours of each day at most.
MOST_ATTEMPTS = 6
ATTEMPTS_WITHIN = timedelta(days=1)

LatePayment = Literal["pays", "duplicate", "differs"]

_WAITS_FOR_CUSTOMER = frozenset({"requires_action", "requires_confirmation", "processing", "requires_capture"})


def check_ready(cart: Readiness) -> None:
    """Payment first, then shipping, in Medusa's order and words; a cart that owes nothing needs no payment.

    Source: store-api §7.
    """
    if not cart.has_lines:
        raise CartEmpty
    if not cart.has_collection and not cart.owes_nothing:
        raise CollectionMissing
    if not cart.has_session and not cart.owes_nothing:
        raise SessionMissing
    if cart.needs_shipping and not cart.has_shipping:
        raise ShippingMissing


def check_orderable(cart: Readiness) -> None:
    """An order whose payment is still to come lacks nothing else: later there is no cart to complete.

    Source: design §4.5; what an order needs is that of `decide_review`. Raises `CartEmpty`, `ShippingMissing`,
    `DetailsMissing`.
    """
    if not cart.has_lines:
        raise CartEmpty
    if cart.needs_shipping and not cart.has_shipping:
        raise ShippingMissing
    missing = {} if cart.has_email else {"email": "required"}
    if cart.needs_shipping and not cart.has_address:
        missing["shipping_address"] = "required"
    if missing:
        raise DetailsMissing(fields=missing)


def compute_return_urls(
    order_id: str, success_url: str | None, cancel_url: str | None, storefront: str, origins: Collection[str]
) -> ReturnUrls:
    """Where Stripe sends its customer: below an origin of the shop's storefronts, else to the storefront's own pages.

    Source: design §4.18 (nobody is sent elsewhere from our checkout). Raises `ReturnUrlRefused`.
    """
    allowed = {_origin_of(each) for each in (*origins, storefront)}
    for name, url in (("success_url", success_url), ("cancel_url", cancel_url)):
        if url is not None and _origin_of(url) not in allowed - {None}:
            raise ReturnUrlRefused(fields={name: "origin_not_allowed"})
    page = f"{storefront}/order/{order_id}"
    return ReturnUrls(success_url or f"{page}/confirmed", cancel_url or page)


def _origin_of(url: str) -> str | None:
    """`https://shop.example:8443` of an address below it; None of whatever a browser might read otherwise."""
    if not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return None
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")


def check_attempts(opened_at: Collection[datetime], now: datetime) -> None:
    """So many attempts to pay one order within a day; each keeps its pieces from others while it is open.

    Source: docs/decisions/0016. Raises `TooManyAttempts`.
    """
    recent = sorted(at for at in opened_at if at > now - ATTEMPTS_WITHIN)
    if len(recent) >= MOST_ATTEMPTS:
        raise TooManyAttempts(int((recent[-MOST_ATTEMPTS] + ATTEMPTS_WITHIN - now).total_seconds()) + 1)


def check_capture(role: Role, provider_id: str, owed: Sum, amount_cents: int | None) -> None:
    """A person records money of a manual payment only, and all of it: an order is never paid by halves.

    Source: design §4.5. Raises `CaptureNotForThisRole`, `PaymentToldByStripe`, `CaptureNotWhole`.
    """
    if role == "readonly":
        raise CaptureNotForThisRole
    if provider_id != MANUAL_PROVIDER:
        raise PaymentToldByStripe
    if amount_cents is not None and amount_cents != owed.cents:
        raise CaptureNotWhole(owed.cents, owed.currency_code)


def decide_payment_need(intent_status: str) -> PaymentNeed:
    """Why an intent that is not paid does not complete the cart. Source: store-api §7."""
    if intent_status in _WAITS_FOR_CUSTOMER:
        return PaymentNeed("payment_requires_more_error", "More information is required for payment")
    return PaymentNeed("payment_authorization_error", "Payment authorization failed")


def decide_review(cart: Readiness, owed: Sum, paid: Sum | None) -> Review:
    """Money that came is never sent away: what does not fit becomes an order that a person looks at.

    Nobody can be written to without an e-mail, and no parcel leaves without a name, a street and a town. Source: design
    §4.5; the amount and the currency must both be equal, payments §2.2; what is withdrawn, docs/decisions/0014.
    """
    can_leave = not cart.needs_shipping or (cart.has_shipping and cart.has_address)
    if not (cart.has_lines and cart.has_email and can_leave):
        return Review("details_missing")
    if paid is not None and paid != owed:
        return Review("amount_differs")
    if not cart.is_for_sale:
        return Review("withdrawn")
    return Review(None)


def decide_late_payment(*, is_order_paid: bool, came_before: Collection[Sum], owed: Sum, paid: Sum) -> LatePayment:
    """Money for an order that exists already: it pays it, or it is there twice, or it does not fit.

    What fits pays even after a payment that did not, for a cart may have changed between two attempts; then it is the
    earlier one that is too much. Source: design §4.5, payments §5 (duplicate_payment).
    """
    if is_order_paid or owed in came_before:
        return "duplicate"
    if paid == owed:
        return "pays"
    return "duplicate" if came_before else "differs"


@dataclass(frozen=True)
class Look:
    """An order that a person looks at; `kept_cents` came and is not promised back."""

    total_cents: int
    kept_cents: int
    is_deliverable: bool
    needs_shipping: bool
    is_taxed: bool
    has_email: bool


def check_acceptable(look: Look) -> None:
    """What is worked on is covered by money that stays, has its VAT, and can be sent to somebody.

    Source: design §4.5 (a person looks), french-rules §2.2, payments §2.2. Raises `OrderNotCovered`, `OrderNotTaxed`,
    `OrderNotDeliverable`.
    """
    if look.kept_cents < look.total_cents:
        raise OrderNotCovered
    if not look.is_taxed:
        raise OrderNotTaxed
    if not look.has_email or (look.needs_shipping and not look.is_deliverable):
        raise OrderNotDeliverable
