"""Medusa's `fields` grammar, as store-api §2 tells it."""

import json

import pytest

from app.core.fields import answer, answer_page, parse_fields, prune

CART = {
    "id": "cart_1",
    "email": "jeanne@example.com",
    "total": 349.0,
    "metadata": {"gift": True},
    "region": {"id": "reg_1", "name": "Europe"},
    "items": [{"id": "cali_1", "title": "Aura", "total": 349.0, "metadata": {"engraving": "J"}}],
}
DEFAULTS = ("*", "*items", "*region")


def kept(fields: str | None, defaults: tuple[str, ...] = DEFAULTS) -> object:
    return prune(CART, parse_fields(fields, defaults))


@pytest.mark.parametrize(
    "fields",
    [
        None,
        "",
        ",",
        " , ",
        "*items",
        "+items.total",
        "items.*",
        "*items, *region,",
        " total",
        "*items.metadata",
        "+x.y.z",
    ],
)
def test_defaults_stay_when_every_entry_has_a_prefix(fields: str | None) -> None:
    assert kept(fields) == CART


def test_one_plain_entry_replaces_the_defaults_and_the_id_is_always_there() -> None:
    assert kept("region_id,email") == {"id": "cart_1", "email": "jeanne@example.com"}
    assert kept("+total,email") == {"id": "cart_1", "email": "jeanne@example.com", "total": 349.0}
    assert kept("id, total") == {"id": "cart_1", "total": 349.0}


def test_nested_entries() -> None:
    assert kept("items.title") == {"id": "cart_1", "items": [{"id": "cali_1", "title": "Aura"}]}
    assert kept("total,items.metadata") == {
        "id": "cart_1",
        "total": 349.0,
        "items": [{"id": "cali_1", "metadata": {"engraving": "J"}}],
    }
    assert kept("email,*items") == {"id": "cart_1", "email": "jeanne@example.com", "items": CART["items"]}


def test_a_minus_removes_with_everything_below() -> None:
    assert kept("-items,-metadata") == {
        name: value for name, value in CART.items() if name not in ("items", "metadata")
    }
    assert kept("-items.title,-items.metadata") == {**CART, "items": [{"id": "cali_1", "total": 349.0}]}
    assert kept("-id") == CART


def test_unknown_names_are_left_out_in_silence() -> None:
    assert kept("total,nothing.at.all,*nobody") == {"id": "cart_1", "total": 349.0}


def test_a_relation_is_wanted_when_it_is_named() -> None:
    tree = parse_fields("*items.product,-region", DEFAULTS)
    assert tree.wants("items")
    assert tree.wants("items.product")
    assert not tree.wants("items.variant")
    assert not tree.wants("region")
    assert tree.keeps("email")
    assert not tree.keeps("region")
    assert tree.below("items").keeps("title")
    assert not parse_fields("id", DEFAULTS).wants("items")


def test_what_was_removed_can_be_named_again() -> None:
    assert kept("-items,+items") == CART


def test_answers() -> None:
    tree = parse_fields("id", DEFAULTS)
    assert json.loads(bytes(answer("cart", CART, tree, deleted=True).body)) == {
        "cart": {"id": "cart_1"},
        "deleted": True,
    }
    page = answer_page("carts", [CART], tree, count=7, offset=2, limit=1)
    assert json.loads(bytes(page.body)) == {"carts": [{"id": "cart_1"}], "count": 7, "offset": 2, "limit": 1}


def test_a_list_of_thousands_of_entries_costs_no_recursion() -> None:
    deep = ".".join(["items"] * 5_000)
    assert kept(f"id,{deep}") == {"id": "cart_1", "items": [{"id": "cali_1"}]}
