"""What is shown while prices are reduced or replaced, and what the history keeps (french-rules §2.6)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.catalogue.models import Product
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.errors import Refusal
from app.pricing.errors import InvalidPrice, NotAReduction, PriceListNotFound, PriorPriceUnknown, UnknownVariant
from app.pricing.queries import find_next_price_change_at, list_effective_prices
from app.pricing.service import NewPrice, set_price, set_prices
from app.pricing.set_price_list import (
    delete_price_list,
    end_price_list,
    remove_list_prices,
    set_list_prices,
    update_price_list,
)
from tests.factories.catalogue import make_product
from tests.factories.pricing import let_days_pass, make_price_list
from tests.factories.storefront import Storefront
from tests.rows import row
from tests.shop_front import ADDRESS, Json, read_rows
from tests.statements import counted_statements

EVERYTHING = "SELECT to_jsonb(t) FROM {table} t ORDER BY to_jsonb(t)::text"
TABLES = ("price", "price_list", "price_list_price", "price_history", "audit_log")


def do(act: Callable[[Session], object]) -> None:
    """One transaction of somebody who sets prices."""
    with unit_of_work("owner") as session:
        act(session)


def snapshot() -> dict[str, list[tuple[object, ...]]]:
    return {table: read_rows(EVERYTHING.format(table=table)) for table in TABLES}


def shown(storefront: Storefront, product: Product) -> Json:
    """The price of the product's first variant on its page."""
    answer = storefront.get(
        f"/products/{product.id}",
        region_id=storefront.shop.region.id,
        country_code="fr",
        fields="id,*variants.calculated_price",
    )
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()["product"]["variants"][0]["calculated_price"]
    return found


def amounts(storefront: Storefront, product: Product) -> tuple[object, object, object]:
    """Price, original price, and whether it is announced as a reduction."""
    price = shown(storefront, product)
    source = price["calculated_price"]
    assert isinstance(source, dict)
    return price["calculated_amount"], price["original_amount"], source["price_list_type"]


@pytest.fixture
def product(storefront: Storefront) -> Product:
    """At 349,00 € for 40 days, then at 329,00 € for ten, now at 349,00 € again since five days."""
    made = storefront.product()
    variant_id = made.variants[0].id
    do(lambda session: let_days_pass(session, 40))
    do(lambda session: set_price(session, variant_id, "eur", 32_900))
    do(lambda session: let_days_pass(session, 10))
    do(lambda session: set_price(session, variant_id, "eur", 34_900))
    do(lambda session: let_days_pass(session, 5))
    return made


@pytest.fixture
def variant_id(product: Product) -> str:
    return product.variants[0].id


def test_a_reduction_is_shown_against_the_lowest_price_of_thirty_days(
    storefront: Storefront, product: Product, variant_id: str
) -> None:
    assert amounts(storefront, product) == (349, 349, None)
    with unit_of_work("owner") as session:
        sale = make_price_list(session, variant_id, 29_900)
    price = shown(storefront, product)
    asked, original = price["calculated_price"], price["original_price"]
    assert isinstance(asked, dict)
    assert isinstance(original, dict)
    assert (price["calculated_amount"], price["original_amount"]) == (299, 329)
    assert (asked["price_list_id"], asked["price_list_type"]) == (sale.id, "sale")
    assert (original["price_list_id"], original["price_list_type"]) == (None, None)
    assert (price["is_calculated_price_price_list"], price["is_original_price_price_list"]) == (True, False)
    assert (price["calculated_amount_without_tax"], price["original_amount_without_tax"]) == (249.17, 274.17)


def test_thirty_days_later_the_low_price_is_forgotten(
    storefront: Storefront, product: Product, variant_id: str
) -> None:
    do(lambda session: let_days_pass(session, 26))
    do(lambda session: make_price_list(session, variant_id, 29_900))
    assert amounts(storefront, product) == (299, 349, "sale")


def test_an_override_is_no_reduction(storefront: Storefront, product: Product, variant_id: str) -> None:
    do(lambda session: make_price_list(session, variant_id, 30_000, list_type="override"))
    assert amounts(storefront, product) == (300, 300, "override")


def test_reductions_that_follow_each_other_keep_the_price_before_the_first(
    storefront: Storefront, product: Product, variant_id: str
) -> None:
    with unit_of_work("owner") as session:
        first = make_price_list(session, variant_id, 29_900)
    do(lambda session: let_days_pass(session, 20))
    do(lambda session: set_list_prices(session, first.id, [NewPrice(variant_id, "eur", 27_900)]))
    assert amounts(storefront, product) == (279, 329, "sale")
    ends_at = utc_now() + timedelta(days=10)
    do(lambda session: update_price_list(session, first.id, {"ends_at": ends_at}))
    do(lambda session: make_price_list(session, variant_id, 24_900, starts_at=ends_at))
    do(lambda session: let_days_pass(session, 15))
    assert amounts(storefront, product) == (249, 329, "sale")


