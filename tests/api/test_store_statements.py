"""Statements per call of the Store API: constant, whatever the cart or the page holds."""

from app.catalogue.service import create_category
from app.core.db import unit_of_work
from tests.factories.catalogue import make_product
from tests.factories.storefront import Storefront
from tests.statements import counted_statements


def count(storefront: Storefront, path: str, **params: str | int | list[str]) -> int:
    with counted_statements() as sent:
        assert storefront.get(path, **params).status_code == 200
    return len(sent)


def test_reading_a_cart(storefront: Storefront) -> None:
    empty = storefront.cart_id()
    product = storefront.product(colours=tuple(f"Teinte {number}" for number in range(8)))
    option = storefront.shipping_option()
    full = storefront.cart_id(*((variant.id, 2) for variant in product.variants))
    storefront.post(f"/carts/{full}", {"email": "jeanne@example.com", "billing_address": {"city": "Lyon"}})
    storefront.post(f"/carts/{full}/shipping-methods", {"option_id": option.id})
    assert count(storefront, f"/carts/{empty}") == count(storefront, f"/carts/{full}") == 6
    storefront.post("/payment-collections", {"cart_id": full})
    assert count(storefront, f"/carts/{full}") == 9
    assert count(storefront, "/shipping-options", cart_id=full) == 7


def test_listing_products(storefront: Storefront) -> None:
    storefront.product(handle="seul")
    one = count(storefront, "/products", region_id=storefront.shop.region.id, country_code="fr")
    with unit_of_work("test") as session:
        shelf = create_category(session, "Lunettes", "lunettes")
        for number in range(12):
            make_product(
                session,
                storefront.shop.channel.id,
                handle=f"p-{number}",
                colours=("Noir", "Vert", "Rose"),
                category_ids=(shelf.id,),
            )
    many = count(storefront, "/products", region_id=storefront.shop.region.id, country_code="fr")
    assert (one, many) == (9, 9)
    assert count(storefront, "/regions") == 5
    assert count(storefront, "/product-categories") == 4


def test_changing_a_cart(storefront: Storefront) -> None:
    variant = storefront.product().variants[0].id
    cart_id = storefront.cart_id((variant, 1))
    with counted_statements() as sent:
        assert (
            storefront.post(f"/carts/{cart_id}/line-items", {"variant_id": variant, "quantity": 1}).status_code == 200
        )
    assert len(sent) <= 15
