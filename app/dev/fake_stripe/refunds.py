"""Refunds: asked for by the API or by hand in the dashboard; some wait, some come back."""

from dataclasses import dataclass, field, replace

from starlette.routing import Route

from app.core.clock import utc_now
from app.dev.fake_stripe.arguments import PAGE, check_taken, in_time, merge_metadata, text_or_none
from app.dev.fake_stripe.balance import Ledger
from app.dev.fake_stripe.calls import Call, Handler
from app.dev.fake_stripe.charges import Charge, render_charge
from app.dev.fake_stripe.control import control, int_or_none
from app.dev.fake_stripe.disputes import Dispute
from app.dev.fake_stripe.events import Events
from app.dev.fake_stripe.ids import new_id
from app.dev.fake_stripe.intent_object import PaymentIntent
from app.dev.fake_stripe.paging import page
from app.dev.fake_stripe.refused import Json, Refused, StateRefused, no_such
from app.dev.journal import Journal, Kept

_SYMBOLS = {"eur": "€", "gbp": "£", "usd": "$"}
_PENDING_REASONS = ("processing", "insufficient_funds", "charge_pending")
_FAILURE_REASONS = (
    "lost_or_stolen_card",
    "expired_or_canceled_card",
    "charge_for_pending_refund_disputed",
    "insufficient_funds",
    "declined",
    "merchant_request",
    "unknown",
)


@dataclass(frozen=True, kw_only=True)
class Refund(Kept):
    """Money given back from one charge."""

    charge: str
    payment_intent: str
    amount: int
    currency: str
    created: int
    status: str = "succeeded"
    reason: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    pending_reason: str | None = None
    failure_reason: str | None = None
    method: str = "card"
    # Whether the balance was debited: a refund that waits for money, or for its charge, has not moved any.
    is_booked: bool = True

    @property
    def transaction(self) -> str | None:
        """The row of the balance that it made."""
        return f"txn_{self.id.removeprefix('re_')}" if self.is_booked else None

    @property
    def return_transaction(self) -> str | None:
        """The row of the balance by which a failed one came back."""
        return f"{self.transaction}_back" if self.is_booked and self.status in ("failed", "canceled") else None


