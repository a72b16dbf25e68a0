"""Disputes: a customer asks the bank for the money back, and the bank decides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from starlette.routing import Route

from app.core.clock import utc_now
from app.dev.fake_stripe.arguments import PAGE, check_taken, in_time
from app.dev.fake_stripe.balance import BalanceTransaction, Ledger, render_transaction
from app.dev.fake_stripe.calls import Call, Handler
from app.dev.fake_stripe.charges import Charge
from app.dev.fake_stripe.control import control, int_or_none
from app.dev.fake_stripe.events import Events
from app.dev.fake_stripe.ids import new_id
from app.dev.fake_stripe.intent_object import PaymentIntent
from app.dev.fake_stripe.paging import page
from app.dev.fake_stripe.refused import Json, Refused, StateRefused, no_such
from app.dev.journal import Journal, Kept

_DAYS_TO_ANSWER = 7
_FEE = 2000
_OPEN = (
    "needs_response",
    "under_review",
    "warning_needs_response",
    "warning_under_review",
    "appeal_needs_response",
    "appeal_under_review",
)
_CLOSED = ("won", "lost", "warning_closed", "prevented")
# What the bank asked for; nothing of it has been handed in here.
_EVIDENCE = (
    "access_activity_log",
    "appeal",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


@dataclass(frozen=True, kw_only=True)
class Dispute(Kept):
    """A charge that its customer contests, or part of one."""

    charge: str
    payment_intent: str
    amount: int
    currency: str
    created: int
    due_by: int
    reason: str = "fraudulent"
    status: str = "needs_response"

    @property
    def is_charge_refundable(self) -> bool:
        """An inquiry has taken nothing yet; a won dispute has given everything back."""
        return self.status.startswith("warning") or self.status in ("won", "prevented")


class Disputes:
    """Answers `/v1/disputes`, and does what a cardholder and a bank do."""

    def __init__(self, journal: Journal, events: Events, ledger: Ledger) -> None:
        self._journal = journal
        self._events = events
        self._ledger = ledger

    def handlers(self) -> dict[str, Handler]:
        """The operations of this resource."""
        return {"disputes.retrieve": self.retrieve, "disputes.list": self.list}

    def controls(self) -> list[Route]:
        """From the cardholder's letter to the bank's decision."""
        dispute = "disputes/{id}"
        return [
            control("POST", "disputes", self._open),
            control("POST", f"{dispute}/update", self._update),
            control("POST", f"{dispute}/close", self._close),
            control("POST", f"{dispute}/funds", self._move_funds),
        ]

    def retrieve(self, call: Call) -> Json:
        """GET /v1/disputes/{dispute}"""
        check_taken(call.arguments, ("expand",))
        return self.render(self.find(call.path["dispute"]))

    def list(self, call: Call) -> Json:
        """GET /v1/disputes"""
        arguments = call.arguments
        check_taken(arguments, (*PAGE, "charge", "created", "payment_intent"))
        is_in_time = in_time(arguments.get("created"))
        found = [
            dispute
            for dispute in self._journal.list_all(Dispute)
            if is_in_time(dispute.created)
            and arguments.get("charge") in (None, dispute.charge)
            and arguments.get("payment_intent") in (None, dispute.payment_intent)
        ]
        return page(found[::-1], arguments, "/v1/disputes", self.render)

    def find(self, dispute_id: str) -> Dispute:
        """That dispute, or Stripe's 404."""
        dispute = self._journal.find(Dispute, dispute_id)
        if dispute is None:
            raise no_such("dispute", dispute_id, "dispute")
        return dispute

    def _open(self, _path: dict[str, str], given: Json) -> object:
        """`payment_intent` or `charge`; `amount` unless all; `reason`; `status` (`warning_needs_response`: inquiry)."""
        intent = self._journal.find(PaymentIntent, str(given.get("payment_intent", "")))
        charge_id = intent.latest_charge if intent is not None else given.get("charge")
        charge = self._journal.find(Charge, str(charge_id))
        if charge is None or not charge.is_paid or charge.is_disputed:
            raise StateRefused("There is no such charge that was paid and is not disputed yet.")
        now = int(utc_now().timestamp())
        dispute = Dispute(
            id=new_id("du"),
            charge=charge.id,
            payment_intent=charge.payment_intent,
            amount=int_or_none(given.get("amount")) or charge.amount,
            currency=charge.currency,
            created=now,
            due_by=now + _DAYS_TO_ANSWER * 24 * 3600,
            reason=str(given.get("reason", "fraudulent")),
            status=_checked(given.get("status", "needs_response"), _OPEN),
        )
        self._journal.put(dispute)
        self._journal.put(replace(charge, is_disputed=True))
        is_inquiry = dispute.status.startswith("warning")
        if not is_inquiry:
            # The bank takes the money first, and asks afterwards.
            self._take_funds(dispute)
        self._events.emit("charge.dispute.created", self.render(dispute))
        if not is_inquiry:
            self._events.emit("charge.dispute.funds_withdrawn", self.render(dispute))
        return self.render(dispute)

    def _update(self, path: dict[str, str], given: Json) -> object:
        """`status`: one that is not final, those of appeals included."""
        dispute = self._running(path["id"])
        changed = replace(dispute, status=_checked(given.get("status", "under_review"), _OPEN))
        self._journal.put(changed)
        self._events.emit("charge.dispute.updated", self.render(changed), {"status": dispute.status})
        return self.render(changed)

    def _close(self, path: dict[str, str], given: Json) -> object:
        """`status`: `won` gives the money back, `lost` does not; `warning_closed` and `prevented` end an inquiry."""
        dispute = self._running(path["id"])
        closed = replace(dispute, status=_checked(given.get("status"), _CLOSED))
        self._journal.put(closed)
        if closed.status == "won" and self._is_money_away(closed):
            self._return_funds(closed)
            self._events.emit("charge.dispute.funds_reinstated", self.render(closed))
        self._events.emit("charge.dispute.closed", self.render(closed), {"status": dispute.status})
        return self.render(closed)

    def _move_funds(self, path: dict[str, str], given: Json) -> object:
        """`direction`: `withdrawn` or `reinstated`, at a moment of the test's choice."""
        dispute, direction = self.find(path["id"]), given.get("direction")
        if direction == "withdrawn" and not self._is_money_away(dispute):
            self._take_funds(dispute)
        elif direction == "reinstated" and self._is_money_away(dispute):
            self._return_funds(dispute)
        else:
            raise StateRefused("direction is withdrawn or reinstated, and money moves only where it is not already.")
        self._events.emit(f"charge.dispute.funds_{direction}", self.render(dispute))
        return self.render(dispute)

    def _running(self, dispute_id: str) -> Dispute:
        dispute = self.find(dispute_id)
        if dispute.status in _CLOSED:
            raise StateRefused(f"This dispute is already closed: {dispute.status}.")
        return dispute

    def _rows(self, dispute: Dispute) -> Sequence[BalanceTransaction]:
        return [row for row in self._journal.list_all(BalanceTransaction) if row.source == dispute.id]

    def _is_money_away(self, dispute: Dispute) -> bool:
        return sum(row.amount for row in self._rows(dispute)) < 0

    def _take_funds(self, dispute: Dispute) -> None:
        row_id = new_id("txn")
        self._ledger.record(row_id, "adjustment", -dispute.amount, dispute.currency, dispute.id, fee=_FEE)

    def _return_funds(self, dispute: Dispute) -> None:
        row_id = new_id("txn")
        category = "dispute_reversal"
        self._ledger.record(
            row_id, "adjustment", dispute.amount, dispute.currency, dispute.id, fee=-_FEE, category=category
        )

    def render(self, dispute: Dispute) -> Json:
        """The object, with the rows of the balance that it made."""
        return _render(dispute) | {"balance_transactions": [render_transaction(row) for row in self._rows(dispute)]}


def _checked(status: object, known: tuple[str, ...]) -> str:
    if status not in known:
        raise Refused(400, f"status is one of {', '.join(known)}", param="status")
    return str(status)


def _render(dispute: Dispute) -> Json:
    is_past_due = dispute.due_by < utc_now().timestamp()
    case = "inquiry" if dispute.status.startswith("warning") else "chargeback"
    return {
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "charge": dispute.charge,
        "created": dispute.created,
        "currency": dispute.currency,
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(_EVIDENCE) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": dispute.due_by,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": is_past_due,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": dispute.is_charge_refundable,
        "livemode": False,
        "metadata": {},
        "payment_intent": dispute.payment_intent,
        "payment_method_details": {
            "card": {"brand": "visa", "case_type": case, "network": "visa", "network_reason_code": "10.4"},
            "type": "card",
        },
        "reason": dispute.reason,
        "status": dispute.status,
    }
