"""PaymentIntents and the states they may go through."""

from dataclasses import dataclass, field, replace

from app.core.clock import utc_now
from app.dev.fake_stripe.calls import Call, Handler
from app.dev.fake_stripe.charges import DECLINE_CODES, Charge, decline_message, render_charge
from app.dev.fake_stripe.events import Events
from app.dev.fake_stripe.ids import new_id
from app.dev.fake_stripe.refused import Json, Refused, no_such
from app.dev.journal import Journal, Kept

# Least amount per currency, in its smallest unit; also the currencies this account takes.
_LEAST = {"eur": 50, "usd": 50, "gbp": 30, "chf": 50, "jpy": 50, "pln": 200, "sek": 300, "dkk": 250, "czk": 1500}
_MOST = 99_999_999
_ENABLED_TYPES = ("card", "link")
_PAYABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_CANCELABLE = (*_PAYABLE, "requires_capture", "processing")
# Stripe's own names for cards that behave in a known way. None pays, "3ds" asks for the customer.
_TEST_METHODS = {
    "pm_card_visa": None,
    "pm_card_mastercard": None,
    "pm_card_authenticationRequired": "3ds",
    "pm_card_chargeDeclined": "generic_decline",
    "pm_card_visa_chargeDeclined": "generic_decline",
    "pm_card_chargeDeclinedInsufficientFunds": "insufficient_funds",
}
_TAKEN_ON_CREATE = (
    "allowed_payment_method_types",
    "amount",
    "currency",
    "description",
    "expand",
    "metadata",
    "receipt_email",
)
_TAKEN_ON_UPDATE = ("amount", "currency", "description", "expand", "metadata", "receipt_email")
_TAKEN_ON_CONFIRM = ("client_secret", "expand", "key", "payment_method", "return_url")
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
    """One payment asked for."""

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


