"""Who may ask to send pieces back, and how many."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from app.orders.errors import OrderNotFound
from app.orders.rules import check_open_without_login
from app.returns.errors import (
    NothingCameIn,
    ProofMissing,
    RejectionUnexplained,
    ReturnAnswered,
    ReturnInspected,
    ReturnIsOver,
    ReturnKept,
    ReturnLineTwice,
    ReturnLineUnknown,
    ReturnMixed,
    ReturnNotReceived,
    ReturnReasonUnknown,
    ReturnTooLate,
    TooManyPiecesReturned,
    WithdrawalExcluded,
    WithdrawalPeriodOver,
)

# Where a parcel is; a draft (`open`) is nothing yet (french-rules §2.5).
Status = Literal["open", "requested", "approved", "in_transit", "received", "inspected", "rejected", "canceled"]
OPEN_STATUSES = frozenset({"requested", "approved", "in_transit"})
ARRIVED_STATUSES = frozenset({"received", "inspected"})
# Those on which a refund may stand; a parcel in transit for a withdrawal only.
UNLOCKED_STATUSES = ARRIVED_STATUSES | {"in_transit"}
# Its pieces are on their way back, or here.
STANDING_STATUSES = OPEN_STATUSES | ARRIVED_STATUSES
# Nobody may withdraw from these kinds (L221-28); what people read of them: French, then English.
EXCLUDED_LABELS: Mapping[str, tuple[str, str]] = {
    "made_to_order": ("Fait sur mesure ou personnalisé", "Made to order or personalised"),
    "perishable": ("Périssable", "Perishable"),
    "unsealed_hygiene": ("Descellé, non repris pour raison d'hygiène", "Unsealed, not taken back for hygiene"),
    "unsealed_media": ("Enregistrement ou logiciel descellé", "Unsealed recording or software"),
    "performed_service": ("Service pleinement exécuté", "Service fully performed"),
    "dated_service": ("Hébergement, restauration ou loisir à date donnée", "Lodging, catering or leisure on a date"),
}


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
    if not (is_each_once and _fit(asked, came) and any(each.received + each.dismissed for each in came)):
        raise NothingCameIn


def check_counted(asked: Mapping[str, int], counted: Sequence[CameIn], unknown: Collection[str]) -> None:
    """Only lines of the return are counted (`unknown`: others), no more pieces of one than were asked back.

    Source: store-api §11 (receive-items). Raises `NothingCameIn`.
    """
    if unknown or not _fit(asked, counted):
        raise NothingCameIn


def check_approval(status: str) -> None:
    """A request waits for one answer. Source: french-rules §2.5 (state machine). Raises `ReturnAnswered`."""
    if status != "requested":
        raise ReturnAnswered


def check_inspection(status: str, here: Mapping[str, int], unsaleable: Mapping[str, int]) -> None:
    """What has come in is looked at once; no more of a line is spoilt than came in (`here`, by line).

    Source: french-rules §2.5 (stock at `inspected`), runbook S0-090 and S0-092. Raises `ReturnNotReceived`,
    `ReturnInspected`, `ReturnIsOver`, `NothingCameIn`.
    """
    if status == "inspected":
        raise ReturnInspected
    if status in OPEN_STATUSES:
        raise ReturnNotReceived
    if status != "received":
        raise ReturnIsOver
    if any(not 0 <= pieces <= here.get(line_id, 0) for line_id, pieces in unsaleable.items()):
        raise NothingCameIn


def check_rejection(status: str, reason: str, *, is_restocked: bool, is_refunded: bool) -> None:
    """No is said with a reason, before the shop keeps the pieces or gives money back.

    Source: french-rules §2.5 (state machine). Raises `ReturnIsOver`, `ReturnKept`, `RejectionUnexplained`.
    """
    if status not in STANDING_STATUSES:
        raise ReturnIsOver
    if is_restocked or is_refunded:
        raise ReturnKept
    if not reason.strip():
        raise RejectionUnexplained


def check_cancellation(status: str, *, is_refunded: bool) -> None:
    """What has not come in may be called off while no money is promised for it.

    Source: store-api §11 (cancel). Raises `ReturnIsOver`, `ReturnKept`.
    """
    if status not in OPEN_STATUSES:
        raise ReturnIsOver
    if is_refunded:
        raise ReturnKept


def decide_is_withdrawal(end_on: date | None, asked_on: date, excluded: Collection[str]) -> bool:
    """Sending back within the days of the law is the customer's right, not the shop's kindness; not for excluded goods.

    `end_on` is None while the days have not begun. Source: runbook S0-088, french-rules §2.5, art. L221-18, L221-28.
    """
    return not excluded and (end_on is None or asked_on <= end_on)


def check_unmixed(end_on: date | None, asked_on: date, reasons: Collection[str | None]) -> None:
    """Within the days of the law no excluded piece takes the right, its delivery and its deadline from the others.

    `reasons`: of each piece why it is excluded, None if it is not. Source: french-rules §2.5, art. L221-18, L221-28.
    Raises `ReturnMixed`.
    """
    if decide_is_withdrawal(end_on, asked_on, ()) and None in reasons and set(reasons) != {None}:
        raise ReturnMixed


def check_late_return(end_on: date | None, note: str | None, *, is_withdrawal: bool) -> None:
    """What the law does not ask for, whoever works here grants with a reason.

    Source: runbook S0-088 (override needs reason). Raises `ReturnTooLate`.
    """
    if not is_withdrawal and not (note or "").strip():
        raise ReturnTooLate(end_on)


def check_withdrawal(end_on: date | None, asked_on: date, *, is_all_excluded: bool) -> None:
    """From the purchase to the last day, for what the law does not exclude; the day on which it was asked counts.

    Source: french-rules §2.5, art. L221-18, L221-21, L221-28. Raises `WithdrawalPeriodOver`, `WithdrawalExcluded`.
    """
    if is_all_excluded:
        raise WithdrawalExcluded
    if end_on is not None and asked_on > end_on:
        raise WithdrawalPeriodOver(end_on)


def _fit(asked: Mapping[str, int], came: Sequence[CameIn]) -> bool:
    return all(
        min(each.received, each.dismissed) >= 0 and each.received + each.dismissed <= asked.get(each.line_id, 0)
        for each in came
    )
