"""An order made of a cart before anybody paid: the same checks, the same prices, pieces promised and not sold."""

from collections.abc import Callable

from sqlalchemy import text

from app.checkout.jobs import cancel_unpaid
from app.core.db import unit_of_work
from tests.concurrency.buyers import ROW_LOCK
from tests.factories.promotions import make_promotion
from tests.in_process import RunJobs
from tests.order_link import ask_for_order, ask_for_page, open_page, place, read_reserved, show, turn
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, read_rows, read_state
from tests.statements import counted_statements


def test_an_order_stands_before_its_payment_and_sells_nothing(buyer: Buyer, fake_brevo: FakeBrevo) -> None:
    cart_id = buyer.fill_cart(2)
    answer = ask_for_order(buyer, cart_id)
    assert answer.status_code == 200, answer.text
    order = answer.json()["order"]
    assert order["number"] == 1
    assert (order["payment_status"], order["paid_at"], order["canceled_at"]) == ("pending", None, None)
    assert (order["total_cents"], order["goods_cents"], order["shipping_cents"]) == (70290, 69800, 490)
    assert (order["email"], order["shipping_address"]["name"], order["shipping_address"]["address_1"]) == (
        "j***@example.com", "J*** M***", "1***"
    )  # fmt: skip
    assert [(line["quantity"], line["total_cents"]) for line in order["lines"]] == [(2, 69800)]
    state = read_state()
    assert (state["orders"], state["payments"], state["stock"], state["mails"]) == (1, 0, 10, 0)
    assert read_reserved() == 2
    assert ask_for_order(buyer, cart_id).json()["order"] == order
    assert show(buyer, order["id"]) == order
    assert read_state() == state


def test_the_cart_of_an_order_can_only_be_read(buyer: Buyer) -> None:
    cart_id = buyer.fill_cart()
    order_id = ask_for_order(buyer, cart_id).json()["order"]["id"]
    assert buyer.post(f"/store/carts/{cart_id}", email="other@example.com").json()["code"] == "cart_completed"
    assert buyer.complete(cart_id).json()["order"]["id"] == order_id
    on_the_wire = buyer.show_order(order_id).json()["order"]
    assert (on_the_wire["status"], on_the_wire["payment_status"]) == ("pending", "not_paid")


def _empty(buyer: Buyer) -> str:
    return str(buyer.post("/store/carts", region_id=buyer.goods.region_id).json()["cart"]["id"])


def _without_email(buyer: Buyer) -> str:
    cart_id = buyer.fill_cart()
    with unit_of_work("test") as session:
        session.execute(text("UPDATE cart SET email = NULL"))
    return cart_id


def _without_shipping(buyer: Buyer) -> str:
    cart_id = buyer.fill_cart()
    with unit_of_work("test") as session:
        session.execute(text("DELETE FROM cart_shipping_method"))
    return cart_id


def _withdrawn(buyer: Buyer) -> str:
    cart_id = buyer.fill_cart()
    with unit_of_work("test") as session:
        session.execute(text("UPDATE product SET status = 'draft'"))
    return cart_id


def _too_dear(buyer: Buyer) -> str:
    cart_id = buyer.fill_cart()
    with unit_of_work("test") as session:
        session.execute(text("UPDATE price SET amount_cents = amount_cents + 100"))
    return cart_id


def _gone(buyer: Buyer) -> str:
    cart_id = buyer.fill_cart(6)
    place(buyer, 6)
    return cart_id


REFUSED: tuple[tuple[Callable[[Buyer], str], int, str], ...] = (
    (lambda _: "cart_of_nobody", 404, "cart_not_found"),
    (_empty, 422, "cart_empty"),
    (_without_email, 422, "details_missing"),
    (_without_shipping, 422, "shipping_method_missing"),
    (_gone, 409, "insufficient_inventory"),
    (_too_dear, 409, "total_risen"),
    (_withdrawn, 409, "variant_not_for_sale"),
)


def test_what_cannot_be_bought_becomes_no_order(buyer: Buyer) -> None:
    for prepare, status, code in REFUSED:
        cart_id = prepare(buyer)
        before, reserved = read_state(), read_reserved()
        answer = ask_for_order(buyer, cart_id)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert " / " in answer.json()["message"]
        assert (read_state(), read_reserved()) == (before, reserved)


def test_who_saw_another_price_is_shown_it_once(buyer: Buyer) -> None:
    cart_id = _too_dear(buyer)
    assert ask_for_order(buyer, cart_id).status_code == 409
    assert ask_for_order(buyer, cart_id).json()["order"]["total_cents"] == 34900 + 100 + 490


