"""Charges: what an attempt to pay leaves behind, paid or declined."""

from dataclasses import dataclass, field

from app.dev.fake_stripe.refused import Json
from app.dev.journal import Kept

_DECLINED = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
}
DECLINE_CODES = tuple(_DECLINED)
# What Stripe shows and nothing here sets.
_ALWAYS_NULL = (
    "application",
    "application_fee",
    "application_fee_amount",
    "customer",
    "failure_balance_transaction",
    "on_behalf_of",
    "receipt_number",
    "receipt_url",
    "review",
    "shipping",
    "source_transfer",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
)


@dataclass(frozen=True, kw_only=True)
class Charge(Kept):
    """One attempt; `decline_code` says why it brought no money."""

    payment_intent: str
    amount: int
    currency: str
    created: int
    payment_method: str
    metadata: dict[str, str] = field(default_factory=dict)
    description: str | None = None
    receipt_email: str | None = None
    decline_code: str | None = None
    amount_refunded: int = 0

    @property
    def is_paid(self) -> bool:
        """Whether the money came."""
        return self.decline_code is None

    @property
    def amount_left(self) -> int:
        """What may still be refunded."""
        return self.amount - self.amount_refunded if self.is_paid else 0


def decline_message(code: str) -> str:
    """What the customer reads."""
    return _DECLINED[code]


def render_charge(charge: Charge) -> Json:
    """The charge object."""
    return dict.fromkeys(_ALWAYS_NULL) | {
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_captured": charge.amount if charge.is_paid else 0,
        "amount_refunded": charge.amount_refunded,
        "balance_transaction": f"txn_{charge.id.removeprefix('ch_')}" if charge.is_paid else None,
        "billing_details": {"address": None, "email": charge.receipt_email, "name": None, "phone": None},
        "calculated_statement_descriptor": "COMPTOIR",
        "captured": charge.is_paid,
        "created": charge.created,
        "currency": charge.currency,
        "description": charge.description,
        "disputed": False,
        "failure_code": None if charge.is_paid else "card_declined",
        "failure_message": None if charge.decline_code is None else decline_message(charge.decline_code),
        "fraud_details": {},
        "livemode": False,
        "metadata": charge.metadata,
        "outcome": _outcome(charge),
        "paid": charge.is_paid,
        "payment_intent": charge.payment_intent,
        "payment_method": charge.payment_method,
        "payment_method_details": {"card": _card(), "type": "card"},
        "receipt_email": charge.receipt_email,
        "refunded": charge.is_paid and charge.amount_refunded == charge.amount,
        "status": "succeeded" if charge.is_paid else "failed",
    }


def _outcome(charge: Charge) -> Json:
    return {
        "network_status": "approved_by_network" if charge.is_paid else "declined_by_network",
        "reason": charge.decline_code,
        "risk_level": "normal",
        "seller_message": "Payment complete." if charge.is_paid else "The bank did not return any further details.",
        "type": "authorized" if charge.is_paid else "issuer_declined",
    }


def _card() -> Json:
    return {
        "brand": "visa",
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "FR",
        "exp_month": 12,
        "exp_year": 2030,
        "fingerprint": "Xt5EWLLDS7FJjR1c",
        "funding": "credit",
        "last4": "4242",
        "network": "visa",
        "three_d_secure": None,
        "wallet": None,
    }
