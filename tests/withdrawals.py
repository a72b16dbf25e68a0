"""A paid order on its way, delivered on a day, and the link that its customer gets."""

from datetime import datetime

from sqlalchemy import text

from app.core.db import sign_transaction, unit_of_work
from app.fulfilment.rules import Packed
from app.fulfilment.service import Shipment, create_fulfilment, mark_delivered, mark_shipped
from app.returns.ask_withdrawal import LINK_LIFE, ask_withdrawal, queue_link
from tests.money_back import EMAIL, Paid
from tests.shop_front import read_rows

LINK = "SELECT secret->>'link' FROM message WHERE template = 'withdrawal_link' ORDER BY created_at DESC, id LIMIT 1"
PIECES = (
    "SELECT fulfilled_quantity, shipped_quantity, return_requested_quantity, return_received_quantity,"
    " return_dismissed_quantity FROM order_line"
)


def send_parcel(paid: Paid, pieces: int, *, delivered_at: datetime | None = None, is_shipped: bool = True) -> str:
    """So many pieces are packed, leave, and arrive; gives the parcel's id."""
    with unit_of_work("packer") as session:
        parcel = create_fulfilment(session, paid.order_id, [Packed(paid.line_id, pieces)])
        if is_shipped:
            mark_shipped(session, paid.order_id, parcel.id, Shipment())
        if delivered_at is not None:
            sign_transaction(session)
            moved = text("UPDATE \"order\" SET created_at = :at - interval '1 hour'")
            session.execute(moved, {"at": delivered_at})
            session.execute(text("ALTER TABLE fulfilment DISABLE TRIGGER keep_parcel"))
            session.execute(text("UPDATE fulfilment SET shipped_at = :at"), {"at": delivered_at})
            session.execute(text("ALTER TABLE fulfilment ENABLE TRIGGER keep_parcel"))
            session.execute(text("UPDATE message SET created_at = :at"), {"at": delivered_at})
            session.expire_all()
            mark_delivered(session, paid.order_id, parcel.id, delivered_at)
        return parcel.id


def number_of(paid: Paid) -> str:
    """The order's number, as its mails show it."""
    ((number,),) = read_rows('SELECT display_id FROM "order" WHERE id = :id', id=paid.order_id)
    return str(number)


def ask_for_link(paid: Paid) -> str:
    """The first step, and the job behind it; gives the token of the mail."""
    with unit_of_work("customer") as session:
        ask_withdrawal(session, number_of(paid), EMAIL)
    ((withdrawal_id,),) = read_rows("SELECT id FROM withdrawal WHERE token_hash IS NULL")
    with unit_of_work("job:returns.mail_withdrawal") as session:
        queue_link(session, str(withdrawal_id))
    return last_token()


def last_token() -> str:
    """Of the newest mail with a link."""
    ((link,),) = read_rows(LINK)
    return str(link).rpartition("/")[2]


def let_link_age(hours: int) -> None:
    """As if every link had been asked for so many hours earlier."""
    age = text(
        "UPDATE withdrawal SET asked_at = now() - make_interval(hours => :h),"
        " expires_at = now() + make_interval(hours => :life - :h) WHERE declared_at IS NULL"
    )
    with unit_of_work("test") as session:
        sign_transaction(session)
        session.execute(age, {"h": hours, "life": int(LINK_LIFE.total_seconds() // 3600)})
