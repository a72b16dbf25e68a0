"""What customers must prove; whom an order may be transferred to; whose address a call is counted on."""

import pytest
from starlette.requests import Request

from app.core.client_address import find_visitor_address
from app.core.settings import get_settings
from app.customers.errors import CustomerPasswordTooWeak, TooManyAddresses
from app.customers.rules import MOST_ADDRESSES, PASSWORD_MAXIMUM, check_address_count, check_password
from app.orders.errors import OrderAlreadyOwned, OrderNotFound, OrderWithoutEmail
from app.orders.rules import Transferable, check_transferable

EMAIL = "jeanne@example.com"


@pytest.mark.parametrize("password", ["un long mot de passe", "abcd efg", "é" * 5 + "abc", "x1y2" * 50])
def test_a_password_of_eight_characters_that_nobody_tries_first_is_fine(password: str) -> None:
    check_password(EMAIL, password)


@pytest.mark.parametrize(
    "password",
    ["", "abcdefg", "x1y2" * 50 + "z", "PASSWORD", "12345678", "aaaaaaab", EMAIL.upper(), "motdepasse1", " " * 20],
)
def test_a_password_that_could_be_guessed_is_refused(password: str) -> None:
    with pytest.raises(CustomerPasswordTooWeak):
        check_password(EMAIL, password)


def test_the_local_part_alone_is_no_password() -> None:
    with pytest.raises(CustomerPasswordTooWeak):
        check_password("jeanne.martin@example.com", "Jeanne.Martin")
    assert PASSWORD_MAXIMUM == 200


def test_an_address_book_has_an_end() -> None:
    check_address_count(MOST_ADDRESSES - 1)
    with pytest.raises(TooManyAddresses):
        check_address_count(MOST_ADDRESSES)


def test_a_guests_order_may_be_asked_for_and_nobody_elses() -> None:
    check_transferable(Transferable("order_1", EMAIL, "cus_guest", owner_has_account=False), "cus_1")
    check_transferable(Transferable("order_1", EMAIL, None, owner_has_account=False), "cus_1")
    with pytest.raises(OrderAlreadyOwned, match="Order: order_1 already belongs to customer: cus_1"):
        check_transferable(Transferable("order_1", EMAIL, "cus_1", owner_has_account=True), "cus_1")
    with pytest.raises(OrderNotFound):
        check_transferable(Transferable("order_1", EMAIL, "cus_2", owner_has_account=True), "cus_1")
    with pytest.raises(OrderWithoutEmail):
        check_transferable(Transferable("order_1", None, "cus_guest", owner_has_account=False), "cus_1")


def call(caller: str, *forwarded: str) -> Request:
    """A call as uvicorn hands it over."""
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return Request({"type": "http", "client": (caller, 1), "headers": headers})


@pytest.mark.parametrize(
    ("caller", "forwarded", "counted"),
    [
        ("192.0.2.9", (), "192.0.2.9"),
        ("192.0.2.9", ("198.51.100.1",), "192.0.2.9"),
        ("203.0.113.7", (), None),
        ("203.0.113.7", ("203.0.113.7",), None),
        ("203.0.113.7", ("198.51.100.1",), "198.51.100.1"),
        ("203.0.113.7", ("198.51.100.1, 203.0.113.7",), "198.51.100.1"),
        ("203.0.113.7", ("192.0.2.1, 198.51.100.1", "203.0.113.8"), "198.51.100.1"),
        ("203.0.113.7", ("not an address",), None),
        ("203.0.113.7", ("192.0.2.1, 198.51.100.1:5678",), None),  # the visitor wrote what stands before
        ("203.0.113.7", ("192.0.2.1, unknown, 203.0.113.8",), None),
        ("2001:db8:1::7", ("198.51.100.1",), "198.51.100.1"),
        ("::ffff:203.0.113.7", ("198.51.100.1",), "198.51.100.1"),
        ("2001:db8:2:3:4:5:6:7", (), "2001:db8:2:3::/64"),
        ("203.0.113.7", ("2001:db8:2:3:ffff::1",), "2001:db8:2:3::/64"),
        ("testclient", (), "unknown"),
    ],
)
def test_a_trusted_storefront_says_for_whom_it_calls_and_nobody_else_does(
    monkeypatch: pytest.MonkeyPatch, caller: str, forwarded: tuple[str, ...], counted: str | None
) -> None:
    monkeypatch.setenv("COMPTOIR_ENV", "development")
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1/none")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("TRUSTED_STOREFRONTS", "203.0.113.0/28, 2001:db8:1::/64")
    get_settings.cache_clear()
    try:
        assert find_visitor_address(call(caller, *forwarded)) == counted
    finally:
        get_settings.cache_clear()
