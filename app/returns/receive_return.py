"""A parcel that comes back: on its way with proof, here, looked at. Stock moves when it was looked at, and once.

Whoever changes a return holds its order, the order's lines and the return (`app/core/locks.py`), so that no refund is
decided meanwhile.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.versions import check_unchanged
from app.orders.queries import list_goods
from app.returns.errors import ReceptionNotBegun, ReturnIsOver
from app.returns.models import OrderReturn, ReturnLine
from app.returns.queries import LockedReturn, lock_whole
from app.returns.rules import OPEN_STATUSES, CameIn, check_came_in, check_counted, check_dispatch, check_inspection
from app.stock.service import restock


def mark_dispatched(session: Session, return_id: str, proof: str, if_match: str | None = None) -> OrderReturn:
    """The customer has proven that the parcel left: a tracking number, a receipt. A later proof replaces the earlier.

    It unlocks the refund of a withdrawal (french-rules §0). Raises `ReturnNotFound`, `ChangedMeanwhile`,
    `ReturnIsOver`, `ProofMissing`.
    """
    parcel = open_return(session, return_id, if_match).parcel
    check_dispatch(parcel.status, proof)
    parcel.status = "in_transit"
    parcel.proof_of_dispatch = proof.strip()
    parcel.dispatched_at = parcel.dispatched_at or utc_now()
    parcel.updated_at = utc_now()
    record_audit(session, "return.dispatched", parcel.id)
    return parcel


def receive_return(
    session: Session, return_id: str, came: Sequence[CameIn] | None, if_match: str | None = None
) -> OrderReturn:
    """The parcel is here with these pieces (None: all, in good order). What did not come may be asked back again.

    Nobody has looked at it yet: `inspect_return` puts pieces on the shelf. Raises `ReturnNotFound`, `ChangedMeanwhile`,
    `ReturnIsOver`, `NothingCameIn`.
    """
    locked = open_return(session, return_id, if_match)
    parcel = locked.parcel
    pieces = came if came is not None else [CameIn(line.id, line.quantity) for line in parcel.lines]
    check_came_in(parcel.status, {line.id: line.quantity for line in parcel.lines}, pieces)
    by_line = {each.line_id: each for each in pieces}
    for line in parcel.lines:
        here = by_line.get(line.id, CameIn(line.id, 0))
        locked.lines[line.order_line_id].return_requested_quantity -= line.quantity
        _count(locked, line, here.received, here.dismissed)
    parcel.status, parcel.received_at, parcel.updated_at = "received", utc_now(), utc_now()
    counts = {"received": sum(each.received for each in pieces), "dismissed": sum(each.dismissed for each in pieces)}
    record_audit(session, "return.received", parcel.id, counts)
    return parcel


def inspect_return(
    session: Session, return_id: str, unsaleable: Mapping[str, int] | None = None, if_match: str | None = None
) -> OrderReturn:
    """Somebody looked at what came in: all but so many pieces of a line (by line of the return) may be sold again.

    Those go on the shelf, by one movement a line, once. None: what was counted when it came in stands. Raises
    `ReturnNotFound`, `ChangedMeanwhile`, `NothingCameIn`, `ReturnNotReceived`, `ReturnInspected`, `ReturnIsOver`.
    """
    locked = open_return(session, return_id, if_match)
    parcel, lines = locked.parcel, {line.id: line for line in locked.parcel.lines}
    here = {line.id: line.received_quantity + line.dismissed_quantity for line in lines.values()}
    spoilt = {line.id: line.dismissed_quantity for line in lines.values()} | dict(unsaleable or {})
    check_inspection(parcel.status, here, spoilt)
    for line_id, line in lines.items():
        _count(locked, line, here[line_id] - spoilt[line_id], spoilt[line_id])
    parcel.status, parcel.inspected_at, parcel.updated_at = "inspected", utc_now(), utc_now()
    session.flush()  # the database sees to it that no more goes on the shelf than the line brought
    _restock(session, locked)
    counts = {"saleable": sum(here.values()) - sum(spoilt.values()), "unsaleable": sum(spoilt.values())}
    record_audit(session, "return.inspected", parcel.id, counts)
    return parcel


def begin_reception(session: Session, return_id: str, if_match: str | None = None) -> OrderReturn:
    """Medusa's way to receive, in several calls: nothing is counted yet. Raises `ReturnNotFound`, `ReturnIsOver`."""
    parcel = open_return(session, return_id, if_match).parcel
    if parcel.status not in OPEN_STATUSES:
        raise ReturnIsOver
    if parcel.receiving_at is None:
        parcel.receiving_at, parcel.updated_at = utc_now(), utc_now()
        _forget_counts(parcel)
    return parcel


