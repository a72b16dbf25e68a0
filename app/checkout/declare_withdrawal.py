"""A customer withdraws from an order: what left comes back as a return, what did not stays, its money waits to go back.

Source: french-rules §2.5. The second of two steps; the first is `returns/ask_withdrawal.py`.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.carts.queries import lock_cart
from app.checkout.cancel_by_hand import cancel_locked, end_page
from app.core.audit_log import record_audit
from app.core.auth import hash_token
from app.core.clock import utc_now
from app.core.db import Json, unit_of_work
from app.core.ids import new_id
from app.fulfilment.queries import has_parcel, list_fulfilments
from app.fulfilment.service import cancel_fulfilment
from app.orders.compute_totals import compute_order_totals
from app.orders.models import Order, OrderLine
from app.orders.queries import get_order, lock_lines, lock_order_of_cart
from app.orders.rules import CANCELED, compute_share
from app.payments.queries import list_payments, lock_payment
from app.refunds.queries import sum_up_not_shipped
from app.refunds.service import record_intention
from app.returns.compute_deadlines import compute_sending_end
from app.returns.errors import NothingToWithdraw, WithdrawalLinkInvalid
from app.returns.models import OrderReturn, Withdrawal
from app.returns.queries import find_declared, find_withdrawal, find_withdrawal_end, lock_withdrawal
from app.returns.queue_mails import describe_pieces, queue_acknowledgement, queue_withdrawal_alert
from app.returns.rules import AskedLine, check_withdrawal
from app.returns.service import ask_back, write_line
from app.shop.rules import compute_business_day
from app.stock.service import put_back


@dataclass(frozen=True)
class Withdrawn:
    """Of each line of the order, whole: the pieces that left and are not on their way back, and those that did not."""

    order: Order
    sent: dict[str, int]
    unsent: dict[str, int]

    @property
    def excluded(self) -> list[OrderLine]:
        """What nobody may withdraw from."""
        return [line for line in self.order.lines if line.withdrawal_excluded_reason is not None]


def declare_withdrawal(token: str) -> Withdrawal:
    """Confirm it: once per order, however often and by whichever link it is confirmed; the first one stands.

    Raises `WithdrawalLinkInvalid`, `WithdrawalPeriodOver`, `WithdrawalExcluded`, `NothingToWithdraw`, and `Retryable`
    when Stripe cannot say whether an order that is not paid has just been.
    """
    with unit_of_work() as session:
        asked = get_asked(session, token)
        withdrawal_id, order_id = asked.id, asked.order_id
    cart_id = end_page(str(order_id))
    with unit_of_work() as session:
        lock_cart(session, cart_id)
        order_row = lock_order_of_cart(session, cart_id)
        declared = find_declared(session, order_row.id)
        withdrawal = declared or lock_withdrawal(session, withdrawal_id)
        if withdrawal is None:
            raise WithdrawalLinkInvalid
        if declared is None:
            _declare(session, withdrawal, order_row)
        return withdrawal


def get_asked(session: Session, token: str) -> Withdrawal:
    """What a link is about, while it is valid; for ever once it was declared. Raises `WithdrawalLinkInvalid`."""
    found = find_withdrawal(session, hash_token(token))
    if found is None or found.order_id is None or found.expires_at is None:
        raise WithdrawalLinkInvalid
    if found.declared_at is None and found.expires_at <= utc_now() and find_declared(session, found.order_id) is None:
        raise WithdrawalLinkInvalid
    return found


def get_withdrawable(session: Session, withdrawal: Withdrawal) -> Withdrawn:
    """What of its order a withdrawal would be about now. Raises `OrderNotFound`."""
    order = get_order(session, str(withdrawal.order_id))
    free = [line for line in order.lines if line.withdrawal_excluded_reason is None]
    return Withdrawn(
        order,
        sent={line.id: max(0, line.shipped_quantity - _count_back(line)) for line in free},
        unsent={line.id: line.quantity - line.shipped_quantity for line in free},
    )


def _count_back(line: OrderLine) -> int:
    return line.return_requested_quantity + line.return_received_quantity + line.return_dismissed_quantity


def _declare(session: Session, withdrawal: Withdrawal, order: Order) -> None:
    """In the order of `app/core/locks.py`: cart and order are locked, then payments, lines, levels."""
    lock_lines(session, order.id)
    _check(session, withdrawal, order)
    _unpack(session, order)
    lock_lines(session, order.id)
    found = get_withdrawable(session, withdrawal)
    now = utc_now()
    owed_cents = _sum_up_owed(session, found)
    if order.status != CANCELED and not has_parcel(session, order.id) and not found.excluded:
        cancel_locked(session, order)
    else:
        _keep_unsent(session, found)
    order.withdrawn_at = order.updated_at = now
    parcel = _create_return(session, withdrawal, found, now)
    statement = _describe(found, withdrawal, now, owed_cents)
    session.flush()  # the return first, then what names it
    withdrawal.return_id = parcel.id if parcel else None
    withdrawal.statement, withdrawal.declared_at = statement, now
    queue_acknowledgement(session, order, withdrawal, statement)
    queue_withdrawal_alert(session, order, is_sent=parcel is not None)
    record_audit(
        session, "order.withdrawn", order.id, {"withdrawal_id": withdrawal.id, "return_id": parcel and parcel.id}
    )


def _check(session: Session, withdrawal: Withdrawal, order: Order) -> None:
    found = get_withdrawable(session, withdrawal)
    check_withdrawal(
        find_withdrawal_end(session, order),
        compute_business_day(withdrawal.asked_at),
        is_all_excluded=len(found.excluded) == len(found.order.lines),
    )
    is_over = order.status == CANCELED or not any([*found.sent.values(), *found.unsent.values()])
    if is_over:
        raise NothingToWithdraw


def _unpack(session: Session, order: Order) -> None:
    """What is packed and has not left stays here."""
    for parcel in list_fulfilments(session, [order.id])[order.id]:
        is_free = any(line.sold.withdrawal_excluded_reason is None for line in parcel.lines)
        if parcel.shipped_at is None and parcel.canceled_at is None and is_free:
            cancel_fulfilment(session, order.id, parcel.id)
    session.flush()  # the lines are read again


def _keep_unsent(session: Session, found: Withdrawn) -> None:
    """What was paid for the pieces that never left waits for a person, who approves it; they are others' again."""
    left_cents = _sum_up_unsent(session, found)
    for known in list_payments(session, found.order.payment_collection_id):
        payment = lock_payment(session, known.id)
        free_cents = payment.amount_cents - payment.refund_committed_cents
        if payment.captured_at is not None and min(free_cents, left_cents) > 0:
            record_intention(session, payment, "not_shipped", left_cents)
            left_cents -= min(free_cents, left_cents)
    pieces: Counter[str] = Counter()
    for line in found.order.lines:
        pieces[line.variant_id] += found.unsent.get(line.id, 0)
    put_back(session, found.order.id, pieces)


