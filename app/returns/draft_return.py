"""A return that somebody of the shop writes down, in several calls (Medusa's): it counts once it is requested."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.db import Json
from app.core.ids import new_id
from app.orders.queries import lock_order
from app.returns.errors import ReturnEmpty, ReturnNotOpen
from app.returns.models import OrderReturn, ReturnLine
from app.returns.queries import LockedReturn, find_withdrawal_end
from app.returns.queue_mails import queue_return_approved
from app.returns.receive_return import open_return
from app.returns.rules import AskedLine, check_late_return
from app.returns.service import ask_back, check_asked, get_way_back, is_asked_in_time, write_line


def open_draft(session: Session, order_id: str, note: str | None = None, details: Json | None = None) -> OrderReturn:
    """A return of nothing yet. Raises `OrderNotFound`."""
    order = lock_order(session, order_id)
    made = OrderReturn(id=new_id("return"), order_id=order.id, status="open", note=note, details=details, lines=[])
    session.add(made)
    session.flush()  # the answer shows the number that the database gave
    record_audit(session, "return.drafted", made.id, {"order_id": order.id})
    return made


def ask_pieces(
    session: Session, return_id: str, asked: Sequence[AskedLine], if_match: str | None = None
) -> OrderReturn:
    """Pieces that are to come back; a line named again takes the place of what was said of it, 0 pieces take it out.

    Raises `ReturnNotFound`, `ChangedMeanwhile`, `ReturnNotOpen`, and what `check_asked` refuses.
    """
    locked = _open(session, return_id, if_match)
    named = {each.line_id for each in asked}
    kept = [_asked(line) for line in locked.parcel.lines if line.order_line_id not in named]
    check_asked(session, locked.order.id, [*kept, *asked], locked.lines)
    for line in [line for line in locked.parcel.lines if line.order_line_id in named]:
        locked.parcel.lines.remove(line)
        session.delete(line)
    session.flush()  # a line of the order is named once: the former row goes first
    locked.parcel.lines.extend(write_line(each) for each in asked if each.quantity)
    locked.parcel.updated_at = utc_now()
    return locked.parcel


def choose_way_back(
    session: Session, return_id: str, option_id: str, price: Decimal | None = None, if_match: str | None = None
) -> OrderReturn:
    """How the parcel comes, at its own price. Raises `ReturnNotFound`, `ReturnNotOpen`, `UnfitReturnShipping`."""
    locked = _open(session, return_id, if_match)
    asked = [_asked(line) for line in locked.parcel.lines]
    offer = get_way_back(session, locked.order, asked, option_id, price, locked.lines)
    parcel = locked.parcel
    parcel.shipping_option_id, parcel.shipping_name = offer.option.id, offer.option.name
    parcel.shipping_amount_cents, parcel.updated_at = offer.amount_cents, utc_now()
    return parcel


def request_return(
    session: Session, return_id: str, *, tells_customer: bool = True, if_match: str | None = None
) -> OrderReturn:
    """The draft counts from now on, and is approved: whoever works here has asked. Its customer is told.

    After the days of the law it needs the shop's note (runbook S0-088). Raises `ReturnNotFound`, `ChangedMeanwhile`,
    `ReturnNotOpen`, `ReturnEmpty`, `ReturnMixed`, `ReturnTooLate`, and what `check_asked` refuses.
    """
    locked = _open(session, return_id, if_match)
    parcel, asked = locked.parcel, [_asked(line) for line in locked.parcel.lines]
    if not asked:
        raise ReturnEmpty
    check_asked(session, locked.order.id, asked, locked.lines)
    parcel.is_withdrawal = is_asked_in_time(session, locked.order, asked, locked.lines)
    end_on = find_withdrawal_end(session, locked.order)
    check_late_return(end_on, parcel.note, is_withdrawal=parcel.is_withdrawal)
    parcel.status = "approved"
    parcel.approved_at = parcel.updated_at = utc_now()
    ask_back(session, asked)
    session.flush()  # the lines of the order are read again below
    record_audit(session, "return.requested", parcel.id, {"is_withdrawal": parcel.is_withdrawal})
    if tells_customer:
        queue_return_approved(session, locked.order, parcel)
    return parcel


def create_whole(session: Session, order_id: str, asked: Sequence[AskedLine], note: str | None = None) -> OrderReturn:
    """The same in one go, for whoever types it on the server. Raises what the steps refuse."""
    draft = open_draft(session, order_id, note)
    ask_pieces(session, draft.id, asked)
    return request_return(session, draft.id)


def _open(session: Session, return_id: str, if_match: str | None) -> LockedReturn:
    locked = open_return(session, return_id, if_match)
    if locked.parcel.status != "open":
        raise ReturnNotOpen
    return locked


def _asked(line: ReturnLine) -> AskedLine:
    return AskedLine(line.order_line_id, line.quantity, line.reason_id, line.note)
