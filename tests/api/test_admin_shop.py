"""/admin/customers, /admin/shipping-options, and where the shop sells."""

import json

import httpx2
from sqlalchemy import text

from app.core.db import unit_of_work
from tests.command import run_command
from tests.money_back import hire
from tests.rows import row
from tests.shop_front import Buyer, Goods, read_rows
from tests.sold import sell

CUSTOMERS = "SELECT count(*) FROM customer"


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_customers_are_noted_corrected_and_forgotten_unless_they_bought(buyer: Buyer) -> None:
    staff = hire(buyer, "staff")
    made = staff.post("/customers", email="Paul@example.com", first_name="Paul", metadata={"vu": "salon"})
    customer = made.json()["customer"]
    assert (customer["email"], customer["first_name"], customer["has_account"]) == ("paul@example.com", "Paul", False)
    path = f"/customers/{customer['id']}"
    assert refusal(staff.post("/customers", email="paul@example.com")) == (422, "invalid_request_error")
    book = staff.post(f"{path}/addresses", city="Lyon", country_code="FR", is_default_shipping=True).json()["customer"]
    (address,) = book["addresses"]
    assert (address["city"], address["country_code"], address["is_default_shipping"]) == ("Lyon", "fr", True)
    entry = f"{path}/addresses/{address['id']}"
    assert staff.post(entry, city="Lille").json()["customer"]["addresses"][0]["city"] == "Lille"
    assert staff.get(entry).json()["address"]["city"] == "Lille"
    assert staff.get(f"{path}/addresses?q=lil").json()["count"] == 1
    tag = staff.get(path).headers["etag"]
    right = {**staff.headers, "if-match": tag}
    answer = staff.http.post(f"/admin{path}", headers=right, json={"last_name": "Durand"})
    assert answer.json()["customer"]["last_name"] == "Durand"
    late = staff.http.post(f"/admin{path}", headers=right, json={"last_name": "Dupont"})
    assert refusal(late) == (412, "changed_meanwhile")
    sold = sell(buyer, 1, staff=staff)
    bought = sold.read()["customer_id"]
    assert refusal(staff.delete(f"/customers/{bought}")) == (409, "customer_has_orders")
    assert refusal(staff.post(path, email="jeanne@example.com")) == (422, "invalid_request_error")
    found = staff.get("/customers?q=dur&has_account=false").json()
    assert [each["id"] for each in found["customers"]] == [customer["id"]]
    assert staff.get("/customers?email=PAUL@example.com").json()["count"] == 1
    assert staff.delete(entry).json()["parent"]["addresses"] == []
    assert staff.delete(path).json() == {"id": customer["id"], "object": "customer", "deleted": True}
    assert refusal(staff.get(path)) == (404, "customer_not_found")
    assert read_rows(CUSTOMERS) == [(1,)]
    acts = [
        row for (row,) in read_rows("SELECT action FROM audit_log WHERE subject = :id ORDER BY id", id=customer["id"])
    ]
    book = [f"customer.address_{what}" for what in ("add", "update", "remove")]
    assert [act for act in acts if act not in book] == ["customer.create", "customer.update", "customer.delete"]
    assert {act for act in acts if act in book} == set(book)


def relay(goods: Goods) -> dict[str, object]:
    """A way to send at 3,90 €, free from 60 € on, as Medusa's clients describe it."""
    return {
        "name": "Point relais",
        "service_zone_id": f"serzo_{goods.region_id.partition('_')[2]}",
        "shipping_profile_id": "sp_default",
        "provider_id": "manual_manual",
        "price_type": "flat",
        "type": {"label": "Relais", "description": "Sous trois jours", "code": "relais"},
        "prices": [
            {"currency_code": "eur", "amount": 3.9},
            {
                "currency_code": "eur",
                "amount": 0,
                "rules": [{"attribute": "item_total", "operator": "gte", "value": 60}],
            },
        ],
    }


