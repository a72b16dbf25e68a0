"""What a PaymentIntent is, and how it is shown."""

from dataclasses import dataclass, field

from app.dev.fake_stripe.arguments import offered_types
from app.dev.fake_stripe.charges import decline_message
from app.dev.fake_stripe.refused import Json
from app.dev.journal import Kept

# What Stripe shows and nothing here sets.
_ALWAYS_NULL = (
    "application",
    "application_fee_amount",
    "automatic_payment_methods",
    "customer",
    "on_behalf_of",
    "payment_method_configuration_details",
    "processing",
    "review",
    "setup_future_usage",
    "shipping",
    "source",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
)


@dataclass(frozen=True, kw_only=True)
class PaymentIntent(Kept):
    """One payment asked for; `session` names the Checkout Session that it belongs to, if any."""

    amount: int
    currency: str
    created: int
    client_secret: str
    status: str = "requires_payment_method"
    metadata: dict[str, str] = field(default_factory=dict)
    description: str | None = None
    receipt_email: str | None = None
    allowed_types: list[str] | None = None
    payment_method: str | None = None
    latest_charge: str | None = None
    canceled_at: int | None = None
    cancellation_reason: str | None = None
    decline_code: str | None = None
    return_url: str | None = None
    redirect_url: str | None = None
    session: str | None = None
    payer_email: str | None = None


def render_intent(intent: PaymentIntent) -> Json:
    """The object, its charge as an id."""
    return dict.fromkeys(_ALWAYS_NULL) | {
        "id": intent.id,
        "object": "payment_intent",
        "allowed_payment_method_types": intent.allowed_types,
        "amount": intent.amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": intent.amount if intent.status == "succeeded" else 0,
        "canceled_at": intent.canceled_at,
        "cancellation_reason": intent.cancellation_reason,
        "capture_method": "automatic_async",
        "client_secret": intent.client_secret,
        "confirmation_method": "automatic",
        "created": intent.created,
        "currency": intent.currency,
        "description": intent.description,
        "latest_charge": intent.latest_charge,
        "last_payment_error": _last_error(intent),
        "livemode": False,
        "metadata": intent.metadata,
        "next_action": _next_action(intent),
        "payment_method": intent.payment_method,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": offered_types(intent.allowed_types),
        "receipt_email": intent.receipt_email,
        "status": intent.status,
    }


def _next_action(intent: PaymentIntent) -> Json | None:
    if intent.status != "requires_action":
        return None
    target = {"url": intent.redirect_url, "return_url": intent.return_url}
    return {"type": "redirect_to_url", "redirect_to_url": target}


def _last_error(intent: PaymentIntent) -> Json | None:
    if intent.decline_code is None:
        return None
    return {
        "charge": intent.latest_charge,
        "code": "card_declined",
        "decline_code": intent.decline_code,
        "message": decline_message(intent.decline_code),
        "type": "card_error",
    }
