"""Payouts: what the balance holds leaves for the shop's bank, and sometimes comes back."""

from dataclasses import dataclass, replace

from starlette.routing import Route

from app.core.clock import utc_now
from app.dev.fake_stripe.arguments import PAGE, check_taken, in_time
from app.dev.fake_stripe.balance import Ledger
from app.dev.fake_stripe.calls import Call, Handler
from app.dev.fake_stripe.control import control, int_or_none
from app.dev.fake_stripe.events import Events
from app.dev.fake_stripe.ids import new_id
from app.dev.fake_stripe.paging import page
from app.dev.fake_stripe.refused import Json, Refused, StateRefused, no_such
from app.dev.journal import Journal, Kept

_DAY = 24 * 3600
_STATUSES = ("paid", "in_transit", "pending")
_FAILURES = ("account_closed", "account_frozen", "could_not_process", "insufficient_funds", "no_account", "declined")
# What Stripe shows and nothing here sets.
_ALWAYS_NULL = (
    "application_fee",
    "application_fee_amount",
    "description",
    "destination",
    "original_payout",
    "payout_method",
    "reversed_by",
    "statement_descriptor",
    "trace_id",
)


@dataclass(frozen=True, kw_only=True)
class Payout(Kept):
    """Money on its way to the bank."""

    amount: int
    currency: str
    created: int
    arrives: int
    status: str
    is_automatic: bool = True
    reconciliation: str = "in_progress"
    failure_code: str | None = None

    @property
    def transaction(self) -> str:
        """The row of the balance that it made."""
        return f"txn_{self.id.removeprefix('po_')}"


class Payouts:
    """Answers `/v1/payouts`, and does what the schedule and the bank do."""

    def __init__(self, journal: Journal, events: Events, ledger: Ledger) -> None:
        self._journal = journal
        self._events = events
        self._ledger = ledger

    def handlers(self) -> dict[str, Handler]:
        """The operations of this resource."""
        return {"payouts.retrieve": self.retrieve, "payouts.list": self.list}

    def controls(self) -> list[Route]:
        """What happens to the money."""
        return [
            control("POST", "payouts", self._create),
            control("POST", "payouts/{id}/fail", self._fail),
            control("POST", "payouts/{id}/reconcile", self._reconcile),
        ]

    def retrieve(self, call: Call) -> Json:
        """GET /v1/payouts/{payout}"""
        check_taken(call.arguments, ("expand",))
        return render_payout(self.find(call.path["payout"]))

    def list(self, call: Call) -> Json:
        """GET /v1/payouts"""
        arguments = call.arguments
        check_taken(arguments, (*PAGE, "created", "status"))
        is_in_time = in_time(arguments.get("created"))
        found = [
            payout
            for payout in self._journal.list_all(Payout)
            if is_in_time(payout.created) and arguments.get("status") in (None, payout.status)
        ]
        return page(found[::-1], arguments, "/v1/payouts", render_payout)

    def find(self, payout_id: str) -> Payout:
        """That payout, or Stripe's 404."""
        payout = self._journal.find(Payout, payout_id)
        if payout is None:
            raise no_such("payout", payout_id, "payout")
        return payout

    def _create(self, _path: dict[str, str], given: Json) -> object:
        """All that no payout took yet; `status`, `automatic` (default), `amount` and `currency` of a manual one."""
        status = str(given.get("status", "paid"))
        if status not in _STATUSES:
            raise Refused(400, f"status is one of {', '.join(_STATUSES)}", param="status")
        is_automatic, currency = given.get("automatic") is not False, str(given.get("currency", "eur"))
        payout_id, now = new_id("po"), int(utc_now().timestamp())
        worth = self._ledger.take_along(payout_id, currency) if is_automatic else 0
        payout = Payout(
            id=payout_id,
            amount=int_or_none(given.get("amount")) or worth,
            currency=currency,
            created=now,
            arrives=now // _DAY * _DAY + 2 * _DAY,
            status=status,
            is_automatic=is_automatic,
            reconciliation="in_progress" if is_automatic else "not_applicable",
        )
        self._journal.put(payout)
        self._ledger.record(payout.transaction, "payout", -payout.amount, currency, payout.id, payout=payout.id)
        self._events.emit("payout.created", render_payout(payout))
        if status == "paid":
            self._events.emit("payout.paid", render_payout(payout))
        return render_payout(payout)

    def _fail(self, path: dict[str, str], given: Json) -> object:
        """`failure_code`: why the bank sent it back, which it may do after `paid`."""
        payout, code = self.find(path["id"]), str(given.get("failure_code", "account_closed"))
        if code not in _FAILURES:
            raise Refused(400, f"failure_code is one of {', '.join(_FAILURES)}", param="failure_code")
        if payout.status == "failed":
            raise StateRefused("This payout has already failed.")
        failed = replace(payout, status="failed", failure_code=code)
        self._journal.put(failed)
        self._ledger.record(f"{payout.transaction}_back", "payout_failure", payout.amount, payout.currency, payout.id)
        self._events.emit("payout.failed", render_payout(failed), {"status": payout.status})
        return render_payout(failed)

    def _reconcile(self, path: dict[str, str], _given: Json) -> object:
        """Its rows of the balance can be listed from now on; only an automatic one has any."""
        payout = self.find(path["id"])
        if not payout.is_automatic:
            raise StateRefused("A manual payout is not reconciled.")
        done = replace(payout, reconciliation="completed")
        self._journal.put(done)
        self._events.emit("payout.reconciliation_completed", render_payout(done))
        return render_payout(done)


def render_payout(payout: Payout) -> Json:
    """The object."""
    is_failed = payout.status == "failed"
    return dict.fromkeys(_ALWAYS_NULL) | {
        "id": payout.id,
        "object": "payout",
        "amount": payout.amount,
        "arrival_date": payout.arrives,
        "automatic": payout.is_automatic,
        "balance_transaction": payout.transaction,
        "created": payout.created,
        "currency": payout.currency,
        "failure_balance_transaction": f"{payout.transaction}_back" if is_failed else None,
        "failure_code": payout.failure_code,
        "failure_message": "The bank could not credit the account." if is_failed else None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "reconciliation_status": payout.reconciliation,
        "source_type": "card",
        "status": payout.status,
        "type": "bank_account",
    }
