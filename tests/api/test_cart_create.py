"""POST /store/carts."""

from app.core.db import unit_of_work
from app.shop.service import create_region, set_shop
from tests.factories.catalogue import make_product
from tests.factories.storefront import Storefront
from tests.shop_front import ADDRESS, read_rows

LISTS = ("items", "shipping_methods", "promotions", "credit_lines")
NULLS = ("email", "customer_id", "customer", "billing_address", "completed_at", "metadata", "locale")


def test_an_empty_cart_in_the_default_region(storefront: Storefront) -> None:
    answer = storefront.post("/carts", {})
    assert answer.status_code == 200
    cart = answer.json()["cart"]
    assert cart["id"].startswith("cart_")
    assert (cart["region_id"], cart["currency_code"]) == (storefront.shop.region.id, "eur")
    assert cart["sales_channel_id"] == storefront.shop.channel.id
    assert [cart[name] for name in LISTS] == [[], [], [], []]
    assert [cart[name] for name in NULLS] == [None] * len(NULLS)
    assert "payment_collection" not in cart
    assert (cart["total"], cart["item_total"], cart["shipping_total"]) == (0, 0, 0)
    assert cart["region"]["countries"][0]["iso_2"] == "fr"
    assert storefront.post("/carts").status_code == 200


def test_a_region_with_one_country_starts_the_address(storefront: Storefront) -> None:
    cart = storefront.post("/carts", {}).json()["cart"]
    assert cart["shipping_address"]["id"] == cart["shipping_address_id"]
    assert (cart["shipping_address"]["country_code"], cart["shipping_address"]["city"]) == ("fr", None)
    with unit_of_work("test") as session:
        benelux = create_region(session, "Benelux", "eur", ["be", "lu"])
    cart = storefront.post("/carts", {"region_id": benelux.id}).json()["cart"]
    assert (cart["region_id"], cart["shipping_address"]) == (benelux.id, None)


def test_a_cart_with_everything(storefront: Storefront) -> None:
    variant = storefront.product(colours=("Noir", "Vert")).variants[1]
    body = {
        "region_id": storefront.shop.region.id,
        "currency_code": "EUR",
        "sales_channel_id": storefront.shop.channel.id,
        "email": "Jeanne.Dupont@Example.com",
        "items": [{"variant_id": variant.id, "quantity": 2, "metadata": {"gravure": "J. D."}}],
        "shipping_address": {"first_name": "Jeanne", "city": "Lyon", "country_code": "FR", "postal_code": "69001"},
        "billing_address": {"city": "Berlin", "country_code": "de"},
        "promo_codes": [],
        "metadata": {"source": "test"},
        "locale": "fr-FR",
    }
    cart = storefront.post("/carts", body).json()["cart"]
    assert (cart["email"], cart["locale"], cart["metadata"]) == (
        "jeanne.dupont@example.com",
        "fr-FR",
        {"source": "test"},
    )
    assert cart["customer"] == {"id": cart["customer_id"], "email": "jeanne.dupont@example.com", "groups": []}
    assert (cart["shipping_address"]["city"], cart["shipping_address"]["country_code"]) == ("Lyon", "fr")
    assert (cart["billing_address"]["city"], cart["billing_address"]["country_code"]) == ("Berlin", "de")
    assert cart == storefront.get(f"/carts/{cart['id']}").json()["cart"]