class PaymentIntents:
    """Answers `/v1/payment_intents`, and does what a customer or a bank does."""

    def __init__(self, journal: Journal, events: Events) -> None:
        self._journal = journal
        self._events = events

    def handlers(self) -> dict[str, Handler]:
        """The operations of this resource."""
        return {
            "payment_intents.create": self.create,
            "payment_intents.retrieve": self.retrieve,
            "payment_intents.update": self.update,
            "payment_intents.confirm": self.confirm,
            "payment_intents.cancel": self.cancel,
        }

    def create(self, call: Call) -> Json:
        """POST /v1/payment_intents"""
        arguments = call.arguments
        _check_taken(arguments, _TAKEN_ON_CREATE)
        currency = str(arguments["currency"]).lower()
        intent_id = new_id("pi")
        intent = PaymentIntent(
            id=intent_id,
            amount=_checked_amount(arguments["amount"], currency),
            currency=currency,
            created=int(utc_now().timestamp()),
            client_secret=new_id(f"{intent_id}_secret", 25),
            metadata=_merge_metadata({}, arguments.get("metadata")),
            description=_text(arguments.get("description")),
            receipt_email=_text(arguments.get("receipt_email")),
            allowed_types=_checked_types(arguments.get("allowed_payment_method_types")),
        )
        self._journal.put(intent)
        self._events.emit("payment_intent.created", self.render(intent), call)
        return self.render(intent, arguments.get("expand"))

    def retrieve(self, call: Call) -> Json:
        """GET /v1/payment_intents/{intent}"""
        _check_taken(call.arguments, ("client_secret", "expand", "key"))
        return self.render(self._of_call(call), call.arguments.get("expand"))

    def update(self, call: Call) -> Json:
        """POST /v1/payment_intents/{intent}"""
        intent, arguments = self._of_call(call), call.arguments
        _check_taken(arguments, _TAKEN_ON_UPDATE)
        if {"amount", "currency"} & set(arguments) and intent.status not in _PAYABLE:
            raise self._unexpected(intent, "updated")
        currency = str(arguments.get("currency", intent.currency)).lower()
        changed = replace(
            intent,
            amount=_checked_amount(arguments.get("amount", intent.amount), currency),
            currency=currency,
            metadata=_merge_metadata(intent.metadata, arguments.get("metadata")),
            description=_text(arguments.get("description", intent.description)),
            receipt_email=_text(arguments.get("receipt_email", intent.receipt_email)),
        )
        self._journal.put(changed)
        return self.render(changed, arguments.get("expand"))

    def confirm(self, call: Call) -> Json:
        """POST /v1/payment_intents/{intent}/confirm, as Stripe.js calls it: the answer to a decline is a 402."""
        intent = self._of_call(call)
        _check_taken(call.arguments, _TAKEN_ON_CONFIRM)
        method = str(call.arguments.get("payment_method", intent.payment_method or ""))
        if method not in _TEST_METHODS:
            raise no_such("PaymentMethod", method, "payment_method")
        intent = replace(intent, payment_method=method, return_url=_text(call.arguments.get("return_url")))
        outcome = _TEST_METHODS[method]
        if outcome == "3ds":
            return self._ask_customer(intent, call)
        if outcome is None:
            return self.render(self.pay(intent, call), call.arguments.get("expand"))
        failed = self.decline(intent, outcome, call)
        raise Refused(402, decline_message(outcome), kind="card_error", **self._decline_fields(failed))

    def cancel(self, call: Call) -> Json:
        """POST /v1/payment_intents/{intent}/cancel"""
        intent = self._of_call(call)
        _check_taken(call.arguments, ("cancellation_reason", "expand"))
        canceled = self.cancel_by_hand(intent, _text(call.arguments.get("cancellation_reason")), call)
        return self.render(canceled, call.arguments.get("expand"))

    def pay(self, intent: PaymentIntent, call: Call | None = None, *, is_delivered: bool = True) -> PaymentIntent:
        """The money comes."""
        self._check_payable(intent, "confirmed")
        charge = self._charge(intent, None)
        paid = replace(intent, status="succeeded", latest_charge=charge.id, decline_code=None)
        paid = replace(paid, payment_method=paid.payment_method or "pm_card_visa")
        self._journal.put(paid)
        self._events.emit("charge.succeeded", render_charge(charge), call, is_delivered=is_delivered)
        self._events.emit("payment_intent.succeeded", self.render(paid), call, is_delivered=is_delivered)
        return paid

    def decline(
        self, intent: PaymentIntent, code: str, call: Call | None = None, *, is_delivered: bool = True
    ) -> PaymentIntent:
        """The bank says no; the customer may try again."""
        self._check_payable(intent, "confirmed")
        if code not in DECLINE_CODES:
            raise Refused(400, f"Invalid decline_code: one of {', '.join(DECLINE_CODES)}", param="decline_code")
        charge = self._charge(intent, code)
        failed = replace(
            intent,
            status="requires_payment_method",
            latest_charge=charge.id,
            decline_code=code,
            payment_method=None,
        )
        self._journal.put(failed)
        self._events.emit("charge.failed", render_charge(charge), call, is_delivered=is_delivered)
        self._events.emit("payment_intent.payment_failed", self.render(failed), call, is_delivered=is_delivered)
        return failed

    def cancel_by_hand(
        self, intent: PaymentIntent, reason: str | None = None, call: Call | None = None, *, is_delivered: bool = True
    ) -> PaymentIntent:
        """It can no more be paid."""
        if intent.status not in _CANCELABLE:
            raise self._unexpected(intent, "canceled")
        now = int(utc_now().timestamp())
        canceled = replace(intent, status="canceled", canceled_at=now, cancellation_reason=reason)
        self._journal.put(canceled)
        self._events.emit("payment_intent.canceled", self.render(canceled), call, is_delivered=is_delivered)
        return canceled

    def find(self, intent_id: str) -> PaymentIntent:
        """That intent, or Stripe's 404."""
        intent = self._journal.find(PaymentIntent, intent_id)
        if intent is None:
            raise no_such("payment_intent", intent_id, "intent")
        return intent

    def render(self, intent: PaymentIntent, expand: object = None) -> Json:
        """The object; the only thing it can expand is its latest charge."""
        charge = self._journal.find(Charge, intent.latest_charge or "") if expand else None
        return _render(intent) | {"latest_charge": render_charge(charge) if charge else intent.latest_charge}

    def _of_call(self, call: Call) -> PaymentIntent:
        intent = self.find(call.path["intent"])
        if call.is_public and call.arguments.get("client_secret") != intent.client_secret:
            raise Refused(400, "The client_secret provided does not match the PaymentIntent.", param="client_secret")
        return intent

    def _ask_customer(self, intent: PaymentIntent, call: Call) -> Json:
        self._check_payable(intent, "confirmed")
        waiting = replace(intent, status="requires_action", redirect_url=f"{call.base_url}pay/{intent.id}")
        self._journal.put(waiting)
        self._events.emit("payment_intent.requires_action", self.render(waiting), call)
        return self.render(waiting, call.arguments.get("expand"))

    def _charge(self, intent: PaymentIntent, decline_code: str | None) -> Charge:
        charge = Charge(
            id=new_id("ch"),
            payment_intent=intent.id,
            amount=intent.amount,
            currency=intent.currency,
            created=int(utc_now().timestamp()),
            payment_method=intent.payment_method or "pm_card_visa",
            metadata=intent.metadata,
            description=intent.description,
            receipt_email=intent.receipt_email,
            decline_code=decline_code,
        )
        self._journal.put(charge)
        return charge

    def _check_payable(self, intent: PaymentIntent, what: str) -> None:
        if intent.status not in _PAYABLE:
            raise self._unexpected(intent, what)

    def _unexpected(self, intent: PaymentIntent, what: str) -> Refused:
        message = f"This PaymentIntent could not be {what} because it has a status of {intent.status}."
        return Refused(400, message, code="payment_intent_unexpected_state", payment_intent=self.render(intent))

    def _decline_fields(self, intent: PaymentIntent) -> Json:
        return {
            "code": "card_declined",
            "decline_code": intent.decline_code,
            "charge": intent.latest_charge,
            "payment_intent": self.render(intent),
        }


