"""Statements per call of the Store API: constant, whatever the cart or the page holds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.catalogue.service import create_category, create_collection, create_tag
from app.core.db import unit_of_work
from app.core.tagged_cache import get_tagged_cache
from tests.factories.catalogue import make_product
from tests.factories.storefront import Storefront
from tests.statements import counted_statements


def count(storefront: Storefront, path: str, **params: str | int | list[str]) -> int:
    with counted_statements() as sent:
        assert storefront.get(path, **params).status_code == 200
    return len(sent)


@contextmanager
def hearing_changes() -> Iterator[None]:
    """As in a web process that hears of every change: what the shop is made of is known to it."""
    cache = get_tagged_cache()
    cache.trust(until=time.monotonic() + 300, since=time.time())
    try:
        yield
    finally:
        cache.distrust()


def test_reading_a_cart(storefront: Storefront) -> None:
    empty = storefront.cart_id()
    product = storefront.product(colours=tuple(f"Teinte {number}" for number in range(8)))
    option = storefront.shipping_option()
    full = storefront.cart_id(*((variant.id, 2) for variant in product.variants))
    storefront.post(f"/carts/{full}", {"email": "jeanne@example.com", "billing_address": {"city": "Lyon"}})
    storefront.post(f"/carts/{full}/shipping-methods", {"option_id": option.id})
    assert count(storefront, f"/carts/{empty}") == count(storefront, f"/carts/{full}") <= 7
    with hearing_changes():
        count(storefront, f"/carts/{full}")
        assert count(storefront, f"/carts/{empty}") == count(storefront, f"/carts/{full}") == 2
        assert count(storefront, f"/carts/{full}", fields="id,region_id") == 2
        storefront.post("/payment-collections", {"cart_id": full})
        assert count(storefront, f"/carts/{full}") == 4
        assert count(storefront, "/shipping-options", cart_id=full) <= 3


# What the starter asks for; a country on top, so that VAT is looked up too.
STARTER = "*variants.calculated_price,+variants.inventory_quantity,*variants.images,+metadata,+tags,"


def count_catalogue(storefront: Storefront) -> dict[str, int]:
    """Statements of each reading of the catalogue, with everything that a storefront asks for."""
    shown = {"region_id": storefront.shop.region.id, "country_code": "fr", "fields": STARTER}
    return {
        "list": count(storefront, "/products", **shown),
        "handle": count(storefront, "/products", handle="seul", **shown),
        "search": count(storefront, "/products", q="seul", **shown),
        "categories": count(storefront, "/product-categories", fields="*category_children,*products"),
        "collections": count(storefront, "/collections", fields="*products"),
        "tags": count(storefront, "/product-tags", fields="*products"),
        "variants": count(storefront, "/product-variants", region_id=storefront.shop.region.id),
    }


def test_the_catalogue_costs_the_same_whatever_it_holds(storefront: Storefront) -> None:
    def make(number: int) -> None:
        make_product(
            session,
            storefront.shop.channel.id,
            handle=f"p-{number}" if number else "seul",
            colours=("Noir", "Vert", "Rose"),
            category_ids=(shelf.id,),
            collection_id=collection.id,
            tag_ids=(tag.id,),
        )

    with unit_of_work("test") as session:
        shelf, tag = create_category(session, "Lunettes", "lunettes"), create_tag(session, "nouveau")
        collection = create_collection(session, "Hiver", "hiver")
        make(0)
    one = count_catalogue(storefront)
    with unit_of_work("test") as session:
        for number in range(1, 13):
            make(number)
    assert count_catalogue(storefront) == one
    # One of each is the key, which a web process remembers, as it does when the next price list begins.
    assert one == {
        "list": 9,
        "handle": 9,
        "search": 10,
        "categories": 6,
        "collections": 5,
        "tags": 5,
        "variants": 7,
    }
    assert count(storefront, "/regions") == 4


def test_a_list_counts_once_for_all_its_pages_until_something_changes(storefront: Storefront) -> None:
    def read(path: str, offset: int) -> tuple[int, bool]:
        """How many there are, and whether they were counted for it."""
        with counted_statements() as sent:
            page = storefront.get(path, limit=1, offset=offset).json()
        return page["count"], any("count(*)" in statement for statement in sent)

    for handle in ("un", "deux", "trois"):
        storefront.product(handle=handle, colours=("Noir", "Vert"))
    for path, listed in (("/products", 3), ("/product-variants", 6)):
        with hearing_changes():
            assert read(path, 0) == (listed, True)
            assert [read(path, offset) for offset in range(3)] == [(listed, False)] * 3
            get_tagged_cache().forget("product:prod_sold")  # a sale
            assert read(path, 3) == (listed, False)
            for told in ("product:prod_new", "products"):
                get_tagged_cache().forget(told)
            assert read(path, 3) == (listed, True)


def test_changing_a_cart(storefront: Storefront) -> None:
    variant = storefront.product().variants[0].id
    cart_id = storefront.cart_id((variant, 1))
    with hearing_changes():
        storefront.get(f"/carts/{cart_id}")
        with counted_statements() as sent:
            added = storefront.post(f"/carts/{cart_id}/line-items", {"variant_id": variant, "quantity": 1})
    assert added.status_code == 200
    assert len(sent) == 10, sent


ADDRESS = {"first_name": "Jeanne", "address_1": "12 rue de la Paix", "city": "Paris", "postal_code": "75002"}


def test_a_whole_purchase(storefront: Storefront) -> None:
    """Request by request, in a web process that hears of changes; the first purchase fills what is kept."""
    variants = [variant.id for variant in storefront.product(colours=("Noir", "Vert")).variants]
    option_id = storefront.shipping_option().id

    def buy() -> list[int]:
        counts = []

        def call(made: str, path: str, body: object = None) -> str:
            with counted_statements() as sent:
                answer = storefront.post(path, body)
            assert answer.status_code == 200, answer.text
            counts.append(len(sent))
            return str(answer.json()[made]["id"])

        cart_id = call("cart", "/carts", {"region_id": storefront.shop.region.id})
        cart = f"/carts/{cart_id}"
        for variant_id in variants:
            call("cart", f"{cart}/line-items", {"variant_id": variant_id, "quantity": 1})
        addresses = {"shipping_address": ADDRESS, "billing_address": ADDRESS}
        call("cart", cart, {"email": "jeanne@example.com", **addresses})
        counts.append(count(storefront, "/shipping-options", cart_id=cart_id))
        call("cart", f"{cart}/shipping-methods", {"option_id": option_id})
        counts.append(count(storefront, "/payment-providers", region_id=storefront.shop.region.id))
        owed = call("payment_collection", "/payment-collections", {"cart_id": cart_id})
        sessions = f"/payment-collections/{owed}/payment-sessions"
        call("payment_collection", sessions, {"provider_id": "pp_system_default"})
        call("order", f"{cart}/complete")
        return counts

    with hearing_changes():
        buy()
        assert buy() == [5, 10, 10, 11, 2, 7, 0, 9, 14, 20]
