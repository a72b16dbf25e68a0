"""What is asked of Stripe in the background."""

from contextlib import suppress

from app.core.jobs import job
from app.gateways.errors import Terminal
from app.gateways.stripe import get_stripe

# Paid or cancelled a moment before us: the webhook says which, and records it.
ALREADY_FINAL = "payment_intent_unexpected_state"


@job("payments.cancel_intent", gives_up_on=(Terminal,))
def cancel_intent(intent_id: str) -> None:
    """Make a superseded intent unpayable. Repeating it changes nothing."""
    try:
        get_stripe().cancel_payment_intent(intent_id)
    except Terminal as refusal:
        if refusal.code != ALREADY_FINAL:
            raise


@job("payments.expire_checkout_session")
def expire_checkout_session(checkout_session_id: str) -> None:
    """Make a superseded page unpayable. Refused when it is open no more: the webhook says how it ended."""
    with suppress(Terminal):
        get_stripe().expire_checkout_session(checkout_session_id)