def _render(intent: PaymentIntent) -> Json:
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
        "last_payment_error": _last_error(intent),
        "livemode": False,
        "metadata": intent.metadata,
        "next_action": _next_action(intent),
        "payment_method": intent.payment_method,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": _offered(intent.allowed_types),
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


def _offered(allowed: list[str] | None) -> list[str]:
    return [kind for kind in _ENABLED_TYPES if allowed is None or kind in allowed]


def _check_taken(arguments: Json, taken: tuple[str, ...]) -> None:
    """Better a loud no than a parameter that does nothing here and something at Stripe."""
    for name in arguments:
        if name not in taken:
            message = f"Stripe knows the parameter {name}, this fake does not yet: teach it in fake_stripe."
            raise Refused(400, message, code="fake_does_not_know", param=name)
    asked = arguments.get("expand")
    unknown = [each for each in asked if each != "latest_charge"] if isinstance(asked, list) else []
    if unknown:
        raise Refused(400, f"This property cannot be expanded ({unknown[0]}).", param="expand[0]")


def _checked_types(allowed: object) -> list[str] | None:
    if not isinstance(allowed, list):
        return None
    types = [str(each) for each in allowed]
    if not _offered(types):
        message = "None of the allowed payment method types is enabled on this account."
        raise Refused(400, message, param="allowed_payment_method_types")
    return types


def _checked_amount(amount: object, currency: str) -> int:
    if currency not in _LEAST:
        raise Refused(400, f"Invalid currency: {currency}.", param="currency")
    if not isinstance(amount, int) or amount < _LEAST[currency]:
        raise Refused(
            400, "Amount must be at least the minimum charge amount.", code="amount_too_small", param="amount"
        )
    if amount > _MOST:
        raise Refused(400, "Amount must be no more than 999,999.99.", code="amount_too_large", param="amount")
    return amount


def _merge_metadata(kept: dict[str, str], given: object) -> dict[str, str]:
    """An empty value unsets a key, an empty whole unsets all of them."""
    if given == "":
        return {}
    fresh = {str(key): str(value) for key, value in given.items()} if isinstance(given, dict) else {}
    merged = {key: value for key, value in (kept | fresh).items() if value}
    if len(merged) > 50 or any(len(key) > 40 or len(value) > 500 for key, value in merged.items()):
        message = "Metadata can have up to 50 keys, of 40 characters at most, with values of 500 at most."
        raise Refused(400, message, param="metadata")
    return merged


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
