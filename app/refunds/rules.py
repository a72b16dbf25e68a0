"""The one decision to give money back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.orders.rules import compute_share
from app.payments.compute_dispute import Contest
from app.refunds.errors import (
    DisputeLost,
    NothingLeftToRefund,
    PaymentDisputed,
    PaymentNotCaptured,
    RefundAboveCapture,
    RefundBeforeReturn,
    RefundNeedsReason,
    RefundNotForThisRole,
    RefundRepeated,
    RefundWithoutGround,
    RefundWithTwoGrounds,
    ReturnAlreadyRefunded,
    ReturnOfAnotherOrder,
)
from app.returns.rules import ARRIVED_STATUSES
from app.staff.rules import Role

# The closed reasons; the database knows the same ones.
Ground = Literal["not_shipped", "lost_in_transit", "service_or_booking", "duplicate_payment", "goodwill"]
# What people read of them: French, then English.
GROUND_LABELS: Mapping[Ground, tuple[str, str]] = {
    "not_shipped": ("Non expédié", "Not shipped"),
    "lost_in_transit": ("Perdu en chemin", "Lost in transit"),
    "service_or_booking": ("Service ou réservation", "Service or booking"),
    "duplicate_payment": ("Payé deux fois", "Paid twice"),
    "goodwill": ("Geste commercial (propriétaire)", "Goodwill (owner)"),
}
Decided = Literal["requested", "awaiting_approval"]
MoneyWord = Literal["none", "under_way", "refunded", "failed"]
REPEATED_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True)
class Wish:
    """What somebody asks for; without amount, what is due."""

    amount_cents: int | None
    ground: Ground | None
    note: str | None
    role: Role


@dataclass(frozen=True)
class Funds:
    """Where the payment stands, in its smallest unit."""

    captured_cents: int
    committed_cents: int
    is_captured: bool
    contest: Contest


@dataclass(frozen=True)
class Parcel:
    """A return that a refund may stand on; `due_cents` is what was paid for it, less what was refunded for it."""

    status: str
    is_withdrawal: bool
    is_proven: bool
    is_of_this_payment: bool
    due_cents: int


@dataclass(frozen=True)
class RefundDecision:
    """How much goes back and why; `is_override`: a person chose another amount than the one that is due."""

    ground: Ground | None
    amount_cents: int
    status: Decided
    is_override: bool = False


@dataclass(frozen=True)
class PiecesBack:
    """Of one line of the order: pieces that this return brings, and that others do. All of the line came to so much.

    `pieces_before` are in older returns, whatever became of them; `pieces_elsewhere` in others that are on their way or
    here.
    """

    pieces: int
    pieces_before: int
    pieces_elsewhere: int
    quantity: int
    total_cents: int


@dataclass(frozen=True)
class ReturnMoney:
    """What became of the money of a return: a word, what arrived, and what is promised, in cents."""

    word: MoneyWord
    refunded_cents: int = 0
    promised_cents: int = 0


@dataclass(frozen=True)
class Given:
    """What went back or is promised for another return, and what its pieces come to now, in cents."""

    committed_cents: int
    goods_cents: int


def decide_refund(wish: Wish, funds: Funds, parcel: Parcel | None = None) -> RefundDecision:
    """Money goes back on a ground, out of captured money that is left, while no bank decides about it.

    A return: what was paid for it, another amount with a reason. A closed reason: all that is left, or the part asked
    for. Source: design §4.9, payments §5, runbook S0-087, french-rules §0. Raises the refusals of
    `app/refunds/errors.py`.
    """
    check_role(wish.role, wish.ground)
    _check_grounds(wish, parcel)
    _check_contest(funds.contest)
    left_cents = _compute_left(funds)
    due_cents = left_cents if parcel is None else min(parcel.due_cents, left_cents)
    if parcel is not None and parcel.due_cents <= 0:
        raise ReturnAlreadyRefunded
    amount_cents = due_cents if wish.amount_cents is None else wish.amount_cents
    if not 0 < amount_cents <= left_cents:
        raise RefundAboveCapture(left_cents)
    is_override = parcel is not None and amount_cents != due_cents
    if (is_override or wish.ground == "goodwill") and not (wish.note or "").strip():
        raise RefundNeedsReason(due_cents if is_override else None)
    return RefundDecision(wish.ground, amount_cents, "requested", is_override)


def decide_intention(ground: Ground, funds: Funds, amount_cents: int | None = None) -> RefundDecision:
    """What cannot be shipped, and what was paid twice, goes back once a person approves; nothing is sent before.

    Whole, or the part that was never sent (`amount_cents`) as far as it is left. Source: design §4.5, payments §2.2 and
    §5, french-rules §2.5. Raises `PaymentNotCaptured`, `NothingLeftToRefund`.
    """
    left_cents = _compute_left(funds)
    return RefundDecision(
        ground, left_cents if amount_cents is None else min(amount_cents, left_cents), "awaiting_approval"
    )


def check_approval(role: Role, contest: Contest, excess_cents: int) -> None:
    """Whoever may ask for a refund may approve one; the money must be there still, and no bank decide about it.

    Source: payments §2.2 (a person approves it), §5. Raises `RefundNotForThisRole`, `PaymentDisputed`, `DisputeLost`,
    `NothingLeftToRefund` (somebody gave it back in Stripe's dashboard meanwhile).
    """
    check_role(role)
    _check_contest(contest)
    if excess_cents > 0:
        raise NothingLeftToRefund


def check_repeated(last_same_at: datetime | None, now: datetime) -> None:
    """A second click, or a client that did not hear the answer: one person asks for the same once a minute.

    The same: as much, of one payment, on one ground. Source: design §6 (double refunds: none). Raises `RefundRepeated`.
    """
    if last_same_at is not None and now - last_same_at < REPEATED_WITHIN:
        raise RefundRepeated


def check_role(role: Role, ground: Ground | None = None) -> None:
    """Accounts that may only read give nothing back; goodwill is the owner's. Source: payments §5."""
    if role == "readonly" or (ground == "goodwill" and role != "owner"):
        raise RefundNotForThisRole


def compute_return_money(refunds: Sequence[tuple[str, int]]) -> ReturnMoney:
    """What became of the money of a return, from its refunds (status, cents), oldest first.

    One that failed is shown as failed until another one is on its way, never as refunded. Source: french-rules §2.5.
    """
    sums = {"succeeded": 0, "promised": 0}
    for status, amount_cents in refunds:
        if status == "succeeded":
            sums["succeeded"] += amount_cents
        elif status not in ("failed", "canceled"):
            sums["promised"] += amount_cents
    last = refunds[-1][0] if refunds else None
    word: MoneyWord = "none"
    if last == "failed":
        word = "failed"
    elif sums["promised"]:
        word = "under_way"
    elif sums["succeeded"]:
        word = "refunded"
    return ReturnMoney(word, sums["succeeded"], sums["promised"])


def compute_return_standing(status: str, money: ReturnMoney) -> str:
    """Where a return is, in one word: the parcel's, until its money failed, or went back after it was looked at.

    Source: french-rules §2.5 (state machine: refunded, refund_failed).
    """
    if money.word == "failed":
        return "refund_failed"
    return "refunded" if status == "inspected" and money.word == "refunded" else status


def compute_goods_due(lines: Sequence[PiecesBack]) -> int:
    """What was paid for the pieces of a return: their part of each line; all returns together come to all of it.

    Source: french-rules §0 (everything paid), store-api §1.
    """
    return sum(
        compute_share(line.total_cents, line.quantity, line.pieces_before + line.pieces)
        - compute_share(line.total_cents, line.quantity, line.pieces_before)
        for line in lines
    )


def compute_rounding(others: Sequence[Given], delivery_cents: int, line_count: int) -> int:
    """The cents that the others were given too few (or too many, negative): a share moves by one per line.

    It does when an older return brings fewer pieces than it was asked for. Source: french-rules §0 (everything paid).
    """
    given = [each for each in others if each.committed_cents]
    surplus = [_surplus(each) - (delivery_cents if _has_delivery(each, delivery_cents) else 0) for each in given]
    return -sum(cents for cents in surplus if abs(cents) <= line_count)


def is_delivery_given(others: Sequence[Given], delivery_cents: int) -> bool:
    """Whether one of them was given the delivery beside its pieces; a cent of rounding or a gesture is not that."""
    return any(_has_delivery(each, delivery_cents) for each in others)


def _has_delivery(other: Given, delivery_cents: int) -> bool:
    return 2 * _surplus(other) > delivery_cents


def _surplus(other: Given) -> int:
    return other.committed_cents - other.goods_cents


def compute_delivery_due(
    lines: Sequence[PiecesBack], delivery_cents: int, *, is_withdrawal: bool, is_given: bool
) -> int:
    """The delivery goes back with a withdrawal after which nothing stays, once: `is_given` with another return.

    A parcel that brought what is kept has cost what it cost. Source: french-rules §0 and §2.5 (L221-24), decision 0017.
    """
    is_everything_back = all(line.pieces + line.pieces_elsewhere >= line.quantity for line in lines)
    return delivery_cents if is_withdrawal and is_everything_back and not is_given else 0


def _check_grounds(wish: Wish, parcel: Parcel | None) -> None:
    if parcel is None:
        if wish.ground is None:
            raise RefundWithoutGround
        return
    if wish.ground is not None:
        raise RefundWithTwoGrounds
    if not parcel.is_of_this_payment:
        raise ReturnOfAnotherOrder
    if parcel.status not in ARRIVED_STATUSES and not (
        parcel.status == "in_transit" and parcel.is_withdrawal and parcel.is_proven
    ):
        raise RefundBeforeReturn


def _compute_left(funds: Funds) -> int:
    if not funds.is_captured:
        raise PaymentNotCaptured
    left_cents = funds.captured_cents - funds.committed_cents
    if left_cents <= 0:
        raise NothingLeftToRefund
    return left_cents


def _check_contest(contest: Contest) -> None:
    if contest == "open":
        raise PaymentDisputed
    if contest == "lost":
        raise DisputeLost
