"""What customers see and say of themselves."""

import pytest

from tests.factories.account import Person
from tests.shop_front import Buyer, read_rows
from tests.statements import counted_statements

EMAIL = "jeanne@example.com"
DEFAULTS = {
    "id", "email", "company_name", "first_name", "last_name", "phone", "metadata", "has_account", "deleted_at",
    "created_at", "updated_at", "addresses",
}  # fmt: skip


def test_a_profile_shows_the_closed_list_of_fields(person: Person) -> None:
    customer = person.me(person.sign_up(EMAIL, first_name="Jeanne")).json()["customer"]
    assert set(customer) == DEFAULTS
    assert (customer["first_name"], customer["addresses"]) == ("Jeanne", [])


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ("id,email", {"id", "email"}),
        ("email", {"id", "email"}),
        ("-addresses", DEFAULTS - {"addresses"}),
        ("+phone,", DEFAULTS),
        ("*orders", DEFAULTS | {"orders"}),
        ("id,*orders", {"id", "orders"}),
    ],
)
def test_fields_choose_from_it(person: Person, fields: str, kept: set[str]) -> None:
    token = person.sign_up(EMAIL)
    assert set(person.get(f"/store/customers/me?fields={fields.replace('+', '%2B')}", token).json()["customer"]) == kept


@pytest.mark.parametrize(
    ("fields", "named"), [("*groups", "groups"), ("id,password_hash", "password_hash"), ("-x,%2Bauth", "auth, x")]
)
def test_other_fields_are_refused_by_name(person: Person, fields: str, named: str) -> None:
    token = person.sign_up(EMAIL)
    answer = person.get(f"/store/customers/me?fields={fields}", token)
    assert (answer.status_code, answer.json()["message"]) == (400, f"Requested fields [{named}] are not valid")


def test_what_is_given_is_changed_and_the_rest_stays(person: Person) -> None:
    token = person.sign_up(EMAIL, first_name="Jeanne", last_name="Martin")
    before = person.me(token).json()["customer"]
    changed = person.post("/store/customers/me", {"phone": "+33 1", "last_name": None, "metadata": {"a": 1}}, token)
    assert changed.status_code == 200
    expected = {**before, "phone": "+33 1", "last_name": None, "metadata": {"a": 1}}
    shown = changed.json()["customer"]
    assert {name: shown[name] for name in expected if name != "updated_at"} == {
        name: value for name, value in expected.items() if name != "updated_at"
    }
    assert shown["updated_at"] > before["updated_at"]
    assert person.post("/store/customers/me", None, token).json()["customer"]["phone"] == "+33 1"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"email": "autre@example.com"}, "Invalid request: Unrecognized fields: 'email'"),
        ({"has_account": False}, "Invalid request: Unrecognized fields: 'has_account'"),
        ({"first_name": 1}, "Invalid request: Expected type: 'string' for field 'first_name', got: 'number'"),
    ],
)
def test_what_is_not_theirs_to_change_is_refused(person: Person, body: object, message: str) -> None:
    token = person.sign_up(EMAIL, first_name="Jeanne")
    answer = person.post("/store/customers/me", body, token)
    assert (answer.status_code, answer.json()["message"]) == (400, message)
    assert read_rows("SELECT email, first_name, has_account FROM customer") == [(EMAIL, "Jeanne", True)]


def test_nobody_is_401_with_the_body_that_clients_know(person: Person) -> None:
    for answer in (person.me(), person.post("/store/customers/me", {"phone": "1"}), person.get("/store/orders")):
        assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")


def test_a_profile_costs_few_statements(person: Person) -> None:
    token = person.sign_up(EMAIL)
    person.me(token)
    with counted_statements() as asked:
        person.me(token)
    assert len([each for each in asked if each.startswith("SELECT customer") or "auth_" in each]) <= 3


def test_orders_are_ones_own(buyer: Buyer) -> None:
    """Two customers, one order each: neither list nor profile shows the other's."""
    person = Person(buyer.http, buyer.goods.headers)
    seen = {}
    for email in (EMAIL, "paul@example.com"):
        token = person.sign_up(email)
        cart_id = buyer.fill_cart(email=email)
        moved = person.post(f"/store/carts/{cart_id}/customer", token=token)
        assert moved.status_code == 200, moved.text
        buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
        order = buyer.complete(cart_id).json()["order"]
        seen[order["id"]] = token
        mine = person.get("/store/customers/me?fields=*orders", token).json()["customer"]["orders"]
        assert [each["id"] for each in mine] == [order["id"]]
        assert [each["id"] for each in person.get("/store/orders", token).json()["orders"]] == [order["id"]]
    (first, _), (_, paul) = seen.items()
    masked = person.get(f"/store/orders/{first}", paul).json()["order"]
    assert masked["shipping_address"]["city"] == "P***", "somebody else sees what a guest sees"
