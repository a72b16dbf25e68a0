"""An order is open to whoever knows its id: for 30 days, without telling where somebody lives."""

import pytest

from app.core.db import unit_of_work
from tests.shop_front import Buyer, read_rows


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
        execute = session.connection().exec_driver_sql
        execute("UPDATE product SET title = 'Autre'")
        execute("UPDATE price SET amount_cents = 1")
        execute("UPDATE tax_rate SET rate = 10")
    (line,) = buyer.show_order(order_id).json()["order"]["items"]
    assert (line["title"], line["unit_price"], line["tax_lines"][0]["rate"]) == ("Aura", 349, 20)


def test_after_thirty_days_the_id_opens_nothing(buyer: Buyer, order_id: str) -> None:
    for days, status in ((29, 200), (31, 404)):
        with unit_of_work("test") as session:
            session.connection().exec_driver_sql(
                f"UPDATE \"order\" SET created_at = now() - interval '{days} days'"  # noqa: S608 - our own number
            )
        assert buyer.show_order(order_id).status_code == status


def test_an_unknown_order_is_a_404(buyer: Buyer) -> None:
    answer = buyer.show_order("order_unknown")
    assert (answer.status_code, answer.json()["message"]) == (404, "Order id not found: order_unknown")
