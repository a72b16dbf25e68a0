"""One cart, completed from every side at once: one order, one payment, one mail, the stock taken once.

The controls take the cart's lock away, then the database's own limits too: then there are as many orders as callers.
"""

from collections import Counter

import pytest
from sqlalchemy.exc import IntegrityError

from app.checkout.complete_for_buyer import complete_for_buyer
from app.core.db import unit_of_work
from app.orders.models import Order
from tests.concurrency.buyers import run_together, without_row_locks
from tests.shop_front import Attempt, Buyer, FakeStripe, read_rows, read_state
from tests.stripe_news import SUCCEEDED, deliver, event_about

PARTIES = 8
LIMITS = {
    "order": ("uq_order_cart_id", "uq_order_payment_collection_id"),
    "payment": ("uq_payment_payment_session_id",),
}


@pytest.fixture
def manual_cart(buyer: Buyer) -> str:
    """A cart of two pieces that is paid by transfer: completing it asks no vendor."""
    cart_id = buyer.fill_cart(2)
    buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
    return cart_id


@pytest.fixture
def card_cart(buyer: Buyer) -> tuple[str, Attempt]:
    """A cart of two pieces with an open card session."""
    cart_id = buyer.fill_cart(2)
    return cart_id, buyer.open_session(cart_id)


def complete(cart_id: str) -> str:
    """One caller's answer in a word."""
    try:
        outcome = complete_for_buyer(cart_id)
        return outcome.id if isinstance(outcome, Order) else "no order"
    except IntegrityError:
        return "refused by the database"


def read_outcome() -> tuple[int, int, int, int]:
    """Orders, payments, mails, pieces sold."""
    state = read_state()
    ((sold,),) = read_rows("SELECT coalesce(-sum(delta), 0)::int FROM stock_movement WHERE reason = 'sale'")
    return state["orders"], state["payments"], state["mails"], int(str(sold))


def test_browsers_and_webhooks_at_once_make_one_order(
    buyer: Buyer, fake_stripe: FakeStripe, card_cart: tuple[str, Attempt]
) -> None:
    cart_id, attempt = card_cart
    thing = fake_stripe.pay(attempt.intent_id, deliver=False)

    def act(number: int) -> str:
        if number % 2:
            return str(deliver(buyer, event_about(thing, SUCCEEDED, id=f"evt_{number}")).status_code)
        return str(buyer.complete(cart_id).json()["order"]["id"])

    answers = run_together(PARTIES, act)
    ((order_id,),) = read_rows('SELECT id FROM "order"')
    assert answers == Counter({"200": PARTIES // 2, str(order_id): PARTIES // 2})
    assert read_outcome() == (1, 1, 1, 2)
    assert read_state()["stock"] == 8


def test_one_cart_completed_at_once_is_one_order(manual_cart: str) -> None:
    answers = run_together(PARTIES, lambda _: complete(manual_cart))
    ((order_id,),) = read_rows('SELECT id FROM "order"')
    assert answers == Counter({order_id: PARTIES})
    assert read_outcome() == (1, 1, 1, 2)


def test_control_without_the_lock_the_database_refuses_the_second(manual_cart: str) -> None:
    with without_row_locks(2):
        answers = run_together(2, lambda _: complete(manual_cart))
    assert answers["refused by the database"] == 1
    assert read_outcome() == (1, 1, 1, 2)


def test_control_without_lock_and_limits_one_cart_is_sold_twice(manual_cart: str) -> None:
    with unit_of_work("test") as session:
        for table, names in LIMITS.items():
            for name in names:
                session.connection().exec_driver_sql(f'ALTER TABLE "{table}" DROP CONSTRAINT {name}')
    with without_row_locks(2):
        answers = run_together(2, lambda _: complete(manual_cart))
    assert len(answers) == 2
    assert "refused by the database" not in answers
    assert read_outcome() == (2, 2, 2, 4)
