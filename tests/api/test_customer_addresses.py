"""The address book: one's own, one default of a kind, and nobody else's."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.db import unit_of_work
from app.customers.models import Customer, CustomerAddress
from app.customers.rules import MOST_ADDRESSES
from tests.factories.account import Person
from tests.shop_front import read_rows

BOOK = "/store/customers/me/addresses"
PARIS = {
    "first_name": "Jeanne", "last_name": "Martin", "company": "", "address_1": "12 rue de la Paix", "address_2": "",
    "city": "Paris", "postal_code": "75002", "province": "", "country_code": "fr", "phone": "+33 1 99 00 12 34",
}  # fmt: skip


@pytest.fixture
def token(person: Person) -> str:
    """Somebody with an account."""
    return person.sign_up()


def add(person: Person, token: str, **over: object) -> str:
    """One more address; gives its id."""
    answer = person.post(BOOK, {**PARIS, **over}, token)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["customer"]["addresses"][-1]["id"])


def test_an_address_is_added_read_changed_and_removed(person: Person, token: str) -> None:
    made = person.post(BOOK, {**PARIS, "address_name": "Maison", "metadata": {"etage": 3}}, token)
    (address,) = made.json()["customer"]["addresses"]
    assert address["id"].startswith("cuaddr_")
    assert {name: address[name] for name in PARIS} == PARIS
    assert (address["address_name"], address["metadata"]) == ("Maison", {"etage": 3})
    assert (address["is_default_shipping"], address["is_default_billing"]) == (False, False)
    assert address["customer_id"] == made.json()["customer"]["id"]

    path = f"{BOOK}/{address['id']}"
    assert person.get(path, token).json() == {"address": address}
    changed = person.post(path, {"city": "Lyon", "country_code": "FR", "company": None}, token)
    shown = changed.json()["customer"]["addresses"][0]
    assert (shown["city"], shown["country_code"], shown["company"], shown["address_1"]) == (
        "Lyon", "fr", None, PARIS["address_1"],
    )  # fmt: skip
    gone = person.delete(path, token).json()
    assert (gone["id"], gone["object"], gone["deleted"]) == (address["id"], "address", True)
    assert gone["parent"]["addresses"] == []
    assert person.get(path, token).status_code == 404
    assert read_rows("SELECT count(*) FROM customer_address") == [(0,)]


def test_a_page_has_the_envelope_and_its_filters(person: Person, token: str) -> None:
    for city, code in (("Paris", "75002"), ("Lyon", "69001"), ("Nantes", "44000")):
        add(person, token, city=city, postal_code=code)

    def cities(query: str) -> list[str]:
        return [each["city"] for each in person.get(f"{BOOK}?{query}", token).json()["addresses"]]

    page = person.get(f"{BOOK}?limit=2&offset=1&fields=city", token).json()
    assert (page["count"], page["offset"], page["limit"]) == (3, 1, 2)
    assert [set(each) for each in page["addresses"]] == [{"id", "city"}] * 2
    assert person.get(BOOK, token).json()["limit"] == 50
    assert cities("city[0]=Lyon&city[1]=Paris") == ["Paris", "Lyon"]
    assert cities("q=nan") == ["Nantes"]
    assert cities("postal_code=69001") == ["Lyon"]
    assert cities("country_code=BE") == []
    assert cities("order=-city") == ["Paris", "Nantes", "Lyon"]
    assert person.get(f"{BOOK}?order=password", token).status_code == 400
    assert person.get(f"{BOOK}?limit=-1", token).status_code == 400
    assert person.get(f"{BOOK}?nonsense=1", token).status_code == 400


def test_a_new_default_takes_the_flag_from_the_old_one(person: Person, token: str) -> None:
    first = add(person, token, is_default_shipping=True, is_default_billing=True)
    second = add(person, token, city="Lyon", is_default_shipping=True)

    def defaults() -> dict[str, tuple[bool, bool]]:
        shown = person.get(BOOK, token).json()["addresses"]
        return {each["id"]: (each["is_default_shipping"], each["is_default_billing"]) for each in shown}

    assert defaults() == {first: (False, True), second: (True, False)}
    person.post(f"{BOOK}/{first}", {"is_default_shipping": True}, token)
    assert defaults() == {first: (True, True), second: (False, False)}
    person.post(f"{BOOK}/{first}", {"is_default_shipping": False, "is_default_billing": None}, token)
    assert defaults() == {first: (False, True), second: (False, False)}


@pytest.mark.parametrize("flag", ["is_default_shipping", "is_default_billing"])
def test_the_database_takes_one_default_of_a_kind(person: Person, token: str, flag: str) -> None:
    add(person, token, **{flag: True})
    add(person, token)
    with pytest.raises(IntegrityError), unit_of_work("test") as session:
        session.connection().exec_driver_sql(f"UPDATE customer_address SET {flag} = true")  # noqa: S608 - our own flag


def test_somebody_elses_address_is_not_there(person: Person, token: str) -> None:
    address_id = add(person, token)
    path, other = f"{BOOK}/{address_id}", person.sign_up("paul@example.com")
    for answer in (
        person.get(path, other),
        person.post(path, {"city": "Lyon"}, other),
        person.delete(path, other),
        person.get(f"{BOOK}/cuaddr_unknown", other),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "address_not_found")
    assert person.get(BOOK, other).json()["addresses"] == []
    for anonymous in (person.get(BOOK), person.get(path), person.post(BOOK, PARIS), person.delete(path)):
        assert anonymous.status_code == 401
    assert read_rows("SELECT city FROM customer_address") == [("Paris",)]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"nonsense": 1}, "Unrecognized fields: 'nonsense'"),
        ({"id": "cuaddr_1"}, "Unrecognized fields: 'id'"),
        ({"country_code": "fra"}, "Value for field 'country_code' too big, expected at most: '2'"),
        ({"city": 1}, "Expected type: 'string' for field 'city', got: 'number'"),
        ({"is_default_shipping": 1}, "Expected type: 'boolean' for field 'is_default_shipping', got: 'number'"),
    ],
)
def test_a_bad_address_is_refused(person: Person, token: str, body: dict[str, object], message: str) -> None:
    answer = person.post(BOOK, {**PARIS, **body}, token)
    assert (answer.status_code, answer.json()["message"]) == (400, f"Invalid request: {message}")
    assert read_rows("SELECT count(*) FROM customer_address") == [(0,)]


def test_a_book_has_room_for_so_many(person: Person, token: str) -> None:
    with unit_of_work("test") as session:
        (customer,) = session.scalars(select(Customer))
        session.add_all(
            CustomerAddress(id=f"cuaddr_{number}", customer_id=customer.id) for number in range(MOST_ADDRESSES)
        )
    answer = person.post(BOOK, PARIS, token)
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_addresses")
    assert read_rows("SELECT count(*) FROM customer_address") == [(MOST_ADDRESSES,)]
