"""Many clicks at once on one order: no piece goes into two parcels, none leaves twice, and its customer is told once.

The controls run the same code in a scratch schema: without the lock the row's own limit still refuses, without lock and
limit every click packs a parcel.
"""

from collections import Counter
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.checkout.record_manual_payment import record_manual_payment
from app.core.db import unit_of_work
from app.fulfilment.errors import ParcelRepeated, TooManyPiecesPacked
from app.fulfilment.models import FulfilmentLine
from app.fulfilment.rules import Packed
from app.fulfilment.service import Label, Shipment, create_fulfilment, mark_delivered, mark_shipped
from app.orders.models import OrderLine
from app.payments.queries import list_payments
from tests.concurrency.buyers import run_together, without_row_locks
from tests.factories.catalogue import make_product
from tests.factories.orders import make_order
from tests.factories.shipping import make_shipping_option
from tests.factories.shop import make_shop
from tests.shop_front import read_rows

CLICKS = 8
SOLD = 3

SCRATCH = """
CREATE SCHEMA scratch;
CREATE TABLE scratch.order_line (LIKE public.order_line INCLUDING ALL);
CREATE TABLE scratch.fulfilment (LIKE public.fulfilment INCLUDING ALL);
CREATE TABLE scratch.fulfilment_line (LIKE public.fulfilment_line INCLUDING ALL);
INSERT INTO scratch.order_line SELECT * FROM public.order_line;
"""
DROP_LIMIT = "ALTER TABLE scratch.order_line DROP CONSTRAINT ck_order_line_pieces_leave_in_order"


@dataclass(frozen=True)
class Sold:
    """A paid order of some pieces."""

    order_id: str
    line_id: str


@pytest.fixture
def sold(environment: dict[str, str]) -> Sold:
    with unit_of_work("test") as session:
        shop = make_shop(session)
        variant_id = make_product(session, shop.channel.id).variants[0].id
        option = make_shipping_option(session, shop.region.id)
        order = make_order(session, shop, (variant_id, SOLD), option_id=option.id)
        payment_id = list_payments(session, order.payment_collection_id)[0].id
        found = Sold(order.id, order.lines[0].id)
    with unit_of_work("test") as session:
        record_manual_payment(session, payment_id, "owner")
    return found


def pack(sold: Sold, person: str, schema: str = "public") -> str:
    """One click that packs one piece, in a word."""
    try:
        with unit_of_work(person) as session:
            session.execute(text(f"SET LOCAL search_path TO {schema}, public"))
            create_fulfilment(session, sold.order_id, [Packed(sold.line_id, 1)])
    except TooManyPiecesPacked:
        return "nothing left"
    except ParcelRepeated:
        return "packed already"
    except IntegrityError:
        return "refused by the database"
    return "packed"


def packed(schema: str = "public") -> tuple[int, int]:
    """Pieces in parcels: according to the line of the order, and according to the parcels."""
    with unit_of_work("test") as session:
        session.execute(text(f"SET LOCAL search_path TO {schema}, public"))
        counted = session.scalars(select(OrderLine.fulfilled_quantity)).one()
        return counted, session.scalar(select(func.sum(FulfilmentLine.quantity))) or 0


def make_scratch(*, with_limit: bool) -> None:
    """A copy of the tables beside the product's, with or without the row's own limit."""
    with unit_of_work("test") as session:
        session.execute(text(SCRATCH))
        if not with_limit:
            session.execute(text(DROP_LIMIT))


def test_no_piece_goes_into_two_parcels_and_one_person_packs_the_same_once(sold: Sold) -> None:
    assert run_together(CLICKS, lambda _: pack(sold, "staff:one")) == Counter(
        {"packed": 1, "packed already": CLICKS - 1}
    )
    answers = run_together(CLICKS, lambda number: pack(sold, f"staff:{number}"))
    assert answers == Counter({"packed": SOLD - 1, "nothing left": CLICKS - SOLD + 1})
    assert packed() == (SOLD, SOLD)


def test_a_parcel_leaves_and_arrives_once_and_its_customer_is_told_once(sold: Sold) -> None:
    with unit_of_work("test") as session:
        parcel_id = create_fulfilment(session, sold.order_id, [Packed(sold.line_id, SOLD)]).id

    def send(_: int) -> str:
        with unit_of_work("test") as session:
            mark_shipped(session, sold.order_id, parcel_id, Shipment([Label("6A")]))
        with unit_of_work("test") as session:
            mark_delivered(session, sold.order_id, parcel_id)
        return "done"

    assert run_together(CLICKS, send) == Counter(done=CLICKS)
    assert read_rows("SELECT fulfilled_quantity, shipped_quantity, delivered_quantity FROM order_line") == [(SOLD,) * 3]
    assert read_rows("SELECT count(*) FROM message WHERE template = 'shipment_sent'") == [(1,)]
    assert read_rows("SELECT count(*) FROM fulfilment_label") == [(1,)]


def test_control_without_the_lock_the_database_refuses(sold: Sold) -> None:
    make_scratch(with_limit=True)
    with without_row_locks(CLICKS, at="order_line"):
        answers = run_together(CLICKS, lambda number: pack(sold, f"staff:{number}", "scratch"))
    assert answers == Counter({"packed": SOLD, "refused by the database": CLICKS - SOLD})
    assert packed("scratch") == (SOLD, SOLD)


def test_control_without_lock_and_limit_more_is_packed_than_was_sold(sold: Sold) -> None:
    make_scratch(with_limit=False)
    with without_row_locks(CLICKS, at="order_line"):
        answers = run_together(CLICKS, lambda number: pack(sold, f"staff:{number}", "scratch"))
    assert answers == Counter(packed=CLICKS)
    assert packed("scratch") == (CLICKS, CLICKS)


def test_control_without_the_lock_one_person_packs_the_same_many_times(sold: Sold) -> None:
    make_scratch(with_limit=False)
    with without_row_locks(CLICKS, at="order_line"):
        answers = run_together(CLICKS, lambda _: pack(sold, "staff:one", "scratch"))
    assert answers == Counter(packed=CLICKS)