def count_pieces(
    session: Session, return_id: str, pieces: Mapping[str, int], *, is_saleable: bool, if_match: str | None = None
) -> OrderReturn:
    """So many pieces were counted, by line of the order or of the return; a second count of a line replaces the first.

    Raises `ReturnNotFound`, `ChangedMeanwhile`, `ReceptionNotBegun`, `NothingCameIn`.
    """
    parcel = _open_reception(session, return_id, if_match)
    name = "counted_quantity" if is_saleable else "counted_dismissed_quantity"
    known = {id_ for line in parcel.lines for id_ in (line.id, line.order_line_id)}
    for line in parcel.lines:
        count = pieces.get(line.id, pieces.get(line.order_line_id))
        setattr(line, name, getattr(line, name) if count is None else count)
    check_counted({line.id: line.quantity for line in parcel.lines}, _counted(parcel), pieces.keys() - known)
    parcel.updated_at = utc_now()
    return parcel


def confirm_reception(session: Session, return_id: str, if_match: str | None = None) -> OrderReturn:
    """What was counted is here and was looked at: the rest of the pieces may be sold again (design §4.9).

    Raises `ReturnNotFound`, `ChangedMeanwhile`, `ReceptionNotBegun`, `NothingCameIn`.
    """
    counted = _counted(_open_reception(session, return_id, if_match))
    receive_return(session, return_id, counted)
    return inspect_return(session, return_id)


def cancel_reception(session: Session, return_id: str, if_match: str | None = None) -> OrderReturn:
    """Forget what was counted; the parcel is still expected. Raises `ReturnNotFound`, `ReceptionNotBegun`."""
    parcel = _open_reception(session, return_id, if_match)
    parcel.receiving_at, parcel.updated_at = None, utc_now()
    _forget_counts(parcel)
    return parcel


def open_return(session: Session, return_id: str, if_match: str | None) -> LockedReturn:
    """The return with its order, locked for a change. Raises `ReturnNotFound`, `ChangedMeanwhile`."""
    locked = lock_whole(session, return_id)
    check_unchanged(if_match, locked.parcel.updated_at)
    return locked


def _open_reception(session: Session, return_id: str, if_match: str | None) -> OrderReturn:
    parcel = open_return(session, return_id, if_match).parcel
    if parcel.receiving_at is None or parcel.status not in OPEN_STATUSES:
        raise ReceptionNotBegun
    return parcel


def _counted(parcel: OrderReturn) -> list[CameIn]:
    return [CameIn(line.id, line.counted_quantity, line.counted_dismissed_quantity) for line in parcel.lines]


def _forget_counts(parcel: OrderReturn) -> None:
    for line in parcel.lines:
        line.counted_quantity = line.counted_dismissed_quantity = 0


def _count(locked: LockedReturn, line: ReturnLine, received: int, dismissed: int) -> None:
    """On the line of the return, and by the difference on that of the order, which other returns count on too."""
    sold = locked.lines[line.order_line_id]
    sold.return_received_quantity += received - line.received_quantity
    sold.return_dismissed_quantity += dismissed - line.dismissed_quantity
    line.received_quantity, line.dismissed_quantity = received, dismissed


def _restock(session: Session, locked: LockedReturn) -> None:
    """Levels in the order of the variants' ids, as everybody locks them; what is not counted has no level."""
    goods = list_goods(session, [locked.order.id])
    saleable = [
        (goods[line.order_line_id][0], line)
        for line in locked.parcel.lines
        if line.received_quantity and goods[line.order_line_id][0].manages_stock
    ]
    for variant, line in sorted(saleable, key=lambda pair: (pair[0].id, pair[1].id)):
        restock(session, line.id, variant.id, line.received_quantity)
