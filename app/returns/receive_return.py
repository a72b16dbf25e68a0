"""A parcel that comes back: on its way with proof, then here. No stock moves and no money does."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.orders.queries import lock_lines
from app.returns.models import OrderReturn
from app.returns.queries import get_return, lock_return
from app.returns.rules import CameIn, check_came_in, check_dispatch


def mark_dispatched(session: Session, return_id: str, proof: str) -> OrderReturn:
    """The customer has proven that the parcel left: a tracking number, a receipt. A later proof replaces the earlier.

    It unlocks the refund of a withdrawal (french-rules §0). Raises `ReturnNotFound`, `ReturnIsOver`, `ProofMissing`.
    """
    lock_lines(session, get_return(session, return_id).order_id)
    parcel = lock_return(session, return_id)
    check_dispatch(parcel.status, proof)
    parcel.status = "in_transit"
    parcel.proof_of_dispatch = proof.strip()
    parcel.dispatched_at = parcel.dispatched_at or utc_now()
    record_audit(session, "return.dispatched", parcel.id)
    return parcel


def receive_return(session: Session, return_id: str, came: Sequence[CameIn] | None) -> OrderReturn:
    """The parcel is here with these pieces (None: all, in good order). What did not come may be asked back again.

    Raises `ReturnNotFound`, `ReturnIsOver`, `NothingCameIn`.
    """
    order_lines = lock_lines(session, get_return(session, return_id).order_id)
    parcel = lock_return(session, return_id)
    pieces = came if came is not None else [CameIn(line.id, line.quantity) for line in parcel.lines]
    check_came_in(parcel.status, {line.id: line.quantity for line in parcel.lines}, pieces)
    by_line = {each.line_id: each for each in pieces}
    for line in parcel.lines:
        here = by_line.get(line.id, CameIn(line.id, 0))
        line.received_quantity, line.dismissed_quantity = here.received, here.dismissed
        sold = order_lines[line.order_line_id]
        sold.return_requested_quantity -= line.quantity
        sold.return_received_quantity += here.received
        sold.return_dismissed_quantity += here.dismissed
    parcel.status, parcel.received_at = "received", utc_now()
    counts = {"received": sum(each.received for each in pieces), "dismissed": sum(each.dismissed for each in pieces)}
    record_audit(session, "return.received", parcel.id, counts)
    return parcel
