"""Many orders are paid at the same moment: their invoices count on without a gap, and in the order of their days.

The controls run the same function without its lock on the series: with the constraint, some orders get no number;
without the constraints either, two invoices have the same one. A transaction that is undone gives its number back.
"""

from collections import Counter

from sqlalchemy import select, text

from app.catalogue.models import ProductVariant
from app.checkout.record_manual_payment import record_manual_payment
from app.core.db import unit_of_work
from app.invoices.verify_invoices import verify_invoices
from tests.concurrency.buyers import run_together
from tests.factories.catalogue import make_product
from tests.factories.orders import make_order
from tests.factories.shipping import make_shipping_option
from tests.factories.shop import make_shop
from tests.shop_front import read_rows

BUYERS, EACH = 10, 5
WITHOUT_LOCK = """
DO $$ BEGIN
    EXECUTE replace(pg_get_functiondef('comptoir_issue_invoice'::regproc),
        'ELSE ''invoice'' END FOR UPDATE;', 'ELSE ''invoice'' END; PERFORM pg_sleep(0.05);');
END $$
"""
WITHOUT_CONSTRAINTS = """
ALTER TABLE invoice DROP CONSTRAINT uq_invoice_series_number, DROP CONSTRAINT invoice_display_number_key;
ALTER TABLE invoice DISABLE TRIGGER is_final;
ALTER TABLE invoice_series DISABLE TRIGGER counts_by_one;
"""


PAID = 'SELECT count(*) FROM "order" WHERE paid_at IS NOT NULL'
NUMBERS = "SELECT number FROM invoice ORDER BY number"


def promise_payments(count: int) -> list[str]:
    """Orders whose money is still to come by transfer."""
    with unit_of_work("test") as session:
        shop = make_shop(session)
        make_product(session, shop.channel.id, handle="aura", title="Aura", price_cents=1_999, stock=count)
        variant_id = session.scalars(select(ProductVariant.id)).one()
        option = make_shipping_option(session, shop.region.id, code="standard", name="Standard", amount_cents=490)
        for _ in range(count):
            make_order(session, shop, (variant_id, 1), option_id=option.id)
    return [str(payment_id) for (payment_id,) in read_rows("SELECT id FROM payment ORDER BY id")]


def pay(payment_ids: list[str]) -> str:
    """The money of each comes, in a transaction of its own; every other one takes a moment to commit."""
    for place, payment_id in enumerate(payment_ids):
        with unit_of_work("test") as session:
            record_manual_payment(session, payment_id, "owner")
            session.execute(text("SELECT pg_sleep(:moment)"), {"moment": 0.002 * (place % 2)})
    return f"{len(payment_ids)} paid"


def change(*statements: str) -> None:
    """As the owner of the database."""
    with unit_of_work("test") as session:
        for statement in statements:
            session.connection().exec_driver_sql(statement)


def test_fifty_orders_at_once_have_fifty_numbers_in_a_row(environment: dict[str, str]) -> None:
    ids = promise_payments(BUYERS * EACH)
    assert run_together(BUYERS, lambda number: pay(ids[number::BUYERS])) == Counter({"5 paid": BUYERS})
    with unit_of_work("test") as session:
        verdict = verify_invoices(session)
    assert verdict.is_sound, verdict
    assert verdict.last_numbers == {"credit_note": 0, "invoice": BUYERS * EACH}
    assert read_rows(NUMBERS) == [(number,) for number in range(1, BUYERS * EACH + 1)]


def test_an_undone_transaction_leaves_no_gap(environment: dict[str, str]) -> None:
    first, second = promise_payments(2)
    with unit_of_work("test") as session:
        record_manual_payment(session, first, "owner")
        assert session.execute(text("SELECT max(number) FROM invoice")).scalar_one() == 1
        session.rollback()
    pay([second])
    assert read_rows(NUMBERS) == [(1,)]


def test_without_the_lock_some_get_no_number_and_are_paid_all_the_same(environment: dict[str, str]) -> None:
    ids = promise_payments(BUYERS)
    change(WITHOUT_LOCK)
    assert run_together(BUYERS, lambda number: pay([ids[number]])) == Counter({"1 paid": BUYERS})
    assert read_rows(PAID) == [(BUYERS,)]
    assert len(read_rows(NUMBERS)) < BUYERS
    with unit_of_work("test") as session:
        assert verify_invoices(session).uninvoiced_order_ids


def test_without_lock_and_constraints_two_have_the_same_number(environment: dict[str, str]) -> None:
    ids = promise_payments(BUYERS)
    change(WITHOUT_LOCK, WITHOUT_CONSTRAINTS)
    run_together(BUYERS, lambda number: pay([ids[number]]))
    numbers = [number for (number,) in read_rows(NUMBERS)]
    assert len(set(numbers)) < len(numbers), "two customers hold an invoice of one number"
