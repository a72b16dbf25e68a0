"""The runbook's "never do this" (design §4.10), tried by everybody who might: each is refused, and told what to do.

From another machine: `test_host_seal.py` (commands), `tests/appliance/test_audit.py` (the database answers there only).
A webhook that was switched off: `test_endpoint_repaired.py`. Secrets in git: `tests/architecture/test_secrets.py`.
"""

from collections.abc import Iterator

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.db import unit_of_work
from tests.api.test_database_guards import ROLES, attempt
from tests.money_back import Paid, Staff, ask_back, buy, hire
from tests.rows import row
from tests.shop_front import Buyer, FakeStripe, Json, read_rows

READER = """
DO $$ BEGIN
    IF to_regrole('guards_reader') IS NULL THEN CREATE ROLE guards_reader; END IF;
    GRANT USAGE ON SCHEMA public TO guards_reader;
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO guards_reader;
END $$
"""
KEPT = (
    "product", "product_variant", "price", "stock_level", "stock_movement", '"order"', "order_line", "payment",
    "refund", "order_return", "invoice", "payment_journal",
)  # fmt: skip
# What nobody does by SQL either, as whichever role, though the transaction names an actor.
STATEMENTS = {
    "delete a product that was sold": "DELETE FROM product",
    "delete a variant that was sold": "DELETE FROM product_variant",
    "change a published handle": "UPDATE product SET handle = 'autre'",
    "publish what has no picture": "DELETE FROM product_image",
    "change the price of an order": "UPDATE order_line SET unit_price_cents = 1",
    "remove a line of an order": "DELETE FROM order_line",
    "refund without a ground": (
        "INSERT INTO refund (id, payment_id, amount_cents, currency_code, status, requested_by)"
        " SELECT 'ref_x', id, 100, currency_code, 'requested', 'me' FROM payment"
    ),
    "refund a return that is not here": (
        "INSERT INTO refund (id, payment_id, return_id, amount_cents, currency_code, status, requested_by)"
        " SELECT 'ref_x', payment.id, order_return.id, 100, currency_code, 'requested', 'me' FROM payment, order_return"
    ),
    "give more back than came": "UPDATE payment SET refund_committed_cents = amount_cents + 1",
    "sell what is not there": "UPDATE stock_level SET stocked_quantity = -1",
    "rewrite a movement of the stock": "UPDATE stock_movement SET delta = delta + 1",
    "edit an invoice": "UPDATE invoice SET total_cents = 1",
    "delete an invoice": "DELETE FROM invoice",
    "number an invoice by hand": "UPDATE invoice_series SET last_number = last_number + 2",
    "rewrite the journal": "UPDATE payment_journal SET amount_cents = 1",
    "rewrite the history of prices": "UPDATE price_history SET amount_cents = 1",
    "rewrite who did what": "UPDATE audit_log SET actor = 'somebody else'",
}
# The same rows may be changed by the application, when the transaction says for whom.
UNSIGNED = (
    "UPDATE price SET amount_cents = 1", "UPDATE stock_level SET stocked_quantity = 500",
    "UPDATE \"order\" SET status = 'completed'", "UPDATE payment SET captured_at = NULL",
    "UPDATE refund SET status = 'succeeded'",
)  # fmt: skip


@pytest.fixture
def paid(buyer: Buyer, fake_stripe: FakeStripe) -> Paid:
    """An order that was paid, of a published product, and a return of it that is only asked for."""
    found = buy(buyer, fake_stripe)
    ask_back(found, 1, is_withdrawal=False)
    return found


@pytest.fixture
def roles(paid: Paid) -> Iterator[None]:
    """The application's role, the owner of the tables, and what people get."""
    with unit_of_work("test") as session:
        session.execute(text(ROLES))
        session.execute(text(READER))
    yield
    with unit_of_work("test") as session:
        session.execute(text("REASSIGN OWNED BY guards_owner TO CURRENT_USER"))
        session.execute(text("DROP OWNED BY guards_owner, guards_app, guards_reader"))


def kept() -> dict[str, object]:
    return {name: read_rows(f"SELECT to_jsonb(t) FROM {name} t ORDER BY to_jsonb(t)::text") for name in KEPT}  # noqa: S608


def ids() -> dict[str, str]:
    ((product_id, variant_id, return_id),) = read_rows(
        "SELECT product_id, variant_id, order_return.id FROM order_line, order_return"
    )
    return {"product": str(product_id), "variant": str(variant_id), "return": str(return_id)}


@row("S0-140", "S0-141", "S0-142")
@pytest.mark.parametrize("role", ["owner", "staff"])
def test_neither_the_owner_nor_staff_does_it_in_the_admin(paid: Paid, buyer: Buyer, role: str) -> None:
    somebody, known = hire(buyer, role), ids()
    product, variant = f"/products/{known['product']}", f"/products/{known['product']}/variants/{known['variant']}"
    refund = f"/payments/{paid.payment_id}/refund"
    cases: list[tuple[str, str, Json | None, str, str]] = [
        ("DELETE", product, None, "product_has_orders", "archive"),
        ("DELETE", variant, None, "product_has_orders", "archive"),
        ("POST", product, {"handle": "autre"}, "invalid_product", "another product"),
        ("POST", product, {"images": []}, "not_publishable", "draft"),
        ("POST", variant, {"prices": [{"currency_code": "eur", "amount": 1}]}, "price_moves_by_half", "confirm"),
        ("POST", variant, {"prices": [{"currency_code": "eur", "amount": -1}]}, "invalid_data", "prices"),
        ("POST", refund, {}, "refund_without_ground", "return"),
        ("POST", refund, {"return_id": known["return"]}, "refund_before_return", "receive"),
        ("POST", f"/orders/{paid.order_id}", {"total": 1}, "invalid_data", "total"),
    ]
    before = kept()
    for method, path, body, code, advice in cases:
        answer = ask(somebody, method, path, body)
        assert answer.status_code in range(400, 500), (path, answer.text)
        assert answer.json()["code"] == code, (path, answer.text)
        assert advice in answer.json()["message"], "what to do instead"
    assert kept() == before


def ask(somebody: Staff, method: str, path: str, body: Json | None) -> httpx2.Response:
    return somebody.http.request(method, f"/admin{path}", json=body, headers=somebody.headers)


@row("S0-140", "S0-141", "S0-142")
@pytest.mark.parametrize("role", ["guards_app", "guards_owner", "guards_reader"])
def test_nobody_does_it_by_sql(roles: None, role: str) -> None:
    before = kept()
    for what, statement in STATEMENTS.items():
        with pytest.raises(DBAPIError) as refused:
            attempt(role, statement)
        assert "syntax" not in str(refused.value).lower(), what
        assert kept() == before, what


@row("S0-138")
@pytest.mark.parametrize("role", ["guards_app", "guards_owner", "guards_reader"])
def test_money_and_stock_are_not_changed_beside_the_application(roles: None, role: str) -> None:
    before = kept()
    for statement in UNSIGNED:
        with pytest.raises(DBAPIError, match=r"changed through comptoir only|permission denied"):
            change_unsigned(role, statement)
        assert kept() == before, statement


def change_unsigned(role: str, statement: str) -> None:
    """As somebody types it: the transaction names nobody."""
    with unit_of_work() as session:
        session.connection().exec_driver_sql(f"SET LOCAL ROLE {role}")
        session.connection().exec_driver_sql(statement)
