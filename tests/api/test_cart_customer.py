"""Carts of people who are logged in: theirs from the start, theirs by transfer, with addresses of their own book."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from tests.factories.account import Person
from tests.factories.pricing import let_days_pass, make_price_list
from tests.factories.storefront import Storefront
from tests.shop_front import read_rows

JEANNE, PAUL = "jeanne@example.com", "paul@example.com"
Cart = dict[str, Any]


@pytest.fixture
def jeanne(person: Person) -> str:
    """Jeanne's token."""
    return person.sign_up(JEANNE)


@pytest.fixture
def paul(person: Person) -> str:
    """Paul's token."""
    return person.sign_up(PAUL)


def cart_of(answer: httpx2.Response) -> Cart:
    assert answer.status_code == 200, answer.text
    cart: Cart = answer.json()["cart"]
    return cart


def customer_id(person: Person, token: str) -> str:
    return str(person.me(token).json()["customer"]["id"])


def test_a_cart_made_by_somebody_is_theirs(person: Person, jeanne: str, storefront: Storefront) -> None:
    cart = cart_of(person.post("/store/carts", {}, jeanne))
    assert (cart["customer_id"], cart["email"]) == (customer_id(person, jeanne), JEANNE)
    assert cart["customer"] == {"id": cart["customer_id"], "email": JEANNE, "groups": []}
    other = cart_of(person.post("/store/carts", {"email": "bureau@example.com"}, jeanne))
    assert (other["customer_id"], other["email"]) == (cart["customer_id"], "bureau@example.com")
    written = cart_of(storefront.post(f"/carts/{cart['id']}", {"email": "bureau@example.com"}))
    assert (written["customer_id"], written["email"]) == (cart["customer_id"], "bureau@example.com")
    assert cart_of(person.post("/store/carts", {}, "no.token.at.all"))["customer_id"] is None


def test_a_guests_cart_becomes_that_of_its_customer(person: Person, jeanne: str, storefront: Storefront) -> None:
    cart_id = storefront.cart_id((storefront.product().variants[0].id, 1))
    storefront.post(f"/carts/{cart_id}", {"email": "invitee@example.com"})
    before = storefront.get(f"/carts/{cart_id}").json()
    answer = storefront.post(f"/carts/{cart_id}/customer")
    assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")
    assert person.post(f"/store/carts/{cart_id}/customer", None, "wrong").status_code == 401
    assert storefront.get(f"/carts/{cart_id}").json() == before
    cart = cart_of(person.post(f"/store/carts/{cart_id}/customer", None, jeanne))
    assert (cart["customer_id"], cart["email"], cart["total"]) == (customer_id(person, jeanne), JEANNE, 349)
    again = cart_of(person.post(f"/store/carts/{cart_id}/customer", None, jeanne))
    assert again == cart


def test_nobody_takes_the_cart_of_another_account(person: Person, jeanne: str, paul: str) -> None:
    cart = cart_of(person.post("/store/carts", {}, jeanne))
    answer = person.post(f"/store/carts/{cart['id']}/customer", None, paul)
    assert (answer.status_code, answer.json()["message"]) == (404, f"Cart with id '{cart['id']}' not found")
    assert person.post("/store/carts/cart_x/customer", None, paul).status_code == 404
    assert cart_of(person.get(f"/store/carts/{cart['id']}"))["customer_id"] == cart["customer_id"]


def test_prices_of_members_come_with_the_transfer(person: Person, jeanne: str, storefront: Storefront) -> None:
    variant_id = storefront.product().variants[0].id
    with unit_of_work("test") as session:
        make_price_list(session, variant_id, 29_900, list_type="override", is_public=False)
    cart_id = storefront.cart_id((variant_id, 1))
    assert storefront.get(f"/carts/{cart_id}").json()["cart"]["total"] == 349
    assert cart_of(person.post(f"/store/carts/{cart_id}/customer", None, jeanne))["total"] == 299


def test_a_price_that_is_gone_keeps_no_cart_from_its_customer(
    person: Person, jeanne: str, storefront: Storefront
) -> None:
    """Storefronts transfer the cart while somebody logs in; what cannot be paid any more is told at the payment."""
    cart_id = storefront.cart_id((storefront.product().variants[0].id, 1))
    with unit_of_work("test") as session:
        session.execute(text("UPDATE price SET currency_code = 'chf'"))  # none in the cart's own currency
    cart = cart_of(person.post(f"/store/carts/{cart_id}/customer", None, jeanne))
    assert (cart["customer_id"], cart["total"]) == (customer_id(person, jeanne), 349)


def test_addresses_of_ones_own_book(person: Person, jeanne: str, paul: str, storefront: Storefront) -> None:
    given = {"first_name": "Jeanne", "city": "Lyon", "country_code": "fr", "metadata": {"floor": 3}}
    book = person.post("/store/customers/me/addresses", given, jeanne).json()["customer"]["addresses"]
    saved_id = book[0]["id"]
    body = {"shipping_address": saved_id, "billing_address": saved_id}
    cart = cart_of(person.post("/store/carts", body, jeanne))
    for kind in ("shipping_address", "billing_address"):
        assert {name: cart[kind][name] for name in given} == given
        assert cart[kind]["id"] != saved_id
    empty = cart_of(person.post("/store/carts", {}, jeanne))["id"]
    assert cart_of(person.post(f"/store/carts/{empty}", body, jeanne))["shipping_address"]["city"] == "Lyon"
    before = read_rows("SELECT count(*) FROM cart_address")
    answers = [
        person.post("/store/carts", body, paul),
        storefront.post("/carts", body),
        storefront.post(f"/carts/{empty}", body),  # knowing the cart does not open the book
        person.post(f"/store/carts/{empty}", {"shipping_address": "cuaddr_x"}, jeanne),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(400, "address_not_found")] * 4
    assert read_rows("SELECT count(*) FROM cart_address") == before


def test_a_reduced_price_is_shown_with_what_it_is_reduced_from(storefront: Storefront) -> None:
    product = storefront.product()
    variant_id = product.variants[0].id
    with unit_of_work("test") as session:
        let_days_pass(session, 40)
        make_price_list(session, variant_id, 27_900)
    cart_id = storefront.cart_id((variant_id, 1))
    (line,) = storefront.get(f"/carts/{cart_id}").json()["cart"]["items"]
    assert (line["unit_price"], line["compare_at_unit_price"], line["total"]) == (279, 349, 279)