class Refunds:
    """Answers `/v1/refunds`, and does what the dashboard and the banks do."""

    def __init__(self, journal: Journal, events: Events, ledger: Ledger) -> None:
        self._journal = journal
        self._events = events
        self._ledger = ledger
        self._next: list[Json] = []

    def handlers(self) -> dict[str, Handler]:
        """The operations of this resource."""
        return {
            "refunds.create": self.create,
            "refunds.retrieve": self.retrieve,
            "refunds.list": self.list,
        }

    def controls(self) -> list[Route]:
        """By hand in the dashboard, the fate of the next one asked for, and what the bank says later."""
        return [
            control("POST", "refunds", self._by_hand),
            control("POST", "refunds/next", self._prepare),
            control("POST", "refunds/{id}/settle", self._settle),
        ]

    def create(self, call: Call) -> Json:
        """POST /v1/refunds"""
        arguments = call.arguments
        check_taken(arguments, ("amount", "charge", "expand", "metadata", "payment_intent", "reason"))
        charge = self._charge_of(arguments)
        metadata = merge_metadata({}, arguments.get("metadata"))
        fate = self._next.pop(0) if self._next else {}
        reason = text_or_none(arguments.get("reason"))
        return render_refund(self._give_back(charge, int_or_none(arguments.get("amount")), reason, metadata, fate))

    def retrieve(self, call: Call) -> Json:
        """GET /v1/refunds/{refund}"""
        check_taken(call.arguments, ("expand",))
        return render_refund(self.find(call.path["refund"]))

    def list(self, call: Call) -> Json:
        """GET /v1/refunds"""
        arguments = call.arguments
        check_taken(arguments, (*PAGE, "created", "charge", "payment_intent"))
        is_in_time = in_time(arguments.get("created"))
        found = [
            refund
            for refund in self._journal.list_all(Refund)
            if is_in_time(refund.created)
            and arguments.get("charge") in (None, refund.charge)
            and arguments.get("payment_intent") in (None, refund.payment_intent)
        ]
        return page(found[::-1], arguments, "/v1/refunds", render_refund)

    def refund_by_hand(self, charge_id: str, amount: int | None) -> Json:
        """Give back `amount` of a charge, or all that is left, as in the dashboard; more than is left is refused."""
        charge = self._journal.find(Charge, charge_id)
        if charge is None:
            raise no_such("charge", charge_id, "charge")
        return render_refund(self._give_back(charge, amount, "requested_by_customer", {}, {}))

    def find(self, refund_id: str) -> Refund:
        """That refund, or Stripe's 404."""
        refund = self._journal.find(Refund, refund_id)
        if refund is None:
            raise no_such("refund", refund_id, "refund")
        return refund

    def _charge_of(self, arguments: Json) -> Charge:
        named = {name: str(arguments[name]) for name in ("charge", "payment_intent") if name in arguments}
        if len(named) != 1:
            message = "One of the following params should be provided for this request: payment_intent or charge."
            raise Refused(400, message, code="parameter_missing", param="payment_intent")
        charge_id = named.get("charge", "")
        if "payment_intent" in named:
            intent = self._journal.find(PaymentIntent, named["payment_intent"])
            if intent is None:
                raise no_such("payment_intent", named["payment_intent"], "payment_intent")
            charge_id = intent.latest_charge or ""
        charge = self._journal.find(Charge, charge_id)
        if charge is None and "payment_intent" in named:
            message = f"This PaymentIntent ({named['payment_intent']}) does not have a successful charge to refund."
            raise StateRefused(message, code="payment_intent_unexpected_state", param="payment_intent")
        if charge is None:
            raise no_such("charge", charge_id, "charge")
        return charge

    def _give_back(
        self, charge: Charge, amount: int | None, reason: str | None, metadata: dict[str, str], fate: Json
    ) -> Refund:
        wanted = charge.amount_left if amount is None else amount
        self._check_undisputed(charge)
        _check_refundable(wanted, charge)
        refund = Refund(
            id=new_id("re"),
            charge=charge.id,
            payment_intent=charge.payment_intent,
            amount=wanted,
            currency=charge.currency,
            created=int(utc_now().timestamp()),
            status=str(fate.get("status", "succeeded")),
            reason=reason,
            metadata=metadata,
            pending_reason=text_or_none(fate.get("pending_reason")),
            method="sepa_debit" if charge.payment_method == "pm_sepa_debit" else "card",
            is_booked=fate.get("pending_reason") not in ("insufficient_funds", "charge_pending"),
        )
        refunded = replace(charge, amount_refunded=charge.amount_refunded + wanted)
        self._journal.put(refund)
        self._journal.put(refunded)
        self._book(refund)
        before: Json = {"amount_refunded": charge.amount_refunded, "refunded": False}
        self._events.emit("charge.refunded", render_charge(refunded), before)
        self._events.emit("refund.created", render_refund(refund))
        return refund

    def _check_undisputed(self, charge: Charge) -> None:
        disputes = [each for each in self._journal.list_all(Dispute) if each.charge == charge.id]
        if not all(each.is_charge_refundable for each in disputes):
            message = f"Charge {charge.id} has been charged back; cannot issue a refund."
            raise StateRefused(message, code="charge_disputed")

    def _by_hand(self, _path: dict[str, str], given: Json) -> object:
        """`payment_intent` (or `charge`), and `amount` unless all of it."""
        named: Json = {name: given[name] for name in ("charge", "payment_intent") if name in given}
        return self.refund_by_hand(self._charge_of(named).id, int_or_none(given.get("amount")))

    def _prepare(self, _path: dict[str, str], given: Json) -> object:
        """`status` `pending` with `pending_reason`: how the next refund that the API asks for begins."""
        reason = given.get("pending_reason", "processing")
        if given.get("status") != "pending" or reason not in _PENDING_REASONS:
            raise Refused(400, f"status is pending; pending_reason is one of {', '.join(_PENDING_REASONS)}")
        self._next.append({"status": "pending", "pending_reason": reason})
        return self._next

    def _settle(self, path: dict[str, str], given: Json) -> object:
        """`status`: `succeeded`, `failed` (with `failure_reason`) or `canceled`."""
        refund, status = self.find(path["id"]), str(given.get("status", "succeeded"))
        if status == "succeeded":
            return render_refund(self._succeed(refund))
        reason = str(given.get("failure_reason", "unknown"))
        if status not in ("failed", "canceled") or reason not in _FAILURE_REASONS:
            raise Refused(400, f"failure_reason is one of {', '.join(_FAILURE_REASONS)}", param="failure_reason")
        return render_refund(self._take_back(refund, status, reason))

    def _succeed(self, refund: Refund) -> Refund:
        """The bank has it. Of a card's refund the event may never come: a test says so with `"event": "none"`."""
        if refund.status != "pending":
            raise StateRefused(f"This refund has a status of {refund.status}.")
        done = replace(refund, status="succeeded", pending_reason=None, is_booked=True)
        self._journal.put(done)
        if not refund.is_booked:
            self._book(done)
        self._events.emit("refund.updated", render_refund(done), {"status": "pending"})
        if refund.method != "card":
            self._events.emit("charge.refund.updated", render_refund(done), {"status": "pending"})
        return done

    def _book(self, refund: Refund) -> None:
        if refund.transaction is not None:
            self._ledger.record(refund.transaction, "refund", -refund.amount, refund.currency, refund.id)

    def _take_back(self, refund: Refund, status: str, reason: str) -> Refund:
        """The money is in our balance again, and the charge counts as less refunded. A succeeded one may fail too."""
        charge = self._journal.find(Charge, refund.charge)
        if refund.status not in ("pending", "succeeded") or charge is None:
            raise StateRefused(f"This refund has a status of {refund.status}.")
        failure = reason if status == "failed" else None
        over = replace(refund, status=status, failure_reason=failure, pending_reason=None)
        self._journal.put(over)
        self._journal.put(replace(charge, amount_refunded=charge.amount_refunded - refund.amount))
        if over.return_transaction is not None:
            self._ledger.record(over.return_transaction, "refund_failure", over.amount, over.currency, over.id)
        previous: Json = {"status": refund.status}
        if status == "failed":
            self._events.emit("refund.failed", render_refund(over), previous)
        self._events.emit("refund.updated", render_refund(over), previous)
        self._events.emit("charge.refund.updated", render_refund(over), previous)
        return over


