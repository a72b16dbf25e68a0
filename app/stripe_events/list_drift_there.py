"""What Stripe says of payments, refunds, disputes and payouts, beside what is written here."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.gateways.errors import Terminal
from app.gateways.stripe import BalanceTransaction, Intent, StripeGateway, StripeRefund
from app.payments.models import Dispute, Payment, PaymentSession, Payout, Refund
from app.stripe_events.reconcile_events import list_windows
from app.stripe_events.schemas import Finding

DAY = timedelta(days=1)
PAGE = 100
NOT_OVER = frozenset({"failed", "canceled"})
CHARGES = frozenset({"charge", "payment"})
REFUNDS = frozenset({"refund", "payment_refund", "refund_failure", "payment_failure_refund"})
# Stripe's own, and the payout itself: nothing of ours stands behind them.
OF_STRIPE = frozenset({"stripe_fee", "payout", "payout_failure", "payout_cancel"})

T = TypeVar("T")


def list_payment_drift(stripe: StripeGateway, since: datetime, until: datetime) -> Iterator[Finding]:
    """Paid there and not here, paid here and not there, another amount or currency; day by day."""
    for start, end in list_windows(since, until, DAY):
        paid = {
            intent.id: intent
            for intent in stripe.list_payment_intents(since=start, until=end)
            if intent.status == "succeeded"
        }
        with unit_of_work() as session:
            known = _read_payments(session, paid) | _read_payments_of(session, start, end)
        for intent_id, payment in known.items():
            intent = paid.pop(intent_id, None) or _find_paid(stripe, intent_id)
            yield from _compare_payment(intent_id, payment, intent)
        for intent in paid.values():
            yield Finding("paid_not_here", intent.id, there=_money(intent.amount_received_cents, intent.currency))


def _compare_payment(intent_id: str, payment: Payment, intent: Intent | None) -> Iterator[Finding]:
    here = _money(payment.amount_cents, payment.currency_code)
    if intent is None:
        yield Finding("payment_not_there", intent_id, here=here)
    elif (there := _money(intent.amount_received_cents, intent.currency)) != here:
        yield Finding("amount_differs", intent_id, here=here, there=there)


def _find_paid(stripe: StripeGateway, intent_id: str) -> Intent | None:
    """An intent that was made on another day than our attempt."""
    try:
        intent = stripe.retrieve_payment_intent(intent_id)
    except Terminal as refusal:
        if refusal.http_status == 404:
            return None
        raise
    return intent if intent.status == "succeeded" else None


def _read_payments(session: Session, intent_ids: Collection[str]) -> dict[str, Payment]:
    wanted = select(Payment).where(Payment.payment_intent_id.in_(intent_ids), Payment.captured_at.is_not(None))
    return {str(payment.payment_intent_id): payment for payment in session.scalars(wanted)}


def _read_payments_of(session: Session, start: datetime, end: datetime) -> dict[str, Payment]:
    """Of the attempts that were opened on that day."""
    wanted = select(Payment).join(PaymentSession, PaymentSession.id == Payment.payment_session_id)
    opened = PaymentSession.created_at >= start, PaymentSession.created_at < end
    captured = Payment.payment_intent_id.is_not(None), Payment.captured_at.is_not(None)
    return {str(payment.payment_intent_id): payment for payment in session.scalars(wanted.where(*opened, *captured))}


def list_refund_drift(stripe: StripeGateway, since: datetime, until: datetime) -> Iterator[Finding]:
    """Refunds that one side lacks or sees otherwise, those that nobody here asked for, and sums that differ."""
    seen: set[str] = set()
    intents: set[str] = set()
    for page in _pages([each for each in stripe.list_refunds_since(since) if each.created_at < until]):
        with unit_of_work() as session:
            wanted = select(Refund).where(Refund.stripe_refund_id.in_([each.id for each in page]))
            known = {refund.stripe_refund_id: refund for refund in session.scalars(wanted)}
        for told in page:
            yield from _compare_refund(told, known.get(told.id))
        seen |= {each.id for each in page}
        intents |= {each.payment_intent_id for each in page if each.payment_intent_id}
    yield from _list_refunds_not_there(stripe, since, until, seen)
    for intent_id in sorted(intents):
        yield from _compare_sum(stripe, intent_id)


def _compare_refund(told: StripeRefund, known: Refund | None) -> Iterator[Finding]:
    there = f"{_money(told.amount_cents, told.currency)} {told.status}"
    if known is None:
        yield Finding("refund_not_here", told.id, there=there)
        return
    here = f"{_money(known.amount_cents, known.currency_code)} {known.status}"
    if here != there.replace("requires_action", "pending"):
        yield Finding("refund_differs", told.id, here=here, there=there)
    if "refund_id" not in told.metadata:
        yield Finding("refund_made_there", told.id, here=here, there=there)


def _list_refunds_not_there(
    stripe: StripeGateway, since: datetime, until: datetime, seen: Collection[str]
) -> Iterator[Finding]:
    with unit_of_work() as session:
        made = Refund.created_at >= since, Refund.created_at < until
        ids = select(Refund.stripe_refund_id).where(*made, Refund.stripe_refund_id.is_not(None))
        ours = [str(found) for found in session.scalars(ids)]
    for refund_id in ours:
        if refund_id not in seen and not _is_refund(stripe, refund_id):
            yield Finding("refund_not_there", refund_id)


def _is_refund(stripe: StripeGateway, refund_id: str) -> bool:
    try:
        stripe.retrieve_refund(refund_id)
    except Terminal as refusal:
        if refusal.http_status == 404:
            return False
        raise
    return True


def _compare_sum(stripe: StripeGateway, intent_id: str) -> Iterator[Finding]:
    given = sum(
        each.amount_cents for each in stripe.list_refunds(payment_intent_id=intent_id) if each.status not in NOT_OVER
    )
    with unit_of_work() as session:
        payment = _read_payments(session, [intent_id]).get(intent_id)
    if payment is not None and payment.refunded_cents != given:
        yield Finding("refunded_differs", intent_id, here=str(payment.refunded_cents), there=str(given))


def list_dispute_drift(stripe: StripeGateway, since: datetime, until: datetime) -> Iterator[Finding]:
    """Disputes that are not known here, or known otherwise."""
    for page in _pages([each for each in stripe.list_disputes(since=since) if each.created_at < until]):
        with unit_of_work() as session:
            wanted = select(Dispute).where(Dispute.stripe_dispute_id.in_([each.id for each in page]))
            known = {dispute.stripe_dispute_id: dispute for dispute in session.scalars(wanted)}
        for told in page:
            there = f"{_money(told.amount_cents, told.currency)} {told.status}"
            dispute = known.get(told.id)
            if dispute is None:
                yield Finding("dispute_not_here", told.id, there=there)
            elif (here := f"{_money(dispute.amount_cents, dispute.currency_code)} {dispute.status}") != there:
                yield Finding("dispute_differs", told.id, here=here, there=there)


def list_payout_drift(stripe: StripeGateway, since: datetime) -> Iterator[Finding]:
    """The parts of each payout that can be listed, matched to rows of ours.

    Amounts are in the settlement currency: where it is another one than the payment's, only the rows are compared.
    """
    with unit_of_work() as session:
        wanted = select(Payout.stripe_payout_id).where(Payout.reconciled_at >= since).order_by(Payout.reconciled_at)
        payout_ids = list(session.scalars(wanted))
    for payout_id in payout_ids:
        for page in _pages(stripe.list_balance_transactions(payout_id=payout_id)):
            yield from _compare_parts(page)


def _compare_parts(parts: Sequence[BalanceTransaction]) -> Iterator[Finding]:
    known = _read_known([part.source_id for part in parts if part.source_id])
    for part in parts:
        if part.kind in OF_STRIPE:
            continue
        there = f"{part.kind} {_money(part.amount_cents, part.currency)} {part.source_id or ''}".rstrip()
        row = known.get(part.source_id or "")
        if row is None or not _is_kind_of(part.kind, row):
            yield Finding("payout_part_unknown", part.source_id or part.id, there=there)
        elif row.currency_code == part.currency and abs(part.amount_cents) != row.amount_cents:
            yield Finding("payout_part_differs", part.source_id or part.id, here=str(row.amount_cents), there=there)


def _is_kind_of(kind: str, row: Payment | Refund | Dispute) -> bool:
    if kind in CHARGES:
        return isinstance(row, Payment)
    if kind in REFUNDS:
        return isinstance(row, Refund) and (("fail" not in kind) or row.status in NOT_OVER)
    return isinstance(row, Dispute)  # an adjustment


def _read_known(source_ids: Collection[str]) -> dict[str, Payment | Refund | Dispute]:
    with unit_of_work() as session:
        found: dict[str, Payment | Refund | Dispute] = {}
        for payment in session.scalars(select(Payment).where(Payment.charge_id.in_(source_ids))):
            found[str(payment.charge_id)] = payment
        for refund in session.scalars(select(Refund).where(Refund.stripe_refund_id.in_(source_ids))):
            found[str(refund.stripe_refund_id)] = refund
        for dispute in session.scalars(select(Dispute).where(Dispute.stripe_dispute_id.in_(source_ids))):
            found[dispute.stripe_dispute_id] = dispute
    return found


def _pages(found: Sequence[T]) -> Iterator[Sequence[T]]:
    return (found[start : start + PAGE] for start in range(0, len(found), PAGE))


def _money(cents: int, currency_code: str) -> str:
    return f"{cents} {currency_code.lower()}"