def test_after_a_pause_the_reduced_price_is_what_counts(
    storefront: Storefront, product: Product, variant_id: str
) -> None:
    """Also when its list was deleted meanwhile: what was asked of everybody stays known."""
    with unit_of_work("owner") as session:
        first = make_price_list(session, variant_id, 29_900)
    do(lambda session: let_days_pass(session, 3))
    do(lambda session: end_price_list(session, first.id))
    do(lambda session: delete_price_list(session, first.id))
    assert amounts(storefront, product) == (349, 349, None)
    do(lambda session: let_days_pass(session, 3))
    before = snapshot()
    with pytest.raises(NotAReduction, match=r"29900 cents is not lower .* 29900 cents"):
        do(lambda session: make_price_list(session, variant_id, 29_900))
    assert snapshot() == before
    do(lambda session: make_price_list(session, variant_id, 28_000))
    assert amounts(storefront, product) == (280, 299, "sale")
    rows = read_rows(
        "SELECT amount_cents, valid_to_at IS NOT NULL FROM price_history WHERE price_list_id = :id ORDER BY id",
        id=first.id,
    )
    assert rows == [(29_900, False), (29_900, True), (None, False)]


def test_a_list_applies_between_its_dates(storefront: Storefront, product: Product, variant_id: str) -> None:
    now = utc_now()
    starts_at, ends_at = now + timedelta(days=2), now + timedelta(days=9)
    do(lambda session: make_price_list(session, variant_id, 29_900, starts_at=starts_at, ends_at=ends_at))
    assert amounts(storefront, product) == (349, 349, None)
    with unit_of_work("test") as session:
        assert find_next_price_change_at(session, now) == starts_at
        assert find_next_price_change_at(session, starts_at) == ends_at
        assert find_next_price_change_at(session, ends_at) is None
    do(lambda session: let_days_pass(session, 3))
    assert amounts(storefront, product) == (299, 329, "sale")
    do(lambda session: let_days_pass(session, 7))
    assert amounts(storefront, product) == (349, 349, None)


def test_a_draft_list_changes_nothing_and_is_judged_again_when_it_starts(
    storefront: Storefront, product: Product, variant_id: str
) -> None:
    with unit_of_work("owner") as session:
        draft = make_price_list(session, variant_id, 29_900, status="draft")
        assert find_next_price_change_at(session, utc_now() - timedelta(days=1)) is None
    assert amounts(storefront, product) == (349, 349, None)
    do(lambda session: set_price(session, variant_id, "eur", 28_000))
    before = snapshot()
    with pytest.raises(NotAReduction, match="AURA-NOIR"):
        do(lambda session: update_price_list(session, draft.id, {"status": "active"}))
    assert snapshot() == before
    do(lambda session: set_list_prices(session, draft.id, [NewPrice(variant_id, "eur", 27_000)]))
    do(lambda session: update_price_list(session, draft.id, {"status": "active"}))
    assert amounts(storefront, product) == (270, 280, "sale")
    do(lambda session: remove_list_prices(session, draft.id, [variant_id]))
    assert amounts(storefront, product) == (280, 280, None)


def test_a_sale_that_was_overtaken_is_not_announced(storefront: Storefront, product: Product, variant_id: str) -> None:
    """Planned against 329,00 €; before it started, 280,00 € were asked for a day."""
    do(lambda session: make_price_list(session, variant_id, 29_900, starts_at=utc_now() + timedelta(days=2)))
    do(lambda session: set_price(session, variant_id, "eur", 28_000))
    do(lambda session: let_days_pass(session, 1))
    do(lambda session: set_price(session, variant_id, "eur", 34_900))
    do(lambda session: let_days_pass(session, 2))
    assert amounts(storefront, product) == (299, 299, "override")


def test_a_product_that_nobody_could_buy_has_no_price_to_reduce(storefront: Storefront) -> None:
    with unit_of_work("test") as session:
        draft = make_product(session, storefront.shop.channel.id, handle="brouillon", status="draft")
    before = snapshot()
    with (
        pytest.raises(PriorPriceUnknown, match="no price was applied before the reduction starts"),
        unit_of_work("owner") as session,
    ):
        make_price_list(session, draft.variants[0].id, 1_000)
    assert snapshot() == before


def test_a_young_product_is_compared_with_its_whole_life(storefront: Storefront) -> None:
    made = storefront.product()
    do(lambda session: let_days_pass(session, 3))
    do(lambda session: make_price_list(session, made.variants[0].id, 29_900))
    assert amounts(storefront, made) == (299, 349, "sale")