def test_the_storefront_s_key_makes_orders_and_the_link_alone_shows_and_pays_them(buyer: Buyer) -> None:
    key = buyer.http.headers.pop("x-publishable-api-key")
    assert ask_for_order(buyer, "cart_x").json()["code"] == "publishable_key_missing"
    buyer.http.headers["x-publishable-api-key"] = key
    order_id = place(buyer)
    del buyer.http.headers["x-publishable-api-key"]
    assert show(buyer, order_id)["id"] == order_id
    assert ask_for_page(buyer, order_id).status_code == 200
    with unit_of_work("test") as session:
        session.execute(text("UPDATE \"order\" SET created_at = now() - interval '31 days'"))
    for answer in (
        buyer.http.get(f"/v1/orders/{order_id}"),
        ask_for_page(buyer, order_id),
        buyer.http.post(f"/v1/orders/{order_id}/refresh"),
        buyer.http.get("/v1/orders/order_of_nobody"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")
        assert " / " in answer.json()["message"]


def test_an_order_that_nobody_pays_in_seven_days_gives_back_what_it_kept(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    with unit_of_work("test") as session:
        make_promotion(session, "BIENVENUE", usage_limit=1)
    cart_id = buyer.fill_cart()
    assert buyer.post(f"/store/carts/{cart_id}/promotions", promo_codes=["BIENVENUE"]).status_code == 200
    order_id = ask_for_order(buyer, cart_id).json()["order"]["id"]
    assert read_rows("SELECT used_count FROM promotion") == [(1,)]
    opened = open_page(buyer, order_id)
    cancel_unpaid()
    assert show(buyer, order_id)["payment_status"] == "pending"
    with unit_of_work("test") as session:
        session.execute(text("UPDATE \"order\" SET created_at = created_at - interval '7 days 1 hour'"))
    cancel_unpaid()
    assert show(buyer, order_id)["payment_status"] == "canceled"
    assert buyer.show_order(order_id).json()["order"]["status"] == "canceled"
    assert read_rows("SELECT used_count FROM promotion") == [(0,)]
    assert (read_reserved(), read_state()["stock"]) == (0, 10)
    assert turn_status(fake_stripe, opened.page_id) == 400
    refused = ask_for_page(buyer, order_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "order_canceled")
    before = read_state()
    cancel_unpaid()
    assert run_jobs() == []
    assert read_state() | {"jobs": 0, "events": 0} == before | {"jobs": 0, "events": 0}


def test_what_owes_nothing_is_bought_at_once_and_locked_in_the_one_order(buyer: Buyer) -> None:
    """A card payment was being opened when promotions took everything off; levels come last (app/core/locks.py)."""
    cart_id = buyer.fill_cart()
    buyer.open_session(cart_id)
    with unit_of_work("test") as session:
        make_promotion(session, "TOUT", percentage="100", is_automatic=True)
        make_promotion(session, "PORT", percentage="100", is_automatic=True, target_type="shipping_methods")
    with counted_statements() as sent:
        order = ask_for_order(buyer, cart_id).json()["order"]
    assert (order["total_cents"], order["payment_status"]) == (0, "paid")
    assert (read_state()["stock"], read_reserved(), read_state()["payments"]) == (9, 0, 1)
    locked = [each.split("FROM")[1].split()[0] for each in sent if ROW_LOCK.search(each)]
    assert list(dict.fromkeys(locked)) == ["cart", "payment_collection", "promotion", "stock_level"]


def turn_status(stripe: FakeStripe, page_id: str) -> int:
    """Whether the page can still be paid, by the status of trying to."""
    try:
        turn(stripe, page_id, "pay", deliver=False)
    except AssertionError:
        return 400
    return 200


def test_a_customer_who_pays_while_the_order_is_being_canceled_has_bought_it(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    """The expire call is refused: the page is read instead, and nothing is released."""
    opened = open_page(buyer)
    turn(fake_stripe, opened.page_id, "pay", deliver=False)
    with unit_of_work("test") as session:
        session.execute(text("UPDATE \"order\" SET created_at = created_at - interval '7 days 1 hour'"))
    cancel_unpaid()
    assert run_jobs() == []
    shown = show(buyer, opened.order_id)
    assert (shown["payment_status"], shown["is_paid_late"]) == ("paid", False)
    assert (read_state()["stock"], read_reserved(), read_state()["mails"]) == (9, 0, 1)
