"""The account's balance: every movement of money is a row of it, and a payout takes rows along."""

from dataclasses import dataclass, replace

from app.core.clock import utc_now
from app.dev.fake_stripe.arguments import PAGE, check_taken, in_time
from app.dev.fake_stripe.calls import Call, Handler
from app.dev.fake_stripe.charges import Charge
from app.dev.fake_stripe.paging import page
from app.dev.fake_stripe.refused import Json, no_such
from app.dev.journal import Journal, Kept

_DAYS_UNTIL_AVAILABLE = 2
# Reporting category of each type that happens here.
_CATEGORIES = {
    "charge": "charge",
    "refund": "refund",
    "refund_failure": "refund_failure",
    "adjustment": "dispute",
    "payout": "payout",
    "payout_failure": "payout_reversal",
}


@dataclass(frozen=True, kw_only=True)
class BalanceTransaction(Kept):
    """One movement: `amount` is signed, `fee` goes to Stripe, `payout` is the one that took it along."""

    kind: str
    amount: int
    currency: str
    source: str
    created: int
    fee: int = 0
    payout: str | None = None
    description: str | None = None
    category: str | None = None

    @property
    def net(self) -> int:
        """What the balance gained or lost."""
        return self.amount - self.fee


class Ledger:
    """Answers `/v1/balance` and `/v1/balance_transactions`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def handlers(self) -> dict[str, Handler]:
        """The operations of these resources."""
        return {
            "balance.retrieve": self.retrieve_balance,
            "balance_transactions.retrieve": self.retrieve,
            "balance_transactions.list": self.list,
        }

    def record_charge(self, charge: Charge) -> None:
        """Money came; Stripe keeps 1.5 % and 25 cents of it."""
        fee = round(charge.amount * 0.015) + 25
        self.record(str(charge.transaction), "charge", charge.amount, charge.currency, charge.id, fee=fee)

    def record(
        self,
        transaction_id: str,
        kind: str,
        amount: int,
        currency: str,
        source: str,
        *,
        fee: int = 0,
        category: str | None = None,
        payout: str | None = None,
    ) -> None:
        """Write a row; what leaves has a negative amount."""
        row = BalanceTransaction(
            id=transaction_id,
            kind=kind,
            amount=amount,
            currency=currency,
            source=source,
            created=int(utc_now().timestamp()),
            fee=fee,
            category=category,
            payout=payout,
        )
        self._journal.put(row)

    def take_along(self, payout_id: str, currency: str) -> int:
        """Every row that no payout has taken yet leaves with this one; gives what they are worth."""
        rows = [
            row for row in self._journal.list_all(BalanceTransaction) if row.payout is None and row.currency == currency
        ]
        for row in rows:
            self._journal.put(replace(row, payout=payout_id))
        return sum(row.net for row in rows)

    def retrieve_balance(self, call: Call) -> Json:
        """GET /v1/balance"""
        check_taken(call.arguments, ("expand",))
        worth: dict[str, int] = {"eur": 0}
        for row in self._journal.list_all(BalanceTransaction):
            worth[row.currency] = worth.get(row.currency, 0) + row.net
        amounts = [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for currency, amount in worth.items()
        ]
        nothing = [{"amount": 0, "currency": currency, "source_types": {"card": 0}} for currency in worth]
        return {"object": "balance", "available": amounts, "pending": nothing, "livemode": False}

    def retrieve(self, call: Call) -> Json:
        """GET /v1/balance_transactions/{id}"""
        check_taken(call.arguments, ("expand",))
        row = self._journal.find(BalanceTransaction, call.path["id"])
        if row is None:
            raise no_such("balance transaction", call.path["id"], "id")
        return render_transaction(row)

    def list(self, call: Call) -> Json:
        """GET /v1/balance_transactions"""
        arguments = call.arguments
        check_taken(arguments, (*PAGE, "created", "currency", "payout", "source", "type"))
        is_in_time = in_time(arguments.get("created"))
        wanted = {"payout": "payout", "source": "source", "type": "kind", "currency": "currency"}
        found = [
            row
            for row in self._journal.list_all(BalanceTransaction)
            if is_in_time(row.created)
            and all(getattr(row, field) == arguments[name] for name, field in wanted.items() if name in arguments)
        ]
        return page(found[::-1], arguments, "/v1/balance_transactions", render_transaction)


def render_transaction(row: BalanceTransaction) -> Json:
    """The object."""
    fees = [
        {
            "amount": row.fee,
            "application": None,
            "currency": row.currency,
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    return {
        "id": row.id,
        "object": "balance_transaction",
        "amount": row.amount,
        "available_on": row.created + _DAYS_UNTIL_AVAILABLE * 24 * 3600,
        "balance_type": "payments",
        "created": row.created,
        "currency": row.currency,
        "description": row.description,
        "exchange_rate": None,
        "fee": row.fee,
        "fee_details": fees if row.fee else [],
        "net": row.net,
        "reporting_category": row.category or _CATEGORIES[row.kind],
        "source": row.source,
        "status": "pending" if row.payout is None else "available",
        "type": row.kind,
    }
