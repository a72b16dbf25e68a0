"""Which withdrawals wait for their money, until which day it is due, and what a delay has cost by law."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ScalarSelect, exists, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.core.clock import utc_now
from app.orders.models import Order
from app.payments.models import Payment, Refund
from app.refunds.queries import list_parcels, sum_up_returns
from app.returns.compute_deadlines import Surcharge, compute_refund_due, compute_sending_end, compute_surcharge
from app.returns.models import OrderReturn, Withdrawal
from app.returns.queries import list_declared_at
from app.returns.rules import STANDING_STATUSES
from app.shop.rules import compute_business_day

# What is looked at in one go, oldest first: a shop with more has other troubles than a list.
MOST = 500
WARNED_BEFORE = timedelta(days=3)


@dataclass(frozen=True)
class RefundDeadline:
    """Money that a withdrawal makes due, in cents; days are Paris's.

    `return_id` is None for pieces that never left. `due_on` is None while the goods may be waited for: neither they nor
    a proof of dispatch are here.
    """

    order_id: str
    display_id: int
    return_id: str | None
    status: str
    declared_on: date
    send_by: date | None
    unlocked_on: date | None
    due_on: date | None
    due_cents: int
    currency_code: str
    surcharge: Surcharge

    @property
    def about(self) -> str:
        """What the refund stands on."""
        return self.return_id or self.order_id


def list_refund_deadlines(session: Session, *, limit: int = MOST) -> list[RefundDeadline]:
    """Withdrawals whose money has not wholly gone back, the most urgent first; those that wait for goods last."""
    today = compute_business_day(utc_now())
    found = [*_of_returns(session, today), *_of_unsent(session, today)]
    return sorted(found, key=lambda each: (each.due_on or date.max, each.declared_on, each.about))[:limit]


def list_urgent(deadlines: Sequence[RefundDeadline], today: date) -> list[RefundDeadline]:
    """Those that are late, or will be in three days."""
    return [each for each in deadlines if each.due_on is not None and each.due_on - WARNED_BEFORE <= today]


def _of_returns(session: Session, today: date) -> list[RefundDeadline]:
    """Of returns: everything due until a refund has arrived, or what is promised still; a person may grant less."""
    of_it = select(Refund.id).where(Refund.return_id == OrderReturn.id)
    wanted = (
        select(OrderReturn)
        .where(OrderReturn.is_withdrawal, OrderReturn.status.in_(sorted(STANDING_STATUSES)))
        .where(
            or_(
                ~exists(of_it.where(Refund.status == "succeeded")),
                exists(of_it.where(Refund.status.not_in(("succeeded", "failed", "canceled")))),
            )
        )
        .options(selectinload(OrderReturn.lines))
        .order_by(OrderReturn.display_id)
        .limit(MOST)
    )
    parcels = list(session.scalars(wanted))
    money, sums = list_parcels(session, parcels), sum_up_returns(session, [parcel.id for parcel in parcels])
    declared = list_declared_at(session, [parcel.id for parcel in parcels])
    orders = _read_orders(session, [parcel.order_id for parcel in parcels])
    found = []
    for parcel in parcels:
        order, left_cents = orders[parcel.order_id]
        wanted_cents = max(0, money[parcel.id].due_cents) + sums[parcel.id].promised_cents
        declared_on = compute_business_day(declared.get(parcel.id, parcel.created_at))
        unlocked_at = min((at for at in (parcel.dispatched_at, parcel.received_at) if at is not None), default=None)
        found.append(
            _deadline(
                order,
                min(wanted_cents, left_cents),
                today,
                declared_on=declared_on,
                unlocked_on=compute_business_day(unlocked_at) if unlocked_at else None,
                parcel=parcel,
            )
        )
    return [each for each in found if each.due_cents > 0]


def _of_unsent(session: Session, today: date) -> list[RefundDeadline]:
    """Of withdrawals: what was paid for pieces that never left, less what has arrived on that ground since."""
    wanted = select(Withdrawal).where(Withdrawal.declared_at.is_not(None)).order_by(Withdrawal.declared_at)
    is_owing = Withdrawal.statement["unsent_cents"].as_integer() > _given_cents()
    found = []
    rows = list(session.execute(wanted.where(is_owing).add_columns(_given_cents()).limit(MOST)))
    orders = _read_orders(session, [str(withdrawal.order_id) for withdrawal, _ in rows])
    for withdrawal, given_cents in rows:
        order, left_cents = orders[str(withdrawal.order_id)]
        owed_cents = int(withdrawal.statement["unsent_cents"]) - given_cents
        declared_on = compute_business_day(withdrawal.declared_at)
        found.append(
            _deadline(order, min(owed_cents, left_cents), today, declared_on=declared_on, unlocked_on=declared_on)
        )
    return [each for each in found if each.due_cents > 0]


def _given_cents() -> ScalarSelect[int]:
    """What went back of a withdrawal's order for not being sent, since it was declared."""
    return (
        select(func.coalesce(func.sum(Refund.amount_cents), 0))
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Order, Order.payment_collection_id == Payment.payment_collection_id)
        .where(
            Order.id == Withdrawal.order_id,
            Refund.reason == "not_shipped",
            Refund.status == "succeeded",
            Refund.created_at >= Withdrawal.declared_at,
        )
        .correlate(Withdrawal)
        .scalar_subquery()
    )


def _read_orders(session: Session, order_ids: Sequence[str]) -> dict[str, tuple[Order, int]]:
    """These orders, and what of the money that came for them has not gone back."""
    kept = func.coalesce(func.sum(Payment.amount_cents - Payment.refunded_cents), 0)
    paid = (Payment.payment_collection_id == Order.payment_collection_id) & Payment.captured_at.is_not(None)
    wanted = select(Order, kept).outerjoin(Payment, paid).where(Order.id.in_(order_ids)).group_by(Order.id)
    return {order.id: (order, kept_cents) for order, kept_cents in session.execute(wanted)}


def _deadline(
    order: Order,
    due_cents: int,
    today: date,
    *,
    declared_on: date,
    unlocked_on: date | None,
    parcel: OrderReturn | None = None,
) -> RefundDeadline:
    due_on = compute_refund_due(declared_on, unlocked_on) if unlocked_on is not None else None
    return RefundDeadline(
        order_id=order.id,
        display_id=order.display_id,
        return_id=parcel.id if parcel else None,
        status=parcel.status if parcel else "unsent",
        declared_on=declared_on,
        send_by=compute_sending_end(declared_on) if parcel else None,
        unlocked_on=unlocked_on,
        due_on=due_on,
        due_cents=due_cents,
        currency_code=order.currency_code,
        surcharge=compute_surcharge(due_cents, (today - due_on).days if due_on else 0),
    )
