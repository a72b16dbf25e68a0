"""One `match` from an event's type to the one function that writes what it says."""

from sqlalchemy.orm import Session

from app.checkout.record_payment import record_outcome, record_payment
from app.gateways.stripe import read_intent
from app.payments.record_event import Recorded, StripeEvent


def apply_event(session: Session, event: StripeEvent) -> Recorded | None:
    """What the event came to; None: a type that changes nothing here. Each function may be called again with the same.

    The object is read in the shape of whichever API version the event was created with.
    """
    match event.type:
        case "payment_intent.succeeded":
            return record_payment(session, read_intent(event.thing), event.created_at)
        case "payment_intent.payment_failed" | "payment_intent.canceled":
            return record_outcome(session, read_intent(event.thing), event.created_at)
        case _:
            return None
