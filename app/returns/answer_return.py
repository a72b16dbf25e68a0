"""The shop's word on a return: yes, no, or called off."""

from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.returns.models import OrderReturn
from app.returns.queries import LockedReturn, has_restocked, has_standing_refund
from app.returns.queue_mails import queue_return_approved, queue_return_rejected
from app.returns.receive_return import open_return
from app.returns.rules import (
    ARRIVED_STATUSES,
    OPEN_STATUSES,
    check_approval,
    check_cancellation,
    check_rejection,
)


def approve_return(session: Session, return_id: str, if_match: str | None = None) -> OrderReturn:
    """The pieces may come; their customer is told until when. Raises `ReturnNotFound`, `ReturnAnswered`."""
    locked = open_return(session, return_id, if_match)
    check_approval(locked.parcel.status)
    locked.parcel.status = "approved"
    locked.parcel.approved_at = locked.parcel.updated_at = utc_now()
    record_audit(session, "return.approved", locked.parcel.id)
    queue_return_approved(session, locked.order, locked.parcel)
    return locked.parcel


def reject_return(session: Session, return_id: str, reason: str, if_match: str | None = None) -> OrderReturn:
    """No, and why: the customer reads these words. Pieces that came in are the customer's, and go back to them.

    Raises `ReturnNotFound`, `ChangedMeanwhile`, `ReturnIsOver`, `ReturnKept`, `RejectionUnexplained`.
    """
    locked = open_return(session, return_id, if_match)
    parcel = locked.parcel
    check_rejection(
        parcel.status,
        reason,
        is_restocked=has_restocked(session, parcel.id),
        is_refunded=has_standing_refund(session, parcel.id),
    )
    _give_up_pieces(locked)
    parcel.status, parcel.rejection = "rejected", reason.strip()
    parcel.rejected_at = parcel.updated_at = utc_now()
    record_audit(session, "return.rejected", parcel.id)
    queue_return_rejected(session, locked.order, parcel)
    return parcel


def cancel_return(session: Session, return_id: str, if_match: str | None = None) -> OrderReturn:
    """It will not come: its pieces may be asked back again. Repeating it changes nothing.

    Raises `ReturnNotFound`, `ChangedMeanwhile`, `ReturnIsOver`, `ReturnKept`.
    """
    locked = open_return(session, return_id, if_match)
    parcel = locked.parcel
    if parcel.status == "canceled":
        return parcel
    if parcel.status != "open":
        check_cancellation(parcel.status, is_refunded=has_standing_refund(session, parcel.id))
        _give_up_pieces(locked)
    parcel.status = "canceled"
    parcel.canceled_at = parcel.updated_at = utc_now()
    record_audit(session, "return.canceled", parcel.id)
    return parcel


def _give_up_pieces(locked: LockedReturn) -> None:
    """The order's lines no longer count them as coming back; the return's own lines say what had come in."""
    for line in locked.parcel.lines:
        sold = locked.lines[line.order_line_id]
        if locked.parcel.status in OPEN_STATUSES:
            sold.return_requested_quantity -= line.quantity
        elif locked.parcel.status in ARRIVED_STATUSES:
            sold.return_received_quantity -= line.received_quantity
            sold.return_dismissed_quantity -= line.dismissed_quantity