def test_ways_to_send_are_made_as_medusas_clients_describe_them(buyer: Buyer, goods: Goods) -> None:
    staff = hire(buyer)
    given = relay(goods)
    regions = staff.get("/regions").json()["regions"]
    assert [each["id"] for each in regions] == [goods.region_id]
    assert staff.get("/shipping-profiles").json()["shipping_profiles"][0]["id"] == given["shipping_profile_id"]
    for wrong, code in (
        ({"prices": [{"amount": 3.9}, {"amount": 4.9}]}, "shipping_prices_unclear"),
        ({"prices": [{"amount": 3.9, "currency_code": "usd"}]}, "shipping_prices_unclear"),
        ({"prices": [{"amount": 3.999}]}, "invalid_data"),
        ({"prices": [{"amount": -1}]}, "invalid_data"),
        ({"service_zone_id": "serzo_x"}, "shipping_zone_unknown"),
        ({"destinations": [{"country_code": "zz"}]}, "unknown_country"),
    ):
        answer = staff.post("/shipping-options", **{**given, **wrong})
        assert answer.json()["code"] == code, (wrong, answer.text)
    assert read_rows("SELECT count(*) FROM shipping_option") == [(1,)]
    made = staff.post("/shipping-options", **given).json()["shipping_option"]
    assert (made["amount"], made["price_type"], made["is_active"], made["region_id"]) == (
        3.9,
        "flat",
        True,
        goods.region_id,
    )
    assert {"country_code": "fr", "is_served": False, "province": "", "postal_prefix": "20"} in made["destinations"]
    assert refusal(staff.post("/shipping-options", **given)) == (422, "invalid_request_error")


def test_ways_to_send_are_changed_switched_off_and_kept_once_chosen(buyer: Buyer, goods: Goods) -> None:
    staff = hire(buyer)
    made = staff.post("/shipping-options", **relay(goods)).json()["shipping_option"]
    path = f"/shipping-options/{made['id']}"
    cart_id = buyer.fill_cart(1)

    def offered() -> dict[str, float]:
        answer = buyer.http.get("/store/shipping-options", params={"cart_id": cart_id}).json()
        return {each["name"]: each["amount"] for each in answer["shipping_options"]}

    assert offered()["Point relais"] == 0
    changed = staff.post(path, name="Relais Pickup", prices=[{"amount": 4.5}]).json()["shipping_option"]
    assert (changed["amount"], len(changed["prices"]), changed["name"]) == (4.5, 1, "Relais Pickup")
    assert offered()["Relais Pickup"] == 4.5
    off = staff.post(path, rules=[{"attribute": "enabled_in_store", "operator": "eq", "value": "false"}])
    assert off.json()["shipping_option"]["is_active"] is False
    assert "Relais Pickup" not in offered()
    assert staff.post(path, destinations=[{"country_code": "FR"}], is_active=True).status_code == 200
    heavy = staff.post(path, weight_steps=[{"from_weight_grams": 2_000, "amount": 9.9}], max_weight_grams=5_000)
    assert heavy.json()["shipping_option"]["weight_steps"] == [{"from_weight_grams": 2_000, "amount": 9.9}]
    assert refusal(staff.delete(f"/shipping-options/{goods.shipping_option_id}")) == (409, "shipping_option_used")
    assert staff.delete(path).json()["deleted"]
    assert [each["id"] for each in staff.get("/shipping-options").json()["shipping_options"]] == [
        goods.shipping_option_id
    ]
    ((before, after),) = read_rows(
        "SELECT details->'amount_cents'->>'before', details->'amount_cents'->>'after' FROM audit_log"
        " WHERE action = 'shipping_option.update' ORDER BY id LIMIT 1"
    )
    assert (before, after) == ("390", "450")


