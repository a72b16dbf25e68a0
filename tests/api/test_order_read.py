"""An order is open to whoever knows its id: for 30 days, without telling where somebody lives."""

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core.db import unit_of_work
from tests.factories.promotions import make_promotion
from tests.rows import row
from tests.shop_front import Buyer, read_rows, read_state
from tests.statements import counted_statements

STARTER = "*payment_collections.payments,*items,*items.metadata,*items.variant,*items.product"


@pytest.fixture
def order_id(buyer: Buyer) -> str:
    """A manual order of two pieces."""
    cart_id = buyer.fill_cart(2)
    buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
    return str(buyer.complete(cart_id).json()["order"]["id"])


def test_a_guest_sees_what_was_bought(buyer: Buyer, order_id: str) -> None:
    order = buyer.show_order(order_id).json()["order"]
    assert (order["total"], order["subtotal"], order["tax_total"]) == (702.9, 585.75, 117.15)
    assert (order["item_total"], order["shipping_total"]) == (698, 4.9)
    (line,) = order["items"]
    assert (line["title"], line["variant_title"], line["quantity"], line["unit_price"], line["total"]) == (
        "Aura", "Noir", 2, 349, 698
    )  # fmt: skip
    assert [(tax["code"], tax["rate"], tax["total"]) for tax in line["tax_lines"]] == [("fr-20", 20, 116.33)]
    assert line["variant"]["product"]["handle"] == "aura"
    assert line["detail"]["quantity"] == 2
    (method,) = order["shipping_methods"]
    assert (method["name"], method["amount"], method["total"]) == ("Livraison standard", 4.9, 4.9)
    (collection,) = order["payment_collections"]
    (payment,) = collection["payments"]
    assert (payment["provider_id"], payment["amount"], payment["captured_at"]) == ("pp_system_default", 702.9, None)
    assert collection["payment_sessions"] == []


def test_where_somebody_lives_is_masked_and_the_country_stays(buyer: Buyer, order_id: str) -> None:
    order = buyer.show_order(order_id).json()["order"]
    shown = {name: value for name, value in order["shipping_address"].items() if name != "id"}
    assert shown == {
        "first_name": "J***", "last_name": "M***", "phone": "+***", "company": None, "address_1": "1***",
        "address_2": "", "city": "P***", "country_code": "fr", "province": None, "postal_code": "7***",
        "metadata": None,
    }  # fmt: skip
    assert order["email"] == "j***@example.com"
    assert read_rows("SELECT first_name, city FROM order_address") == [("Jeanne", "Paris")]


def test_the_order_keeps_what_was_sold_when_the_product_changes(buyer: Buyer, order_id: str) -> None:
    with unit_of_work("test") as session:
        session.execute(text("UPDATE product SET title = 'Autre'"))
        session.execute(text("UPDATE price SET amount_cents = 1"))
        session.execute(text("UPDATE tax_rate SET rate = 10"))
    (line,) = buyer.show_order(order_id).json()["order"]["items"]
    assert (line["title"], line["unit_price"], line["tax_lines"][0]["rate"]) == ("Aura", 349, 20)


def test_after_thirty_days_the_id_opens_nothing(buyer: Buyer, order_id: str) -> None:
    for days, status in ((29, 200), (31, 404)):
        with unit_of_work("test") as session:
            change = 'UPDATE "order" SET created_at = now() - make_interval(days => :days)'
            session.execute(text(change), {"days": days})
        assert buyer.show_order(order_id).status_code == status


def test_an_unknown_order_is_a_404(buyer: Buyer) -> None:
    answer = buyer.show_order("order_unknown")
    assert (answer.status_code, answer.json()["message"]) == (404, "Order id not found: order_unknown")


def test_only_the_fields_that_are_asked_for(buyer: Buyer, order_id: str) -> None:
    def read(fields: str) -> httpx2.Response:
        answer = buyer.http.get(f"/store/orders/{order_id}", params={"fields": fields})
        assert answer.status_code == 200, answer.text
        return answer

    assert read("total,nothing,*unknown").json()["order"] == {"id": order_id, "total": 702.9}
    assert read("id,items.title").json()["order"] == {
        "id": order_id,
        "items": [{"id": read("*items").json()["order"]["items"][0]["id"], "title": "Aura"}],
    }
    whole = read(STARTER).json()["order"]
    (line,) = whole["items"]
    assert (line["product"]["handle"], line["variant"]["product"]["handle"]) == ("aura", "aura")
    (collection,) = whole["payment_collections"]
    assert [payment["amount"] for payment in collection["payments"]] == [702.9]
    assert "product" not in read("*items").json()["order"]["items"][0]
    without = read("-items").json()["order"]
    assert "items" not in without
    assert without["total"] == 702.9


