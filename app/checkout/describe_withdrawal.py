"""What a withdrawal is about, for whoever has its link: before it is declared what it would be, then what it was."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from sqlalchemy.orm import Session

from app.checkout.declare_withdrawal import get_asked, get_withdrawable
from app.core.db import Json
from app.notifications.schemas import SentLine, WithdrawalAcknowledged
from app.orders.models import OrderLine
from app.returns.models import Withdrawal
from app.returns.queries import find_declared, find_withdrawal_end
from app.returns.queue_mails import describe_pieces


@dataclass(frozen=True)
class WithdrawalShown:
    """`end_on` is the last day to withdraw, in Paris, None while the days have not begun."""

    display_id: int
    is_declared: bool
    asked_at: datetime
    declared_at: datetime | None
    expires_at: datetime | None
    end_on: date | None
    send_by: date | None
    return_id: str | None
    lines: list[SentLine]
    unsent_lines: list[SentLine]
    excluded_lines: list[SentLine]


def show_withdrawal(session: Session, token: str) -> WithdrawalShown:
    """Of the link's order what was declared, whichever link did it. Raises `WithdrawalLinkInvalid`."""
    asked = get_asked(session, token)
    declared = find_declared(session, str(asked.order_id))
    return describe_withdrawal(session, declared or asked)


def describe_withdrawal(session: Session, withdrawal: Withdrawal) -> WithdrawalShown:
    """The same of a withdrawal that is at hand."""
    found = get_withdrawable(session, withdrawal)
    said = withdrawal.statement
    if said is None:
        said = {
            "lines": _pieces(found.order.lines, found.sent),
            "unsent_lines": _pieces(found.order.lines, found.unsent),
            "excluded_lines": describe_pieces((line, line.quantity) for line in found.excluded),
            "send_by": None,
        }
    told = cast(WithdrawalAcknowledged, said)
    return WithdrawalShown(
        display_id=found.order.display_id,
        is_declared=withdrawal.declared_at is not None,
        asked_at=withdrawal.asked_at,
        declared_at=withdrawal.declared_at,
        expires_at=withdrawal.expires_at,
        end_on=find_withdrawal_end(session, found.order),
        send_by=date.fromisoformat(told["send_by"]) if told["send_by"] else None,
        return_id=withdrawal.return_id,
        lines=told["lines"],
        unsent_lines=told["unsent_lines"],
        excluded_lines=told["excluded_lines"],
    )


def _pieces(lines: list[OrderLine], pieces: dict[str, int]) -> list[Json]:
    return describe_pieces((line, pieces.get(line.id, 0)) for line in lines)