def test_a_line_has_its_whole_shape(storefront: Storefront) -> None:
    product = storefront.product(colours=("Noir", "Vert"))
    variant = product.variants[1]
    body = {"items": [{"variant_id": variant.id, "quantity": 2}]}
    line = storefront.post("/carts?fields=*items.product,*items.variant", body).json()["cart"]["items"][0]
    assert (line["title"], line["product_title"], line["subtitle"], line["variant_title"]) == (
        "Aura", "Aura", "Vert", "Vert",
    )  # fmt: skip
    assert (line["product_id"], line["product_handle"], line["variant_sku"]) == (product.id, "aura", "AURA-VERT")
    assert (line["quantity"], line["unit_price"], line["is_tax_inclusive"]) == (2, 349, True)
    assert (line["total"], line["original_total"], line["subtotal"], line["tax_total"]) == (698, 698, 581.67, 116.33)
    assert (line["metadata"], line["adjustments"], line["requires_shipping"]) == ({}, [], True)
    assert line["thumbnail"] == "http://127.0.0.1:9000/static/aura-1.webp"
    assert line["tax_lines"] == [
        {
            "id": line["tax_lines"][0]["id"],
            "description": "TVA 20 %",
            "code": "fr-20",
            "rate": 20,
            "provider_id": "system",
            "total": 116.33,
            "subtotal": 116.33,
        }
    ]
    assert (line["product"]["handle"], line["variant"]["sku"]) == ("aura", "AURA-VERT")
    assert line["variant_option_values"] == {"Couleur": "Vert"}
    assert (line["is_discountable"], line["is_giftcard"], line["is_custom_price"]) == (True, False, False)


def test_the_default_region_is_the_shops(storefront: Storefront) -> None:
    with unit_of_work("test") as session:
        benelux = create_region(session, "Benelux", "eur", ["be", "lu"])
        set_shop(session, name="Boutique", contact_email="b@example.com", default_region_id=benelux.id)
    assert storefront.post("/carts", {}).json()["cart"]["region_id"] == benelux.id


def test_what_cannot_be_is_refused(storefront: Storefront) -> None:
    with unit_of_work("test") as session:
        draft = make_product(session, storefront.shop.channel.id, handle="brouillon", status="draft").variants[0].id
        free = make_product(session, storefront.shop.channel.id, handle="sans-prix", currency_code="chf").variants[0].id
        few = make_product(session, storefront.shop.channel.id, handle="rare", stock=1).variants[0].id
    refusals: list[tuple[dict[str, object], int, str]] = [
        ({"region_id": "reg_x"}, 404, "No regions found"),
        ({"sales_channel_id": "sc_x"}, 400, "Sales channel sc_x is not associated with the publishable key"),
        ({"currency_code": "usd"}, 400, "Currency usd is not the currency of region France"),
        ({"promo_codes": ["NOEL"]}, 400, "The promotion code NOEL is invalid"),
        ({"email": "nope"}, 400, "Invalid request: Invalid email"),
        ({"shipping_address": {"country_code": "us"}}, 400, "Country with code us is not within region France"),
        ({"items": [{"variant_id": "variant_x", "quantity": 1}]}, 400,
         "Variants variant_x do not exist or belong to a product that is not published"),
        ({"items": [{"variant_id": draft, "quantity": 1}]}, 400,
         f"Variants {draft} do not exist or belong to a product that is not published"),
        ({"items": [{"variant_id": free, "quantity": 1}]}, 400, f"Variants with IDs {free} do not have a price"),
        ({"items": [{"variant_id": few, "quantity": 2}]}, 400, "Some variant does not have the required inventory"),
    ]  # fmt: skip
    for body, status, message in refusals:
        answer = storefront.post("/carts", body)
        assert (answer.status_code, answer.json()["message"]) == (status, message)
    with unit_of_work("test") as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM cart").scalar_one() == 0
        assert session.connection().exec_driver_sql("SELECT count(*) FROM customer").scalar_one() == 0


def test_two_carts_of_one_address_share_the_guest(storefront: Storefront) -> None:
    first = storefront.post("/carts", {"email": "jeanne@example.com"}).json()["cart"]
    second = storefront.post("/carts", {"email": "JEANNE@example.com"}).json()["cart"]
    assert first["customer_id"] == second["customer_id"]
    assert first["id"] != second["id"]


def test_no_address_is_left_that_no_cart_has(storefront: Storefront) -> None:
    """A region with one country starts one; the address that comes in the same request is written over it."""
    storefront.post("/carts", {"shipping_address": ADDRESS, "billing_address": ADDRESS})
    with unit_of_work("test") as session:
        swiss = create_region(session, "Suisse", "chf", ["ch"])
    cart_id = storefront.cart_id()
    storefront.post(f"/carts/{cart_id}", {"region_id": swiss.id, "shipping_address": {"city": "Sion"}})
    assert read_rows("SELECT count(*) FROM cart_address") == [(3,)]