@row("S0-003")
def test_where_the_shop_sells_is_read(buyer: Buyer, goods: Goods) -> None:
    """Each module of the shop answers below /store and below /admin."""
    staff = hire(buyer, "readonly")
    (store,) = staff.get("/stores").json()["stores"]
    assert (store["default_region_id"], store["supported_currencies"][0]["currency_code"]) == (goods.region_id, "eur")
    (channel,) = staff.get("/sales-channels").json()["sales_channels"]
    assert store["default_sales_channel_id"] == channel["id"]
    for path in (f"/stores/{store['id']}", f"/sales-channels/{channel['id']}", f"/regions/{goods.region_id}"):
        answer = staff.get(path)
        assert (answer.status_code, bool(answer.headers["etag"])) == (200, True)
    assert staff.get("/currencies").json()["currencies"][0]["code"] == "eur"
    assert staff.get("/currencies/EUR").json()["currency"]["decimal_digits"] == 2
    rates = staff.get("/tax-rates?country_code=fr").json()["tax_rates"]
    assert [each["rate"] for each in rates if each["is_default"]] == [20]
    assert staff.get("/tax-regions").json()["tax_regions"][0]["tax_rates"]
    for path in ("/stores/store_2", "/sales-channels/sc_x", "/regions/reg_x", "/currencies/usd"):
        assert staff.get(path).status_code == 404, path
    for module in ("products", "orders", "customers", "shipping-options"):
        assert staff.get(f"/{module}").status_code == 200, module
    assert buyer.http.get("/store/products").status_code == 200
    assert buyer.http.get("/store/regions").status_code == 200
    assert buyer.http.get("/store/customers/me").status_code == 401
    cart_id = buyer.fill_cart(1)
    assert buyer.http.get("/store/shipping-options", params={"cart_id": cart_id}).status_code == 200


def test_orders_by_command(buyer: Buyer) -> None:
    sold = sell(buyer, 2)
    number = str(sold.read()["display_id"])
    listed = json.loads(run_command("orders", "list", number, "--json").out)
    assert [each["id"] for each in listed["orders"]] == [sold.order_id]
    assert run_command("orders", "ship", number, "--url", "http://x", "--tracking", "6A").code == 2
    sent = json.loads(
        run_command("orders", "ship", number, "--tracking", "6A", "--url", "https://suivi.example/6A", "--json").out
    )
    (parcel,) = sold.read()["fulfillments"]
    assert (parcel["id"], parcel["labels"][0]["tracking_number"]) == (sent["fulfillment_id"], "6A")
    assert run_command("orders", "ship", number).code == 1, "all of it has left"
    assert run_command("orders", "cancel", number, "--reason", "erreur", "--yes").code == 1
    delivered = json.loads(run_command("orders", "deliver", number, "--json").out)
    assert delivered["fulfillment_ids"] == [parcel["id"]]
    assert run_command("orders", "complete", number).code == 0
    assert (sold.read()["status"], sold.read()["fulfillment_status"]) == ("completed", "delivered")
    other = sell(buyer, 1, staff=sold.staff)
    order = str(other.read()["display_id"])
    gone = json.loads(run_command("orders", "cancel", order, "--reason", "client parti", "--yes", "--json").out)
    assert read_rows("SELECT id, status FROM refund") == [(gone["refund_ids"][0], "awaiting_approval")]
    assert [each["note"] for each in other.read()["notes"]] == ["client parti"]
    ((actor,),) = read_rows("SELECT DISTINCT actor FROM audit_log WHERE action IN ('order.cancel', 'fulfilment.ship')")
    assert str(actor).startswith("cli:")


def test_an_order_that_waits_for_a_look_is_accepted_by_command(buyer: Buyer) -> None:
    sold = sell(buyer, 1)
    with unit_of_work("test") as session:
        session.execute(text("UPDATE \"order\" SET review_reason = 'details_missing', status = 'requires_action'"))
    number = str(sold.read()["display_id"])
    refused = run_command("orders", "ship", number)
    assert (refused.code, "comptoir orders accept" in refused.err) == (1, True)
    assert run_command("orders", "accept", number).code == 2, "with its reason"
    assert run_command("orders", "accept", number, "--reason", "adresse lue au téléphone").code == 0
    order = sold.read()
    assert (order["status"], [each["note"] for each in order["notes"]]) == ("pending", ["adresse lue au téléphone"])
    assert run_command("orders", "ship", number).code == 0
