"""What the database refuses to whoever writes SQL: as the application's role and as the owner of the tables."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core.db import get_engine, unit_of_work
from app.stock.service import reserve
from tests.factories.catalogue import make_product
from tests.factories.storefront import Storefront
from tests.rows import row
from tests.shop_front import ADDRESS, read_rows

# The application may write every row and change no table (infra/host/database.py); the owner may do anything.
ROLES = """
DO $$
DECLARE found record;
BEGIN
    IF to_regrole('guards_app') IS NULL THEN
        CREATE ROLE guards_app;
        CREATE ROLE guards_owner;
    END IF;
    GRANT CREATE, USAGE ON SCHEMA public TO guards_owner;
    FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('ALTER TABLE public.%I OWNER TO guards_owner', found.tablename);
    END LOOP;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO guards_app;
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO guards_app;
END $$
"""
KEPT = (
    "product",
    "product_variant",
    "order_line",
    "order_shipping_method",
    "price_history",
    "stock_level",
    "stock_movement",
)
BOTH = ("guards_app", "guards_owner")


@pytest.fixture
def sold(storefront: Storefront) -> Iterator[str]:
    """A published product of which two pieces were sold and one is promised; its id."""
    product, option = storefront.product(), storefront.shipping_option()
    variant_id = product.variants[0].id
    cart_id = storefront.cart_id((variant_id, 2))
    storefront.post(f"/carts/{cart_id}", {"email": "jeanne@example.com", "shipping_address": ADDRESS})
    storefront.post(f"/carts/{cart_id}/shipping-methods", {"option_id": option.id})
    collection = storefront.post("/payment-collections", {"cart_id": cart_id}).json()["payment_collection"]
    provider = {"provider_id": "pp_system_default"}
    storefront.post(f"/payment-collections/{collection['id']}/payment-sessions", provider)
    assert storefront.post(f"/carts/{cart_id}/complete").json()["type"] == "order"
    with unit_of_work("test") as session:
        reserve(session, "cart_of_a_payer", {variant_id: 1})
        session.execute(text(ROLES))
    yield product.id
    with unit_of_work("test") as session:
        session.execute(text("REASSIGN OWNED BY guards_owner TO CURRENT_USER"))
        session.execute(text("DROP OWNED BY guards_owner, guards_app"))


def attempt(role: str, statement: str, **values: object) -> None:
    """One statement of a person who has this role, names an actor, and does not go through the application."""
    with unit_of_work("somebody with psql") as session:
        session.execute(text(f"SET LOCAL ROLE {role}"))
        session.execute(text(statement), values)


def attempt_unsigned(role: str, statement: str, values: dict[str, object]) -> None:
    """The same by somebody who names no actor."""
    with get_engine().begin() as nobody:
        nobody.execute(text(f"SET LOCAL ROLE {role}"))
        nobody.execute(text(statement), values)


def kept() -> dict[str, object]:
    return {name: read_rows(f"SELECT to_jsonb(t) FROM {name} t ORDER BY to_jsonb(t)::text") for name in KEPT}  # noqa: S608


def refused(role: str, statement: str, said: str, **values: object) -> None:
    """Refused with this sentence, and nothing is changed."""
    before = kept()
    with pytest.raises(DBAPIError, match=said):
        attempt(role, statement, **values)
    assert kept() == before


@row("S0-141")
@pytest.mark.parametrize("role", BOTH)
def test_a_published_handle_never_changes(sold: str, role: str) -> None:
    refused(role, "UPDATE product SET handle = 'autre' WHERE id = :id", "its handle never changes", id=sold)
    refused(
        role,
        "UPDATE product SET status = 'draft', published_at = NULL WHERE id = :id",
        "first publication never changes",
        id=sold,
    )
    attempt(role, "UPDATE product SET status = 'archived', title = 'Aura 1' WHERE id = :id", id=sold)
    refused(role, "UPDATE product SET handle = 'autre' WHERE id = :id", "its handle never changes", id=sold)


def test_a_draft_may_still_be_renamed_and_publishing_is_noted_once(storefront: Storefront) -> None:
    with unit_of_work("test") as session:
        draft = make_product(session, storefront.shop.channel.id, handle="brouillon", status="draft")
        session.execute(text("UPDATE product SET handle = 'definitif' WHERE id = :id"), {"id": draft.id})
    published = "SELECT handle, published_at FROM product"
    assert read_rows(published) == [("definitif", None)]
    with unit_of_work("test") as session:
        session.execute(text("UPDATE product SET status = 'published'"))
    first = read_rows(published)
    assert first[0][1] is not None
    with unit_of_work("test") as session:
        session.execute(text("UPDATE product SET status = 'draft'"))
    with unit_of_work("test") as session:
        session.execute(text("UPDATE product SET status = 'published'"))
    assert read_rows(published) == first


@pytest.mark.parametrize("role", BOTH)
def test_what_was_sold_is_never_deleted(sold: str, role: str) -> None:
    refused(role, "DELETE FROM product WHERE id = :id", f"product {sold} has orders: archive it instead", id=sold)
    refused(
        role,
        "DELETE FROM product_variant WHERE product_id = :id",
        "has orders: archive its product instead",
        id=sold,
    )
    with unit_of_work("test") as session:
        session.execute(text("ALTER TABLE product DISABLE TRIGGER keep_sold"))
        session.execute(text("ALTER TABLE product_variant DISABLE TRIGGER keep_sold"))
    before = kept()
    with pytest.raises(IntegrityError, match=r"fk_order_line_(product|variant)_id"):
        attempt(role, "DELETE FROM product WHERE id = :id", id=sold)
    with pytest.raises(IntegrityError, match=r"fk_(order_line|stock_movement)_variant_id"):
        attempt(role, "DELETE FROM product_variant WHERE product_id = :id", id=sold)
    assert kept() == before


def test_what_was_never_sold_may_go(storefront: Storefront) -> None:
    product = storefront.product(stock=0)
    with unit_of_work("test") as session:
        session.execute(text("DELETE FROM product WHERE id = :id"), {"id": product.id})
    assert read_rows("SELECT count(*) FROM price") == [(0,)]
    history = "SELECT amount_cents FROM price_history ORDER BY id"
    assert read_rows(history) == [(34_900,), (None,)]  # the past outlives the product


@row("S0-081")
@pytest.mark.parametrize("role", BOTH)
def test_an_order_keeps_prices_and_names(sold: str, role: str) -> None:
    for change in (
        "unit_price_cents = 1",
        "quantity = 1",
        "product_title = 'Autre'",
        "product_handle = 'autre'",
        "variant_title = 'Autre'",
        "variant_sku = 'AUTRE'",
        "tax_rate = 5.5",
    ):
        refused(role, f"UPDATE order_line SET {change}", "an order keeps the prices and names it was placed with")  # noqa: S608
    refused(role, "DELETE FROM order_line", "table order_line only grows")
    refused(role, "UPDATE order_shipping_method SET amount_cents = 0", "an order keeps the prices")
    refused(role, "TRUNCATE order_line CASCADE", "only grows|permission denied")
    attempt(role, "UPDATE order_line SET metadata = '{}'")


@pytest.mark.parametrize("role", BOTH)
def test_the_history_of_prices_is_neither_typed_nor_rewritten(sold: str, role: str) -> None:
    typed = (
        "INSERT INTO price_history (variant_id, currency_code, amount_cents, is_public, valid_from_at, recorded_at,"
        " actor, request_id) VALUES ('variant_1', 'eur', 99900, true, now(), now() - interval '60 days', 'me', 'none')"
    )
    refused(role, typed, "written by the change of a price, never by hand")
    refused(role, "UPDATE price_history SET amount_cents = 99900", "table price_history only grows")
    refused(role, "DELETE FROM price_history", "table price_history only grows")
    refused(role, "TRUNCATE price_history", "only grows|permission denied")
    refused(role, "TRUNCATE price", "never emptied|permission denied")
    attempt(role, "UPDATE price SET amount_cents = 39900")
    assert read_rows("SELECT amount_cents, actor FROM price_history ORDER BY id") == [
        (34_900, "test"),
        (39_900, "somebody with psql"),
    ]


@pytest.mark.parametrize("role", BOTH)
def test_the_shelf_promises_and_sells_no_more_than_it_holds(sold: str, role: str) -> None:
    refused(role, "UPDATE stock_level SET reserved_quantity = 0", "counted from the reservations, never by hand")
    refused(role, "UPDATE stock_level SET stocked_quantity = 0", "ck_stock_level_never_overpromised")
    refused(role, "UPDATE stock_level SET stocked_quantity = -1", "ck_stock_level_never")
    promise = (
        "INSERT INTO stock_reservation (cart_id, variant_id, quantity, expires_at)"
        " SELECT 'cart_other', variant_id, 8, now() FROM stock_level"
    )
    refused(role, promise, "ck_stock_level_never_overpromised")
    refused(role, "UPDATE stock_reservation SET quantity = 9", "ck_stock_level_never_overpromised")
    refused(role, "UPDATE product_variant SET allows_backorder = true", "sells_what_is_there")
    refused(role, "TRUNCATE stock_reservation", "never emptied|permission denied")
    attempt(role, "DELETE FROM stock_reservation")
    assert read_rows("SELECT stocked_quantity, reserved_quantity FROM stock_level") == [(8, 0)]


RETURNED = """
WITH option AS (SELECT id FROM shipping_option LIMIT 1), made AS (
    INSERT INTO order_return (id, order_id, shipping_option_id, shipping_name, shipping_amount_cents)
    SELECT 'return_1', "order".id, option.id, 'Retour', 0 FROM "order", option RETURNING id
)
INSERT INTO return_line (id, return_id, order_line_id, quantity)
SELECT 'retline_1', made.id, order_line.id, 2 FROM made, order_line
"""
MOVE = """
INSERT INTO stock_movement (variant_id, delta, reason, note, return_line_id)
SELECT variant_id, :delta, :reason, :note, :line FROM stock_level
"""


@row("S0-138")
@pytest.mark.parametrize("role", BOTH)
def test_a_movement_says_what_it_is_who_made_it_and_what_came_back_once(sold: str, role: str) -> None:
    with unit_of_work("test") as session:
        session.execute(text(RETURNED))
    plain: dict[str, object] = {"delta": 1, "reason": "receipt", "note": None, "line": None}
    for given, said in (
        ({"delta": -1}, "ck_stock_movement_reason"),
        ({"reason": "sale"}, "ck_stock_movement_reason"),
        ({"reason": "gift"}, "ck_stock_movement_reason"),
        ({"reason": "correction"}, "ck_stock_movement_correction_has_its_note"),
        ({"reason": "return"}, "ck_stock_movement_return_has_its_line"),
        ({"line": "retline_1"}, "ck_stock_movement_return_has_its_line"),
        ({"reason": "return", "line": "retline_none"}, "did not bring 1 pieces"),
        ({"reason": "return", "line": "retline_1", "delta": 3}, "did not bring 3 pieces"),
    ):
        refused(role, MOVE, said, **{**plain, **given})
    attempt(role, MOVE, **{**plain, "reason": "return", "line": "retline_1", "delta": 2})
    refused(role, MOVE, "uq_stock_movement_return_line_id", **{**plain, "reason": "return", "line": "retline_1"})
    refused(role, "UPDATE stock_movement SET delta = 9", "table stock_movement only grows")
    refused(role, "DELETE FROM stock_movement", "table stock_movement only grows")
    last = "SELECT delta, actor FROM stock_movement ORDER BY id DESC LIMIT 1"
    assert read_rows(last) == [(2, "somebody with psql")]
    planned = (
        "INSERT INTO scheduled_price (id, variant_id, currency_code, amount_cents, applies_at, created_by)"
        " SELECT 'sprice_' || n, variant_id, 'eur', 1, '2030-01-01', 'x' FROM stock_level, generate_series(1, {}) n"
    )
    refused(role, planned.format(2), "ix_scheduled_price_planned")
    for statement in (MOVE, planned.format(1), "UPDATE price SET amount_cents = 1"):
        with pytest.raises(DBAPIError, match="changed through comptoir only"):
            attempt_unsigned(role, statement, plain if statement is MOVE else {})
