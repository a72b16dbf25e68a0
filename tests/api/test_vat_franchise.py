"""A seller in the franchise: nought everywhere, with the mention of the law, from a day on (french-rules §2.2)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from app.catalogue.models import Product
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.shop.queries import list_tax_rates
from app.shop.rules import compute_business_day
from app.shop.service import set_vat_regime
from tests.factories.catalogue import make_product
from tests.factories.storefront import Storefront
from tests.shop_front import ADDRESS, Json

MENTION = "TVA non applicable, art. 293 B du CGI"


@pytest.fixture
def book(storefront: Storefront) -> Product:
    """Something that bears another rate than the standard one."""
    with unit_of_work("test") as session:
        return make_product(session, storefront.shop.channel.id, handle="livre", tax_category="book", price_cents=1055)


def declare(kind: str, on: date) -> None:
    """The seller's regime from a day on."""
    with unit_of_work("owner") as session:
        set_vat_regime(session, "franchise" if kind == "franchise" else "liable", on)


def today() -> date:
    return compute_business_day(utc_now())


def price_shown(storefront: Storefront, product: Product) -> tuple[object, object]:
    """A price with and without VAT."""
    answer = storefront.get(
        f"/products/{product.id}",
        region_id=storefront.shop.region.id,
        country_code="fr",
        fields="id,*variants.calculated_price",
    )
    price = answer.json()["product"]["variants"][0]["calculated_price"]
    return price["calculated_amount_with_tax"], price["calculated_amount_without_tax"]


def fill(storefront: Storefront, product: Product) -> Json:
    """A cart with two pieces, an address and a way to send."""
    option = storefront.shipping_option()
    cart_id = storefront.cart_id((product.variants[0].id, 2))
    storefront.post(f"/carts/{cart_id}", {"email": "jeanne@example.com", "shipping_address": ADDRESS})
    cart: Json = storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id}).json()["cart"]
    return cart


def test_a_seller_who_declared_nothing_bears_vat(storefront: Storefront, book: Product) -> None:
    assert price_shown(storefront, book) == (10.55, 10)
    cart = fill(storefront, book)
    assert (cart["tax_total"], cart["total"]) == (1.92, 26)


def test_nothing_bears_vat_and_everything_says_why(storefront: Storefront, book: Product) -> None:
    declare("franchise", today())
    assert price_shown(storefront, book) == (10.55, 10.55)
    cart = fill(storefront, book)
    items = cart["items"]
    methods = cart["shipping_methods"]
    assert isinstance(items, list)
    assert isinstance(methods, list)
    for line in (items[0], methods[0]):
        ((tax),) = line["tax_lines"]
        assert (tax["rate"], tax["code"], tax["description"]) == (0, "293B", MENTION)
    assert (cart["tax_total"], cart["subtotal"], cart["total"]) == (0, 26, 26)


def test_an_order_keeps_the_regime_it_was_placed_under(storefront: Storefront, book: Product) -> None:
    declare("franchise", today())
    cart_id = str(fill(storefront, book)["id"])
    collection = storefront.post("/payment-collections", {"cart_id": cart_id}).json()["payment_collection"]
    provider = {"provider_id": "pp_system_default"}
    storefront.post(f"/payment-collections/{collection['id']}/payment-sessions", provider)
    order_id = storefront.post(f"/carts/{cart_id}/complete").json()["order"]["id"]
    declare("liable", today())
    order = storefront.get(f"/orders/{order_id}").json()["order"]
    assert (order["tax_total"], order["total"]) == (0, 26)
    assert order["items"][0]["tax_lines"][0]["description"] == MENTION
    with unit_of_work("test") as session:
        copies = session.execute(text("SELECT tax_name, tax_rate FROM order_line")).all()
    assert [(name, float(rate)) for name, rate in copies] == [(MENTION, 0)]


def test_a_regime_holds_from_its_day_to_the_next(storefront: Storefront, book: Product) -> None:
    """Above the raised threshold the franchise is lost from the day it is crossed (french-rules §1.7)."""
    declare("franchise", date(2026, 1, 1))
    declare("liable", date(2026, 7, 14))
    declare("franchise", today() + timedelta(days=1))
    with unit_of_work("test") as session:
        rates = {
            day: list_tax_rates(session, "fr", day)["standard"].rate
            for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 7, 13), date(2026, 7, 14), today())
        }
        abroad = list_tax_rates(session, "be", date(2026, 1, 1))
    assert [float(rate) for rate in rates.values()] == [20, 0, 0, 20, 20]
    assert [(rate.category, float(rate.rate), rate.name) for rate in abroad.values()] == [("standard", 0, MENTION)]
    assert price_shown(storefront, book) == (10.55, 10)
    declare("franchise", date(2026, 7, 14))  # the day was wrong: corrected
    assert price_shown(storefront, book) == (10.55, 10.55)
