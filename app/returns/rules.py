"""Who may ask to send pieces back, and how many."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.orders.errors import OrderNotFound
from app.orders.rules import check_open_without_login
from app.returns.errors import (
    NothingCameIn,
    ProofMissing,
    ReturnIsOver,
    ReturnLineTwice,
    ReturnLineUnknown,
    ReturnReasonUnknown,
    TooManyPiecesReturned,
)

OPEN_STATUSES = frozenset({"requested", "in_transit"})


@dataclass(frozen=True)
class AskedLine:
    """Pieces of one line of the order that somebody wants to send back."""

    line_id: str
    quantity: int
    reason_id: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class CameIn:
    """Pieces of one line of a return that are here; `dismissed` of them cannot be sold again."""

    line_id: str
    received: int
    dismissed: int = 0


def check_requester(
    order_id: str, *, is_owner: bool, is_email_right: bool, created_at: datetime, now: datetime
) -> None:
    """The order's customer, logged in, or whoever knows its id and its e-mail, as long as the id opens anything.

    A wrong e-mail is told nothing: the order might as well not exist. Source: design §4.18. Raises `OrderNotFound`.
    """
    if is_owner:
        return
    if not is_email_right:
        raise OrderNotFound(order_id)
    check_open_without_login(order_id, created_at, now)


def check_pieces(order_id: str, asked: Sequence[AskedLine], returnable: Mapping[str, int]) -> None:
    """Lines of this order, each once, and no more pieces than were sent and are not on their way back.

    `returnable` has the pieces by line. Source: store-api §8, runbook S0-089. Raises `ReturnLineUnknown`,
    `ReturnLineTwice`, `TooManyPiecesReturned`.
    """
    unknown = sorted({line.line_id for line in asked} - returnable.keys())
    if unknown:
        raise ReturnLineUnknown(unknown, order_id)
    if len({line.line_id for line in asked}) < len(asked):
        raise ReturnLineTwice
    if any(line.quantity > returnable[line.line_id] for line in asked):
        raise TooManyPiecesReturned


def check_reasons(asked: Sequence[AskedLine], known: Collection[str]) -> None:
    """Only the shop's own reasons (source: store-api §8). Raises `ReturnReasonUnknown`."""
    unknown = sorted({line.reason_id for line in asked if line.reason_id is not None} - set(known))
    if unknown:
        raise ReturnReasonUnknown(unknown)


def check_dispatch(status: str, proof: str) -> None:
    """A parcel on its way is not here yet, and its dispatch is proven by something.

    Source: french-rules §0 (proof of dispatch). Raises `ReturnIsOver`, `ProofMissing`.
    """
    if status not in OPEN_STATUSES:
        raise ReturnIsOver
    if not proof.strip():
        raise ProofMissing


def check_came_in(status: str, asked: Mapping[str, int], came: Sequence[CameIn]) -> None:
    """A return is received once, with a piece at least and no more of a line than was asked back (`asked`, by line).

    Source: runbook S0-090. Raises `ReturnIsOver`, `NothingCameIn`.
    """
    if status not in OPEN_STATUSES:
        raise ReturnIsOver
    is_each_once = len({each.line_id for each in came}) == len(came)
    is_fit = all(
        min(each.received, each.dismissed) >= 0 and each.received + each.dismissed <= asked.get(each.line_id, 0)
        for each in came
    )
    if not (is_each_once and is_fit and any(each.received + each.dismissed for each in came)):
        raise NothingCameIn
