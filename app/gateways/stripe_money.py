"""Money that came, went back, is disputed or is on its way to the bank, as Stripe holds it."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, cast

from app.gateways.stripe_client import PAGE, StripeClients, ask_for_all, ask_for_one, ask_within
from app.gateways.stripe_objects import (
    BalanceTransaction,
    Intent,
    StripeDispute,
    StripeRefund,
    read_balance_transaction,
    read_dispute,
    read_intent,
    read_refund,
)

if TYPE_CHECKING:
    from stripe.params import (
        BalanceTransactionListParams,
        DisputeListParams,
        PaymentIntentListParams,
        RefundCreateParams,
        RefundListParams,
    )


class MoneyCalls(StripeClients):
    """What is asked of Stripe about refunds, disputes and the balance; lists come whole, oldest first."""

    def create_refund(
        self, *, payment_intent_id: str, amount_cents: int, idempotency_key: str, metadata: Mapping[str, str]
    ) -> StripeRefund:
        """Send money back: one attempt of 5 s in all. After `Retryable` it may have been sent: same key, or look."""
        params: RefundCreateParams = {
            "payment_intent": payment_intent_id,
            "amount": amount_cents,
            "metadata": dict(metadata),
        }
        refunds = self._brief.v1.refunds
        made = ask_within(self._brief_seconds, lambda: refunds.create(params, {"idempotency_key": idempotency_key}))
        return read_refund(made.to_dict(for_json=True))

    def retrieve_refund(self, refund_id: str) -> StripeRefund:
        """The refund as it is now."""
        return read_refund(ask_for_one(lambda: self._patient.v1.refunds.retrieve(refund_id)))

    def list_refunds(self, *, payment_intent_id: str) -> list[StripeRefund]:
        """Every refund of one payment, those made in the dashboard too."""
        return self._refunds({"payment_intent": payment_intent_id, "limit": PAGE})

    def list_refunds_since(self, since: datetime) -> list[StripeRefund]:
        """Every refund made at `since` or later."""
        return self._refunds({"created": {"gte": int(since.timestamp())}, "limit": PAGE})

    def _refunds(self, params: "RefundListParams") -> list[StripeRefund]:
        found = ask_for_all(lambda: self._patient.v1.refunds.list(params))
        return [read_refund(each) for each in reversed(found)]

    def list_payment_intents(self, *, since: datetime, until: datetime) -> list[Intent]:
        """Every intent made from `since` on and before `until`, in whatever status."""
        created = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        params = cast("PaymentIntentListParams", {"created": created, "limit": PAGE})
        found = ask_for_all(lambda: self._patient.v1.payment_intents.list(params))
        return [read_intent(each) for each in reversed(found)]

    def list_disputes(self, *, since: datetime) -> list[StripeDispute]:
        """Every dispute opened at `since` or later."""
        params: DisputeListParams = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        found = ask_for_all(lambda: self._patient.v1.disputes.list(params))
        return [read_dispute(each) for each in reversed(found)]

    def list_balance_transactions(self, *, payout_id: str) -> list[BalanceTransaction]:
        """The movements that make up one automatic payout, the payout's own among them."""
        params: BalanceTransactionListParams = {"payout": payout_id, "limit": PAGE}
        found = ask_for_all(lambda: self._patient.v1.balance_transactions.list(params))
        return [read_balance_transaction(each) for each in reversed(found)]

    def read_balance(self) -> dict[str, int]:
        """What is there to be refunded from or paid out now, in cents per currency; one try: it is a probe."""
        balance = ask_within(self._brief_seconds, lambda: self._brief.v1.balance.retrieve())
        return {each.currency: each.amount for each in balance.available}
