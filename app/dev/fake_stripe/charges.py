"""Charges: what an attempt to pay leaves behind, paid or declined."""

from dataclasses import dataclass, field

from app.dev.fake_stripe.arguments import PAGE, check_taken, in_time
from app.dev.fake_stripe.calls import Call, Handler
from app.dev.fake_stripe.paging import page
from app.dev.fake_stripe.refused import Json, Refused, no_such
from app.dev.journal import Journal, Kept

_DECLINED = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
}
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
    payer_email: str | None = None
    is_pending: bool = False
    is_disputed: bool = False

    @property
    def is_paid(self) -> bool:
        """Whether the money came."""
        return self.decline_code is None and not self.is_pending

    @property
    def amount_left(self) -> int:
        """What may still be refunded."""
        return self.amount - self.amount_refunded if self.is_paid else 0

    @property
    def transaction(self) -> str | None:
        """The row of the balance that it made."""
        return f"txn_{self.id.removeprefix('ch_')}" if self.is_paid else None

    @property
    def status(self) -> str:
        """In Stripe's words."""
        return "pending" if self.is_pending else "succeeded" if self.is_paid else "failed"


class Charges:
    """Answers `/v1/charges`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def handlers(self) -> dict[str, Handler]:
        """The operations of this resource."""
        return {"charges.retrieve": self.retrieve, "charges.list": self.list}

    def retrieve(self, call: Call) -> Json:
        """GET /v1/charges/{charge}"""
        check_taken(call.arguments, ("expand",))
        return render_charge(self.find(call.path["charge"]))

    def list(self, call: Call) -> Json:
        """GET /v1/charges"""
        arguments = call.arguments
        check_taken(arguments, (*PAGE, "created", "payment_intent"))
        is_in_time, intent = in_time(arguments.get("created")), arguments.get("payment_intent")
        found = [
            each
            for each in self._journal.list_all(Charge)
            if is_in_time(each.created) and intent in (None, each.payment_intent)
        ]
        return page(found[::-1], arguments, "/v1/charges", render_charge)

    def find(self, charge_id: str) -> Charge:
        """That charge, or Stripe's 404."""
        charge = self._journal.find(Charge, charge_id)
        if charge is None:
            raise no_such("charge", charge_id, "charge")
        return charge


def check_decline_code(code: str) -> None:
    """Only codes that this fake has words for."""
    if code not in _DECLINED:
        raise Refused(400, f"Invalid decline_code: one of {', '.join(_DECLINED)}", param="decline_code")


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
        "balance_transaction": charge.transaction,
        "billing_details": {"address": None, "email": charge.payer_email, "name": None, "phone": None},
        "calculated_statement_descriptor": "COMPTOIR",
        "captured": charge.is_paid,
        "created": charge.created,
        "currency": charge.currency,
        "description": charge.description,
        "disputed": charge.is_disputed,
        "failure_code": None if charge.decline_code is None else "card_declined",
        "failure_message": None if charge.decline_code is None else decline_message(charge.decline_code),
        "fraud_details": {},
        "livemode": False,
        "metadata": charge.metadata,
        "outcome": _outcome(charge),
        "paid": charge.is_paid,
        "payment_intent": charge.payment_intent,
        "payment_method": charge.payment_method,
        "payment_method_details": _method(charge),
        "receipt_email": charge.receipt_email,
        "refunded": charge.is_paid and charge.amount_refunded == charge.amount,
        "status": charge.status,
    }


def _method(charge: Charge) -> Json:
    if charge.payment_method == "pm_sepa_debit":
        return {"sepa_debit": {"bank_code": "30004", "country": "FR", "last4": "0189"}, "type": "sepa_debit"}
    return {"card": _card(), "type": "card"}


def _outcome(charge: Charge) -> Json:
    return {
        "network_status": "approved_by_network" if charge.decline_code is None else "declined_by_network",
        "reason": charge.decline_code,
        "risk_level": "normal",
        "seller_message": "Payment complete."
        if charge.decline_code is None
        else "The bank did not return any further details.",
        "type": "authorized" if charge.decline_code is None else "issuer_declined",
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