def _check_refundable(wanted: int, charge: Charge) -> None:
    if not charge.is_paid:
        raise StateRefused(f"Charge {charge.id} has not succeeded; it cannot be refunded.")
    if charge.amount_left == 0:
        raise StateRefused(f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
    if wanted <= 0:
        raise Refused(400, "Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if wanted > charge.amount_left:
        left = (
            f"Refund amount ({_money(wanted, charge.currency)}) is greater than unrefunded amount on charge "
            f"({_money(charge.amount_left, charge.currency)})"
        )
        raise StateRefused(left, param="amount")


def _money(amount: int, currency: str) -> str:
    return f"{_SYMBOLS.get(currency, currency.upper() + ' ')}{amount / 100:.2f}"


def render_refund(refund: Refund) -> Json:
    """The object. What has not failed has no failure, what is not pending no reason to be."""
    card: Json = {"card": {"reference_status": "pending", "type": "refund"}, "type": "card"}
    more: Json = {}
    if refund.failure_reason is not None:
        more["failure_reason"] = refund.failure_reason
    if refund.return_transaction is not None:
        more["failure_balance_transaction"] = refund.return_transaction
    if refund.pending_reason is not None:
        more["pending_reason"] = refund.pending_reason
    return more | {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "balance_transaction": refund.transaction,
        "charge": refund.charge,
        "created": refund.created,
        "currency": refund.currency,
        "destination_details": card if refund.method == "card" else {"type": "sepa_debit"},
        "metadata": refund.metadata,
        "payment_intent": refund.payment_intent,
        "reason": refund.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": refund.status,
        "transfer_reversal": None,
    }
