"""No input makes a 5xx, and none that is malformed changes a cart."""

import json

import pytest

from tests.factories.storefront import Storefront

TEXTS = [
    "\x00", "a\x00b", "\ud800", "x" * 300, 1, 1.5, True, [], {}, -1, 10**30,
]  # fmt: skip
QUANTITIES = [0, -1, 1.5, 2.0, "2", True, None, [], {}, 10_001, 2**31, 2**63, 10**30, -(10**30)]
METADATA = [1, "x", [], True, {"a": "\x00"}, {"\x00": 1}, {"a": "\ud800"}, {"a": "x" * 20_000}]
NESTED = b"[" * 5_000 + b"]" * 5_000
RAW = [
    b"{", b"nope", b"[]", b"null", b"1", b'"x"', b"\xff\xfe",
    b'{"metadata": {"a": NaN}}', b'{"metadata": {"a": 1e999}}',
    b'{"metadata": ' + NESTED + b"}", b'{"metadata": {"a": ' + b"9" * 5_000 + b"}}",
]  # fmt: skip


@pytest.fixture
def cart_id(storefront: Storefront) -> str:
    """A cart with one line."""
    return storefront.cart_id((storefront.product().variants[0].id, 1))


def refuses(storefront: Storefront, path: str, body: object) -> None:
    """400 with the shape of every refusal, lone surrogates included."""
    answer = storefront.post_raw(path, json.dumps(body).encode())
    assert answer.status_code == 400, (path, body, answer.text)
    assert {"type", "message", "code", "requestId"} <= answer.json().keys()


def test_malformed_bodies_change_nothing(storefront: Storefront, cart_id: str) -> None:
    path = f"/carts/{cart_id}"
    before = storefront.get(path).json()["cart"]
    line = before["items"][0]
    for text in TEXTS:
        for name in ("email", "region_id", "locale"):
            refuses(storefront, path, {name: text})
        for name in ("city", "country_code", "postal_code"):
            refuses(storefront, path, {"shipping_address": {name: text}})
        refuses(storefront, f"{path}/line-items", {"variant_id": text, "quantity": 1})
        refuses(storefront, f"{path}/shipping-methods", {"option_id": text})
    for quantity in QUANTITIES:
        refuses(storefront, f"{path}/line-items", {"variant_id": line["variant_id"], "quantity": quantity})
        if quantity != 0:
            refuses(storefront, f"{path}/line-items/{line['id']}", {"quantity": quantity})
    for metadata in METADATA:
        refuses(storefront, path, {"metadata": metadata})
    assert storefront.get(path).json()["cart"] == before


def test_unknown_keys_are_named(storefront: Storefront, cart_id: str) -> None:
    line = storefront.get(f"/carts/{cart_id}").json()["cart"]["items"][0]
    for path, body in (
        ("/carts", {"foo": 1}),
        (f"/carts/{cart_id}", {"foo": 1}),
        (f"/carts/{cart_id}", {"shipping_address": {"foo": 1}}),
        (f"/carts/{cart_id}/line-items", {"variant_id": line["variant_id"], "quantity": 1, "foo": 1}),
        (f"/carts/{cart_id}/line-items/{line['id']}", {"quantity": 1, "foo": 1}),
        (f"/carts/{cart_id}/shipping-methods", {"option_id": "so_x", "foo": 1}),
    ):
        answer = storefront.post(path, body)
        assert (answer.status_code, answer.json()["message"]) == (400, "Invalid request: Unrecognized fields: 'foo'")
    answer = storefront.post(f"/carts/{cart_id}?foo=1", {})
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid request: Unrecognized fields: 'foo'")


def test_what_is_missing_is_named(storefront: Storefront, cart_id: str) -> None:
    answer = storefront.post(f"/carts/{cart_id}/line-items", {"quantity": "2"})
    assert answer.json()["message"] == (
        "Invalid request: Field 'variant_id' is required; Expected type: 'number' for field 'quantity', got: 'string'"
    )
    assert answer.json()["fields"]["variant_id"] == "Field 'variant_id' is required"


def test_bytes_that_are_no_json_object_are_refused(storefront: Storefront, cart_id: str) -> None:
    for body in RAW:
        for path in ("/carts", f"/carts/{cart_id}", f"/carts/{cart_id}/line-items"):
            assert storefront.post_raw(path, body).status_code == 400, (path, body[:40])


def test_strange_addresses_are_not_found_or_refused(storefront: Storefront) -> None:
    for cart_id in ("x" * 3_000, "%F0%9F%9B%92", "%ff", "'", "%25", ".."):
        for answer in (storefront.get(f"/carts/{cart_id}"), storefront.post(f"/carts/{cart_id}", {})):
            assert answer.status_code in (404, 405), (cart_id, answer.status_code)
    assert storefront.get("/carts/a%00b").status_code == 400


def test_an_email_of_any_usual_form_is_taken(storefront: Storefront, cart_id: str) -> None:
    for email in ("jeanne@example.test", "j+a.b_c@sub.example.com", "jeanne@comptoir.example"):
        assert storefront.post(f"/carts/{cart_id}", {"email": email}).json()["cart"]["email"] == email
    for email in ("nope", "@example.com", "a@b", "a b@example.com", "a@example.com\n", "a@@example.com", ""):
        answer = storefront.post(f"/carts/{cart_id}", {"email": email})
        assert (answer.status_code, answer.json()["message"]) == (400, "Invalid request: Invalid email"), email
