"""What may be packed, leave, arrive, or be called off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.fulfilment.errors import (
    DeliveryOutOfTime,
    OrderDisputed,
    OrderIsOver,
    OrderMoneyGoesBack,
    OrderNotLookedAt,
    OrderNotPaid,
    OrderWithdrawn,
    ParcelCanceled,
    ParcelIsWhole,
    ParcelLeft,
    ParcelRepeated,
    PiecesAskedBack,
    PieceTwice,
    PieceUnknown,
    TooManyPiecesPacked,
)
from app.payments.compute_dispute import Contest

REPEATED_WITHIN = timedelta(minutes=1)
WORKED_ON = "pending"


@dataclass(frozen=True)
class Sold:
    """What of an order decides whether something may leave for it; `kept_cents` is what is not promised back."""

    status: str
    needs_review: bool
    is_paid: bool
    is_withdrawn: bool
    contest: Contest
    total_cents: int
    kept_cents: int


@dataclass(frozen=True)
class Packed:
    """Pieces of one line of the order that go into a parcel."""

    line_id: str
    quantity: int


@dataclass(frozen=True)
class Pieces:
    """Of one line in a parcel: how many, and how many of what was packed nobody has asked back."""

    quantity: int
    not_asked_back: int


def check_shippable(sold: Sold) -> None:
    """Nothing is packed or leaves for an order that is over, not looked at, unpaid, disputed, or whose money goes back.

    The database refuses the same by a trigger. Source: design §4.10, payments §2.2 (what a standing allows),
    french-rules §2.5 (withdrawal). Raises the refusals of `app/fulfilment/errors.py`.
    """
    if sold.needs_review:
        raise OrderNotLookedAt
    if sold.status != WORKED_ON:
        raise OrderIsOver
    if sold.is_withdrawn:
        raise OrderWithdrawn
    if not sold.is_paid:
        raise OrderNotPaid
    if sold.contest != "none":
        raise OrderDisputed
    if sold.total_cents > 0 and sold.kept_cents <= 0:
        raise OrderMoneyGoesBack


def check_packed(order_id: str, asked: Sequence[Packed], left: Mapping[str, int]) -> None:
    """Lines of this order, each once, and no more pieces than are left to send (`left`, by line).

    Source: store-api §11 (ship), runbook S0-089 (quantities). Raises `PieceUnknown`, `PieceTwice`,
    `TooManyPiecesPacked`.
    """
    unknown = sorted({each.line_id for each in asked} - left.keys())
    if unknown:
        raise PieceUnknown(unknown, order_id)
    if len({each.line_id for each in asked}) < len(asked):
        raise PieceTwice
    for each in asked:
        if each.quantity > left[each.line_id]:
            raise TooManyPiecesPacked(each.line_id, left[each.line_id])


def check_repeated(last_same_at: datetime | None, now: datetime) -> None:
    """A second click, or a client that did not hear the answer: one person packs the same parcel once a minute.

    Source: design §6 (no double effect). Raises `ParcelRepeated`.
    """
    if last_same_at is not None and now - last_same_at < REPEATED_WITHIN:
        raise ParcelRepeated


def check_contents(asked: Mapping[str, int] | None, packed: Mapping[str, int], *, is_canceled: bool) -> None:
    """A parcel leaves as it was packed; `asked` is what the caller believes to send, by line; None: all of it.

    Source: store-api §11 (shipments name their items). Raises `ParcelCanceled`, `ParcelIsWhole`.
    """
    if is_canceled:
        raise ParcelCanceled
    if asked is not None and dict(asked) != dict(packed):
        raise ParcelIsWhole


def check_delivery(delivered_at: datetime, left_at: datetime, now: datetime, *, is_canceled: bool) -> None:
    """A parcel arrives after it left and not in the future: the withdrawal counts from that day.

    Source: french-rules §2.5. Raises `ParcelCanceled`, `DeliveryOutOfTime`.
    """
    if is_canceled:
        raise ParcelCanceled
    if not left_at <= delivered_at <= now:
        raise DeliveryOutOfTime


def check_cancel(lines: Sequence[Pieces], shipped_at: datetime | None) -> None:
    """What has left comes back by a return only, and what a return counts on is not unpacked.

    Source: store-api §11, design §4.9. Raises `ParcelLeft`, `PiecesAskedBack`.
    """
    if shipped_at is not None:
        raise ParcelLeft
    if any(line.quantity > line.not_asked_back for line in lines):
        raise PiecesAskedBack
