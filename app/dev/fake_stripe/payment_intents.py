"""PaymentIntents and the states they may go through."""

from collections.abc import Sequence
from dataclasses import replace

from starlette.routing import Route

from app.core.clock import utc_now
from app.dev.fake_stripe.arguments import (
    PAGE,
    check_taken,
    checked_amount,
    checked_types,
    in_time,
    merge_metadata,
    text_or_none,
)
from app.dev.fake_stripe.balance import Ledger
from app.dev.fake_stripe.calls import Call, Handler
from app.dev.fake_stripe.charges import Charge, check_decline_code, decline_message, render_charge
from app.dev.fake_stripe.control import control
from app.dev.fake_stripe.events import Events
from app.dev.fake_stripe.ids import new_id
from app.dev.fake_stripe.intent_object import PaymentIntent, render_intent
from app.dev.fake_stripe.paging import page
from app.dev.fake_stripe.refused import Json, Refused, StateRefused, no_such
from app.dev.journal import Journal

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
_EXPANDABLE = ("latest_charge",)
_TAKEN_ON_CONFIRM = ("client_secret", "expand", "key", "payment_method", "return_url")


class PaymentIntents:
    """Answers `/v1/payment_intents`, and does what a customer or a bank does."""

    def __init__(self, journal: Journal, events: Events, ledger: Ledger) -> None:
        self._journal = journal
        self._events = events
        self._ledger = ledger

    def handlers(self) -> dict[str, Handler]:
        """The operations of this resource."""
        return {
            "payment_intents.create": self.create,
            "payment_intents.retrieve": self.retrieve,
            "payment_intents.list": self.list,
            "payment_intents.update": self.update,
            "payment_intents.confirm": self.confirm,
            "payment_intents.cancel": self.cancel,
        }

    def controls(self) -> list[Route]:
        """What the customer does without a browser."""
        intent = "payment_intents/{id}"
        return [
            control("POST", f"{intent}/confirm", lambda path, _given: self.render(self.pay(self.find(path["id"])))),
            control("POST", f"{intent}/fail", self._fail),
            control("POST", f"{intent}/cancel", lambda path, _given: self.render(self.give_up(self.find(path["id"])))),
        ]

    def create(self, call: Call) -> Json:
        """POST /v1/payment_intents"""
        arguments = call.arguments
        check_taken(arguments, _TAKEN_ON_CREATE, _EXPANDABLE)
        currency = str(arguments["currency"]).lower()
        intent = self.open(
            amount=checked_amount(arguments["amount"], currency),
            currency=currency,
            metadata=merge_metadata({}, arguments.get("metadata")),
            description=text_or_none(arguments.get("description")),
            receipt_email=text_or_none(arguments.get("receipt_email")),
            allowed_types=checked_types(arguments.get("allowed_payment_method_types")),
        )
        return self.render(intent, arguments.get("expand"))

    def open(
        self,
        *,
        amount: int,
        currency: str,
        metadata: dict[str, str],
        description: str | None,
        receipt_email: str | None,
        allowed_types: Sequence[str] | None,
        session: str | None = None,
        payer_email: str | None = None,
    ) -> PaymentIntent:
        """A new one, of checked parts."""
        intent_id = new_id("pi")
        intent = PaymentIntent(
            id=intent_id,
            amount=amount,
            currency=currency,
            created=int(utc_now().timestamp()),
            client_secret=new_id(f"{intent_id}_secret", 25),
            metadata=metadata,
            description=description,
            receipt_email=receipt_email,
            allowed_types=None if allowed_types is None else [*allowed_types],
            session=session,
            payer_email=payer_email,
        )
        self._journal.put(intent)
        self._events.emit("payment_intent.created", self.render(intent))
        return intent

    def retrieve(self, call: Call) -> Json:
        """GET /v1/payment_intents/{intent}"""
        check_taken(call.arguments, ("client_secret", "expand", "key"), _EXPANDABLE)
        return self.render(self._of_call(call), call.arguments.get("expand"))

    def list(self, call: Call) -> Json:
        """GET /v1/payment_intents"""
        check_taken(call.arguments, (*PAGE, "created"))
        is_in_time = in_time(call.arguments.get("created"))
        found = [each for each in self._journal.list_all(PaymentIntent) if is_in_time(each.created)]
        return page(found[::-1], call.arguments, "/v1/payment_intents", self.render)

    def update(self, call: Call) -> Json:
        """POST /v1/payment_intents/{intent}"""
        intent, arguments = self._of_call(call), call.arguments
        check_taken(arguments, _TAKEN_ON_UPDATE, _EXPANDABLE)
        if {"amount", "currency"} & set(arguments) and intent.status not in _PAYABLE:
            raise self._unexpected(intent, "updated")
        currency = str(arguments.get("currency", intent.currency)).lower()
        changed = replace(
            intent,
            amount=checked_amount(arguments.get("amount", intent.amount), currency),
            currency=currency,
            metadata=merge_metadata(intent.metadata, arguments.get("metadata")),
            description=text_or_none(arguments.get("description", intent.description)),
            receipt_email=text_or_none(arguments.get("receipt_email", intent.receipt_email)),
        )
        self._journal.put(changed)
        return self.render(changed, arguments.get("expand"))

    def confirm(self, call: Call) -> Json:
        """POST /v1/payment_intents/{intent}/confirm, as Stripe.js calls it: the answer to a decline is a 402."""
        intent = self._of_call(call)
        check_taken(call.arguments, _TAKEN_ON_CONFIRM, _EXPANDABLE)
        method = str(call.arguments.get("payment_method", intent.payment_method or ""))
        if method not in _TEST_METHODS:
            raise no_such("PaymentMethod", method, "payment_method")
        intent = replace(intent, payment_method=method, return_url=text_or_none(call.arguments.get("return_url")))
        outcome = _TEST_METHODS[method]
        if outcome == "3ds":
            return self._ask_customer(intent, call)
        if outcome is None:
            return self.render(self.pay(intent), call.arguments.get("expand"))
        failed = self.decline(intent, outcome)
        raise Refused(402, decline_message(outcome), kind="card_error", **self._decline_fields(failed))

    def cancel(self, call: Call) -> Json:
        """POST /v1/payment_intents/{intent}/cancel: that of a Checkout Session only ends with the session."""
        intent = self._of_call(call)
        check_taken(call.arguments, ("cancellation_reason", "expand"), _EXPANDABLE)
        if intent.session is not None:
            message = "You cannot cancel a PaymentIntent that a Checkout Session made: expire the Checkout Session."
            raise StateRefused(message, code="payment_intent_unexpected_state", payment_intent=self.render(intent))
        canceled = self.give_up(intent, text_or_none(call.arguments.get("cancellation_reason")))
        return self.render(canceled, call.arguments.get("expand"))

    def pay(self, intent: PaymentIntent) -> PaymentIntent:
        """The money comes."""
        self._check_payable(intent, "confirmed")
        return self._receive(intent, self._charge(intent))

    def decline(self, intent: PaymentIntent, code: str) -> PaymentIntent:
        """The bank says no; the customer may try again."""
        self._check_payable(intent, "confirmed")
        check_decline_code(code)
        return self._lose(intent, self._charge(intent, decline_code=code))

    def process(self, intent: PaymentIntent) -> PaymentIntent:
        """A debit that the bank answers days later."""
        self._check_payable(intent, "confirmed")
        charge = self._charge(replace(intent, payment_method="pm_sepa_debit"), is_pending=True)
        waiting = replace(intent, status="processing", payment_method="pm_sepa_debit", latest_charge=charge.id)
        self._journal.put(charge)
        self._journal.put(waiting)
        self._events.emit("charge.pending", render_charge(charge))
        self._events.emit("payment_intent.processing", self.render(waiting))
        return waiting

    def settle(self, intent: PaymentIntent, *, succeeds: bool) -> PaymentIntent:
        """The bank's late answer."""
        charge = self._journal.find(Charge, intent.latest_charge or "")
        if intent.status != "processing" or charge is None:
            raise self._unexpected(intent, "settled")
        settled = replace(charge, is_pending=False, decline_code=None if succeeds else "insufficient_funds")
        return self._receive(intent, settled) if succeeds else self._lose(intent, settled)

    def give_up(self, intent: PaymentIntent, reason: str | None = None) -> PaymentIntent:
        """It can no more be paid."""
        if intent.status not in _CANCELABLE:
            raise self._unexpected(intent, "canceled")
        now = int(utc_now().timestamp())
        canceled = replace(intent, status="canceled", canceled_at=now, cancellation_reason=reason)
        self._journal.put(canceled)
        self._events.emit("payment_intent.canceled", self.render(canceled))
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
        return render_intent(intent) | ({"latest_charge": render_charge(charge)} if charge else {})

    def _fail(self, path: dict[str, str], given: Json) -> object:
        """`decline_code`: why."""
        return self.render(self.decline(self.find(path["id"]), str(given.get("decline_code", "generic_decline"))))

    def _of_call(self, call: Call) -> PaymentIntent:
        intent = self.find(call.path["intent"])
        if call.is_public and call.arguments.get("client_secret") != intent.client_secret:
            raise Refused(400, "The client_secret provided does not match the PaymentIntent.", param="client_secret")
        return intent

    def _ask_customer(self, intent: PaymentIntent, call: Call) -> Json:
        self._check_payable(intent, "confirmed")
        waiting = replace(intent, status="requires_action", redirect_url=f"{call.base_url}pay/{intent.id}")
        self._journal.put(waiting)
        self._events.emit("payment_intent.requires_action", self.render(waiting))
        return self.render(waiting, call.arguments.get("expand"))

    def _charge(self, intent: PaymentIntent, decline_code: str | None = None, *, is_pending: bool = False) -> Charge:
        return Charge(
            id=new_id("ch"),
            payment_intent=intent.id,
            amount=intent.amount,
            currency=intent.currency,
            created=int(utc_now().timestamp()),
            payment_method=intent.payment_method or "pm_card_visa",
            metadata=intent.metadata,
            description=intent.description,
            receipt_email=intent.receipt_email,
            payer_email=intent.payer_email or intent.receipt_email,
            decline_code=decline_code,
            is_pending=is_pending,
        )

    def _receive(self, intent: PaymentIntent, charge: Charge) -> PaymentIntent:
        paid = replace(intent, status="succeeded", latest_charge=charge.id, decline_code=None)
        paid = replace(paid, payment_method=charge.payment_method)
        self._journal.put(charge)
        self._journal.put(paid)
        self._ledger.record_charge(charge)
        self._events.emit("charge.succeeded", render_charge(charge))
        self._events.emit("payment_intent.succeeded", self.render(paid))
        return paid

    def _lose(self, intent: PaymentIntent, charge: Charge) -> PaymentIntent:
        failed = replace(
            intent,
            status="requires_payment_method",
            latest_charge=charge.id,
            decline_code=charge.decline_code,
            payment_method=None,
        )
        self._journal.put(charge)
        self._journal.put(failed)
        self._events.emit("charge.failed", render_charge(charge))
        self._events.emit("payment_intent.payment_failed", self.render(failed))
        return failed

    def _check_payable(self, intent: PaymentIntent, what: str) -> None:
        if intent.status not in _PAYABLE:
            raise self._unexpected(intent, what)

    def _unexpected(self, intent: PaymentIntent, what: str) -> Refused:
        message = f"This PaymentIntent could not be {what} because it has a status of {intent.status}."
        return StateRefused(message, code="payment_intent_unexpected_state", payment_intent=self.render(intent))

    def _decline_fields(self, intent: PaymentIntent) -> Json:
        return {
            "code": "card_declined",
            "decline_code": intent.decline_code,
            "charge": intent.latest_charge,
            "payment_intent": self.render(intent),
        }