def test_completing_answers_with_the_fields_of_an_order(buyer: Buyer, order_id: str) -> None:
    ((cart_id,),) = read_rows('SELECT cart_id FROM "order"')
    answer = buyer.http.post(
        f"/store/carts/{cart_id}/complete", params={"fields": "display_id,shipping_address.country_code"}
    )
    assert answer.json()["type"] == "order"
    shown = answer.json()["order"]
    assert (shown.keys(), shown["display_id"]) == ({"id", "display_id", "shipping_address"}, 1)
    assert shown["shipping_address"]["country_code"] == "fr"


def test_reading_an_order_takes_the_same_statements_whatever_it_holds(buyer: Buyer, order_id: str) -> None:
    """What nobody asked for is not read: without the products of its lines it is one statement less."""

    def count(fields: str | None = None) -> int:
        params = {"fields": fields} if fields else {}
        with counted_statements() as sent:
            assert buyer.http.get(f"/store/orders/{order_id}", params=params).status_code == 200
        return len(sent)

    count()  # the key is known from here on
    whole, bare = count(), count("total")
    assert whole == count(STARTER) == bare + 1
    with unit_of_work("test") as session:
        session.execute(
            text(
                "INSERT INTO order_line (id, order_id, position, product_id, variant_id, quantity, unit_price_cents,"
                " product_title, product_handle, variant_title, requires_shipping) SELECT 'ordli_' || n, order_id, n,"
                " product_id, variant_id, 1, 100, product_title, product_handle, variant_title, true"
                " FROM order_line, generate_series(1, 20) AS n WHERE position = 0"
            )
        )
    assert (count(), count("total")) == (whole, bare)
    assert whole <= 9


@row("S0-016")
def test_a_number_without_gap_and_a_state_of_the_list(buyer: Buyer, order_id: str) -> None:
    """The number is given with the order or not at all; the database knows no other state."""
    with pytest.raises(IntegrityError, match="ck_order_status"), unit_of_work("test") as session:
        session.execute(text("UPDATE \"order\" SET status = 'lost'"))
    refused = buyer.fill_cart(8)
    buyer.ask_for_session(buyer.open_collection(refused), "pp_system_default")
    with unit_of_work("test") as session:
        session.execute(text("UPDATE stock_level SET stocked_quantity = 1"))
    assert buyer.complete(refused).status_code == 400
    bought = buyer.fill_cart(1)
    buyer.ask_for_session(buyer.open_collection(bought), "pp_system_default")
    assert buyer.complete(bought).json()["order"]["display_id"] == 2
    assert read_rows("SELECT last_number FROM order_number") == [(2,)]
    assert read_state()["orders"] == 2


def test_pieces_leave_in_order_and_come_back_once(buyer: Buyer, order_id: str) -> None:
    """The database knows: nothing is shipped that was not fulfilled, nothing comes back that was not sent."""
    for change, refusal in (
        ("UPDATE order_line SET shipped_quantity = 1", "ck_order_line_pieces_leave_in_order"),
        ("UPDATE order_line SET fulfilled_quantity = 3", "ck_order_line_pieces_leave_in_order"),
        ("UPDATE order_line SET return_requested_quantity = 1", "ck_order_line_pieces_come_back_once"),
    ):
        with pytest.raises(IntegrityError, match=refusal), unit_of_work("test") as session:
            session.execute(text(change))
    with unit_of_work("test") as session:
        session.execute(text("UPDATE order_line SET fulfilled_quantity = 2, shipped_quantity = 1"))
    (line,) = buyer.show_order(order_id).json()["order"]["items"]
    assert (line["unit_price"], line["detail"]["shipped_quantity"], line["shipped_total"]) == (349, 1, 349)


def test_what_a_promotion_took_off_stays_with_the_order(buyer: Buyer) -> None:
    with unit_of_work("test") as session:
        promotion_id = make_promotion(session, "DIX", percentage="10").id
    cart_id = buyer.fill_cart(2)
    assert buyer.post(f"/store/carts/{cart_id}", promo_codes=["DIX"]).status_code == 200
    buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
    order = buyer.complete(cart_id).json()["order"]
    (line,) = order["items"]
    (taken,) = line["adjustments"]
    assert (taken["code"], taken["promotion_id"], taken["amount"]) == ("DIX", promotion_id, 69.8)
    assert (line["total"], line["original_total"], line["discount_total"]) == (628.2, 698, 69.8)
    assert (line["refundable_total"], line["refundable_total_per_unit"]) == (628.2, 314.1)
    assert [each["code"] for each in order["promotions"]] == ["DIX"]
    assert (order["total"], order["item_total"], order["shipping_total"], order["discount_total"]) == (
        633.1, 628.2, 4.9, 69.8
    )  # fmt: skip
    cents = {name: round(order[name] * 100) for name in ("total", "subtotal", "tax_total", "discount_subtotal")}
    assert cents["total"] == cents["subtotal"] + cents["tax_total"] - cents["discount_subtotal"]
