"""The route index of the contract against the routes of the app, and against what the flows call."""

import re

from tests.architecture.test_routes import product
from tests.rows import row
from tests.sdk.calls import FLOWS
from tests.sdk.index import INDEX, find_row
from tests.sdk.node import FLOWS as FLOW_FILES

# What stands around the flows.
NO_FLOWS = {"run", "starter", "world"}
# Ours beside the contract: a member of staff logs in, other kinds of login are refused in words.
OURS = {
    "GET /auth/:actor/:provider/callback",
    "POST /auth/:actor/:provider/:step",
    "POST /auth/:actor/:provider",
}


def routes_of_the_app(*prefixes: str) -> set[str]:
    """`POST /store/carts/:` for each method of each route below these."""
    return {
        f"{method} {nameless(route.path)}"
        for route in product()
        if route.path.startswith(prefixes)
        for method in route.methods or ()
    }


def nameless(path: str) -> str:
    """The path with its parameters' names taken off: `{cart_id}` and `:id` are the same."""
    return re.sub(r"\{[^}]+\}|:\w+", ":", path)


@row("S0-007")
def test_the_app_has_every_route_that_clients_need() -> None:
    wanted = {f"{each.method} {nameless(each.path)}" for each in INDEX if each.answers is None}
    assert wanted - routes_of_the_app("/store", "/auth", "/admin") == set()


def test_the_app_has_no_route_that_nobody_knows() -> None:
    known = {f"{each.method} {nameless(each.path)}" for each in INDEX} | {nameless(each) for each in OURS}
    assert routes_of_the_app("/store", "/auth") - known == set()


@row("S0-007")
def test_every_route_of_the_index_is_called_by_a_flow() -> None:
    called = {name for names in FLOWS.values() for name in names}
    assert called - {each.name for each in INDEX} == set(), "Write the routes of calls.py as the index does."
    assert {each.name for each in INDEX if each.tier in "REA"} - called == set(), "Write the flow that calls them."


def test_every_flow_is_run() -> None:
    assert {path.stem for path in FLOW_FILES.glob("*.mjs")} - NO_FLOWS == set(FLOWS)


def test_a_call_finds_its_row() -> None:
    found = [
        find_row("GET", "/store/customers/me/addresses"),
        find_row("GET", "/store/customers/me/addresses/cuaddr_1"),
        find_row("POST", "/store/carts/cart_1/line-items/cali_1"),
        find_row("POST", "/auth/customer/emailpass/register"),
        find_row("GET", "/store/nowhere"),
        find_row("GET", "/store/regions/"),
    ]
    assert [each.name if each else None for each in found] == [
        "GET /store/customers/me/addresses",
        "GET /store/customers/me/addresses/:id",
        "POST /store/carts/:id/line-items/:line_id",
        "POST /auth/customer/emailpass/register",
        None,
        None,
    ]