def test_prices_for_members_are_theirs_and_no_prior_price(
    storefront: Storefront, product: Product, variant_id: str
) -> None:
    with unit_of_work("owner") as session:
        make_price_list(session, variant_id, 20_000, is_public=False)
        session.execute(text("INSERT INTO customer (id, email, has_account) VALUES ('cus_m', 'm@example.com', true)"))
        session.execute(text("INSERT INTO customer (id, email, has_account) VALUES ('cus_g', 'm@example.com', false)"))
    assert amounts(storefront, product) == (349, 349, None)
    with unit_of_work("test") as session:
        for customer_id, expected in (("cus_m", 20_000), ("cus_g", 34_900), (None, 34_900)):
            found = list_effective_prices(session, [variant_id], "eur", utc_now(), customer_id=customer_id)
            assert found[variant_id].amount_cents == expected
    do(lambda session: let_days_pass(session, 1))
    do(lambda session: make_price_list(session, variant_id, 29_900))
    assert amounts(storefront, product) == (299, 329, "sale")


@row("S0-081")
def test_a_line_costs_what_applies_and_an_order_keeps_it(
    storefront: Storefront, product: Product, variant_id: str
) -> None:
    option = storefront.shipping_option()
    with unit_of_work("owner") as session:
        sale = make_price_list(session, variant_id, 29_900)
    cart_id = storefront.cart_id((variant_id, 2))
    assert storefront.get(f"/carts/{cart_id}").json()["cart"]["items"][0]["unit_price"] == 299
    storefront.post(f"/carts/{cart_id}", {"email": "jeanne@example.com", "shipping_address": ADDRESS})
    storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id})
    collection = storefront.post("/payment-collections", {"cart_id": cart_id}).json()["payment_collection"]
    session_path = f"/payment-collections/{collection['id']}/payment-sessions"
    assert storefront.post(session_path, {"provider_id": "pp_system_default"}).status_code == 200
    do(lambda session: end_price_list(session, sale.id))
    do(lambda session: set_price(session, variant_id, "eur", 39_900))
    done = storefront.post(f"/carts/{cart_id}/complete")
    assert done.status_code == 200, done.text
    order_id = done.json()["order"]["id"]
    do(lambda session: set_price(session, variant_id, "eur", 19_900, confirmed=True))
    order = storefront.get(f"/orders/{order_id}").json()["order"]
    assert (order["items"][0]["unit_price"], order["total"]) == (299, 602.9)


def test_many_prices_are_set_at_once_or_not_at_all(storefront: Storefront) -> None:
    made = storefront.product(colours=("Noir", "Vert"))
    black, green = (variant.id for variant in made.variants)
    before = snapshot()
    wrong: list[tuple[type[Refusal], list[NewPrice]]] = [
        (UnknownVariant, [NewPrice(black, "eur", 1_000), NewPrice("variant_unknown", "eur", 1_000)]),
        (InvalidPrice, [NewPrice(black, "eur", 1_000), NewPrice(green, "eur", -1)]),
    ]
    for refusal, news in wrong:
        with pytest.raises(refusal), unit_of_work("owner") as session:
            set_prices(session, news)
    with pytest.raises(PriceListNotFound):
        do(lambda session: end_price_list(session, "plist_unknown"))
    assert snapshot() == before
    wanted = [NewPrice(green, "eur", 1_000), NewPrice(black, "eur", 34_900)]
    do(lambda session: set_prices(session, wanted, confirmed=True))
    assert read_rows("SELECT variant_id, amount_cents FROM price ORDER BY amount_cents") == [
        (green, 1_000),
        (black, 34_900),
    ]
    last = "SELECT actor, action, subject, details FROM audit_log ORDER BY id DESC LIMIT 1"
    details = {"currency": "eur", "old_cents": 34_900, "new_cents": 1_000}
    assert read_rows(last) == [("owner", "price.set", green, details)]
    history = "SELECT actor, amount_cents FROM price_history WHERE variant_id = :id ORDER BY id"
    assert read_rows(history, id=green) == [("test", 34_900), ("owner", 1_000)]
    assert read_rows(history, id=black) == [("test", 34_900)]


def test_prices_of_many_variants_take_one_statement_and_reductions_one_more(storefront: Storefront) -> None:
    made = storefront.product(colours=tuple(f"Teinte {number}" for number in range(12)))
    ids = [variant.id for variant in made.variants]
    with unit_of_work("test") as session:
        list_effective_prices(session, ids[:1], "eur", utc_now())  # opens and signs the transaction
        with counted_statements() as plain:
            assert len(list_effective_prices(session, ids, "eur", utc_now())) == 12
    with unit_of_work("owner") as session:
        for variant_id in ids:
            make_price_list(session, variant_id, 29_900)
    with unit_of_work("test") as session:
        list_effective_prices(session, ids[:1], "eur", utc_now())
        with counted_statements() as reduced:
            found = list_effective_prices(session, ids, "eur", utc_now())
    assert {price.original_amount_cents for price in found.values()} == {34_900}
    assert (len(plain), len(reduced)) == (1, 2)