def _sum_up_owed(session: Session, found: Withdrawn) -> int:
    """What must go back without anything coming back: of a whole order that never left, the delivery too."""
    payments = list_payments(session, found.order.payment_collection_id)
    kept_cents = sum(each.amount_cents - each.refunded_cents for each in payments if each.captured_at is not None)
    is_whole = not found.excluded and not any(line.fulfilled_quantity for line in found.order.lines)
    return kept_cents if is_whole else min(kept_cents, _sum_up_unsent(session, found))


def _sum_up_unsent(session: Session, found: Withdrawn) -> int:
    """What is still due for pieces that never left: the shop may have refunded some of them as not shipped before.

    What it refunded so may have been for excluded pieces that never left; that is counted first, for the customer.
    """
    payment_ids = [each.id for each in list_payments(session, found.order.payment_collection_id)]
    excluded = {line.id: line.quantity - line.shipped_quantity for line in found.excluded}
    given_cents = sum_up_not_shipped(session, payment_ids) - compute_unsent_cents(replace(found, unsent=excluded))
    return max(0, compute_unsent_cents(found) - max(0, given_cents))


def compute_unsent_cents(found: Withdrawn) -> int:
    """What was paid for the withdrawn pieces that never left. Source: french-rules §0 (everything paid)."""
    charges = compute_order_totals(found.order).items
    return sum(
        charge.total_cents - compute_share(charge.total_cents, line.quantity, line.quantity - found.unsent[line.id])
        for line, charge in zip(found.order.lines, charges, strict=True)
        if line.id in found.unsent
    )


def _create_return(session: Session, withdrawal: Withdrawal, found: Withdrawn, now: datetime) -> OrderReturn | None:
    """The law asks nobody's leave: the return is approved."""
    asked = [AskedLine(line_id, quantity) for line_id, quantity in found.sent.items() if quantity]
    if not asked:
        return None
    parcel = OrderReturn(
        id=new_id("return"),
        order_id=str(withdrawal.order_id),
        status="approved",
        approved_at=now,
        created_at=now,
        is_withdrawal=True,
        lines=[write_line(each) for each in asked],
    )
    session.add(parcel)
    ask_back(session, asked)
    return parcel


def _describe(found: Withdrawn, withdrawal: Withdrawal, now: datetime, owed_cents: int) -> Json:
    """What the acknowledgement says, and the archive keeps; nothing of it is personal."""
    order, by_id = found.order, {line.id: line for line in found.order.lines}
    is_sent = any(found.sent.values())
    return {
        "display_id": order.display_id,
        "asked_at": withdrawal.asked_at.isoformat(),
        "declared_at": now.isoformat(),
        "lines": describe_pieces((by_id[line_id], pieces) for line_id, pieces in found.sent.items()),
        "unsent_lines": describe_pieces((by_id[line_id], pieces) for line_id, pieces in found.unsent.items()),
        "excluded_lines": describe_pieces((line, line.quantity) for line in found.excluded),
        "send_by": compute_sending_end(compute_business_day(now)).isoformat() if is_sent else None,
        "unsent_cents": owed_cents,
        "currency_code": order.currency_code,
    }
