"""One `match` from an event's type to the one function that writes what it says."""

from sqlalchemy.orm import Session

from app.checkout.record_page import record_failed_page, record_page
from app.checkout.record_payment import record_outcome, record_payment
from app.checkout.record_payout import record_payout
from app.gateways.stripe import read_charge, read_checkout_session, read_dispute, read_intent, read_payout, read_refund
from app.payments.record_event import Recorded, StripeEvent
from app.refunds.record_news import record_charge, record_dispute, record_refund


def apply_event(session: Session, event: StripeEvent) -> Recorded | None:
    """What the event came to; None: a type that changes nothing here. Each function may be called again with the same.

    The object is read in the shape of whichever API version the event was created with.
    """
    match event.type:
        case "checkout.session.completed" | "checkout.session.async_payment_succeeded" | "checkout.session.expired":
            return record_page(session, read_checkout_session(event.thing), event.created_at)
        case "checkout.session.async_payment_failed":
            return record_failed_page(session, read_checkout_session(event.thing), event.created_at)
        case "payment_intent.succeeded":
            return record_payment(session, read_intent(event.thing), event.created_at)
        case "payment_intent.payment_failed" | "payment_intent.canceled":
            return record_outcome(session, read_intent(event.thing), event.created_at)
        case "charge.refunded":
            return record_charge(session, read_charge(event.thing), event.created_at)
        case "refund.created" | "refund.updated" | "refund.failed":
            return record_refund(session, read_refund(event.thing), event.created_at, key=event.idempotency_key)
        case "charge.dispute.created" | "charge.dispute.updated" | "charge.dispute.closed":
            return record_dispute(session, read_dispute(event.thing), event.created_at)
        case "charge.dispute.funds_withdrawn":
            return record_dispute(session, read_dispute(event.thing), event.created_at, "withdrawn")
        case "charge.dispute.funds_reinstated":
            return record_dispute(session, read_dispute(event.thing), event.created_at, "reinstated")
        case "payout.reconciliation_completed":
            return record_payout(session, read_payout(event.thing), event.created_at, "reconciled")
        case "payout.failed":
            return record_payout(session, read_payout(event.thing), event.created_at, "failed")
        case _:
            return None
