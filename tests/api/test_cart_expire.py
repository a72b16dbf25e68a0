"""Carts nobody touched for seven days open nothing and are removed; never one that money may still reach."""

from datetime import timedelta

import time_machine

from app.carts.expire_carts import BATCH
from app.carts.jobs import expire
from app.core.clock import utc_now
from app.core.db import unit_of_work
from tests.factories.promotions import make_promotion
from tests.factories.storefront import Storefront
from tests.in_process import RunJobs
from tests.rows import row
from tests.shop_front import Buyer, FakeStripe, read_rows
from tests.statements import counted_statements

LEFT = """SELECT (SELECT count(*) FROM cart), (SELECT count(*) FROM cart_line), (SELECT count(*) FROM cart_address),
(SELECT count(*) FROM cart_shipping_method), (SELECT count(*) FROM cart_promotion),
(SELECT count(*) FROM cart_line_adjustment), (SELECT count(*) FROM payment_collection),
(SELECT count(*) FROM payment_session)"""
SEVEN_DAYS = timedelta(days=7)
MINUTE = timedelta(minutes=1)


def count_left() -> tuple[object, ...]:
    (counted,) = read_rows(LEFT)
    return counted


def let_time_pass() -> None:
    """All carts are over."""
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("UPDATE cart SET expires_at = expires_at - interval '7 days 1 minute'")


@row("S0-017")
def test_a_cart_lives_seven_days_from_its_last_change(storefront: Storefront) -> None:
    cart_id = storefront.cart_id()
    now = utc_now()
    with time_machine.travel(now + SEVEN_DAYS - MINUTE, tick=True):
        assert storefront.get(f"/carts/{cart_id}").status_code == 200
        assert storefront.post(f"/carts/{cart_id}", {"email": "jeanne@example.com"}).status_code == 200
    with time_machine.travel(now + 2 * SEVEN_DAYS - 2 * MINUTE, tick=True):
        assert storefront.get(f"/carts/{cart_id}").status_code == 200  # reading is no change
        expire()
        assert count_left()[0] == 1
    with time_machine.travel(now + 2 * SEVEN_DAYS, tick=True):
        answers = [
            storefront.get(f"/carts/{cart_id}"),
            storefront.post(f"/carts/{cart_id}", {"metadata": {}}),
            storefront.post(f"/carts/{cart_id}/complete"),
            storefront.post("/payment-collections", {"cart_id": cart_id}),
            storefront.get("/shipping-options", cart_id=cart_id),
        ]
        for answer in answers:
            assert (answer.status_code, answer.json()["message"]) == (404, f"Cart with id '{cart_id}' not found")
        expire()
        assert count_left()[0] == 0
        assert storefront.get(f"/carts/{cart_id}").status_code == 404


def test_what_hangs_on_it_goes_too(buyer: Buyer) -> None:
    with unit_of_work("test") as session:
        make_promotion(session)
    for cart_id in (buyer.fill_cart(2), buyer.fill_cart(1)):
        buyer.post(f"/store/carts/{cart_id}", promo_codes=["DIX"], billing_address={"city": "Lyon"})
        buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
    assert count_left() == (2, 2, 4, 2, 2, 2, 2, 2)
    expire()
    assert count_left() == (2, 2, 4, 2, 2, 2, 2, 2)
    let_time_pass()
    expire()
    expire()
    assert count_left() == (0,) * 8


def test_a_bought_cart_stays(buyer: Buyer) -> None:
    cart_id = buyer.fill_cart(1)
    buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
    assert buyer.complete(cart_id).json()["type"] == "order"
    before = count_left()
    let_time_pass()
    expire()
    assert count_left() == before
    assert buyer.http.get(f"/store/carts/{cart_id}").status_code == 200


def test_a_cart_that_may_still_be_paid_stays_until_stripe_says_that_it_cannot(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    cart_id = buyer.fill_cart(1)
    attempt = buyer.open_session(cart_id)
    let_time_pass()
    expire()
    assert count_left()[0] == 1
    assert read_rows("SELECT superseded_at IS NOT NULL FROM payment_session") == [(True,)]
    assert run_jobs() == []
    assert len(fake_stripe.calls("payment_intents.cancel")) == 1
    fake_stripe.wait_until_delivered()
    expire()
    assert (count_left(), attempt.intent_id[:3]) == ((0,) * 8, "pi_")


def test_money_that_comes_for_a_cart_that_is_over_makes_its_order(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    cart_id = buyer.fill_cart(1)
    attempt = buyer.open_session(cart_id)
    let_time_pass()
    expire()
    fake_stripe.pay(attempt.intent_id)
    fake_stripe.wait_until_delivered()
    assert read_rows('SELECT cart_id, total_cents FROM "order"') == [(cart_id, 35_390)]
    expire()
    assert count_left()[0] == 1


def test_many_carts_go_in_batches(storefront: Storefront) -> None:
    region, channel = storefront.shop.region.id, storefront.shop.channel.id
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql(
            "INSERT INTO cart (id, region_id, currency_code, sales_channel_id, expires_at)"
            " SELECT 'cart_' || n, %s, 'eur', %s, now() - interval '1 day' FROM generate_series(1, %s) n",
            (region, channel, BATCH + 5),
        )
    kept = storefront.cart_id()
    with counted_statements() as sent:
        expire()
    assert read_rows("SELECT id FROM cart") == [(kept,)]
    assert len(sent) < 25
