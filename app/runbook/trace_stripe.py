"""What Stripe says of a purchase whose money is not known here, and of an id that nobody here knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.clock import utc_now
from app.gateways.errors import Terminal, VendorFailure
from app.gateways.stripe import Event, StripeGateway, get_stripe
from app.payments.models import PaymentSession
from app.runbook.rules import AtStripe

# The newest attempts; a customer makes few.
MOST_ASKED = 5
# Of the payment itself; so long after the attempt was opened it may still have been paid.
PAID_BY = ("payment_intent.succeeded", "checkout.session.completed", "checkout.session.async_payment_succeeded")
PAID_WITHIN = timedelta(days=3)


@dataclass(frozen=True)
class AboutPayment:
    """Whether Stripe has the money, and the events by which it told so."""

    status: AtStripe
    event_ids: Sequence[str] = ()


@dataclass(frozen=True)
class AboutId:
    """Whether Stripe knows an id, and under which other ids it may be known here."""

    is_there: bool | None
    also_named: Sequence[str] = ()


def ask_about_payment(attempts: Sequence[PaymentSession]) -> AboutPayment:
    """Ask for the newest attempts, with no transaction open; `silent` when Stripe does not answer."""
    asked = [each for each in attempts if each.payment_intent_id or each.checkout_session_id][-MOST_ASKED:]
    if not asked:
        return AboutPayment("not_asked")
    stripe = get_stripe()
    try:
        said = {each.id: _read(stripe, each) for each in asked}
        paid = [each for each in asked if said[each.id] == "paid"]
        if paid:
            return AboutPayment("paid", _list_events(stripe, paid[0]))
    except VendorFailure:
        return AboutPayment("silent")
    return AboutPayment("canceled" if set(said.values()) == {"canceled"} else "unpaid")


def ask_about_id(named: str) -> AboutId:
    """Ask for an event or an intent that nothing here knows; `is_there` is None when Stripe does not answer."""
    stripe = get_stripe()
    try:
        if named.startswith("evt_"):
            return AboutId(True, _names_in(stripe.retrieve_event(named)))
        if named.startswith("pi_"):
            # Where the note of the intent was lost, what we gave with it still leads to the attempt.
            return AboutId(True, (stripe.retrieve_payment_intent(named).metadata.get("session_id", ""),))
        if named.startswith("cs_"):
            return AboutId(True, (stripe.retrieve_checkout_session(named).client_reference_id or "",))
    except Terminal as refusal:
        return AboutId(False if refusal.http_status == 404 else None)
    except VendorFailure:
        return AboutId(None)
    return AboutId(False)


def _read(stripe: StripeGateway, attempt: PaymentSession) -> AtStripe:
    try:
        if attempt.checkout_session_id is not None:
            checkout = stripe.retrieve_checkout_session(attempt.checkout_session_id)
            if checkout.payment_status == "paid":
                return "paid"
            return "canceled" if checkout.status == "expired" else "unpaid"
        status = stripe.retrieve_payment_intent(attempt.payment_intent_id or "").status
    except Terminal as refusal:
        if refusal.http_status == 404:
            return "unpaid"
        raise
    return "paid" if status == "succeeded" else "canceled" if status == "canceled" else "unpaid"


def _list_events(stripe: StripeGateway, attempt: PaymentSession) -> Sequence[str]:
    since, ids = attempt.created_at - timedelta(hours=1), {attempt.payment_intent_id, attempt.checkout_session_id}
    until = min(utc_now() + timedelta(minutes=5), attempt.created_at + PAID_WITHIN)
    listed = stripe.list_events(since=_within_reach(since), until=until, types=PAID_BY)
    return [event.id for event in listed if ids & set(_names_in(event))]


def _within_reach(since: datetime) -> datetime:
    """Stripe lists thirty days."""
    return max(since, utc_now() - timedelta(days=30))


def _names_in(event: Event) -> Sequence[str]:
    """The object that an event is about, and the intent that this belongs to."""
    data = event.raw.get("data")
    thing = data.get("object") if isinstance(data, dict) else None
    if not isinstance(thing, dict):
        return ()
    return [str(thing[name]) for name in ("id", "payment_intent") if thing.get(name)]
