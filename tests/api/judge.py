"""What every answer of the product must be, whatever was asked; used by the tests that ask for anything."""

import json
from dataclasses import dataclass

import httpx2
from sqlalchemy import func, select, table, text

from app.core.db import unit_of_work
from tests.api.walk import Step

ERROR_KEYS = {"type", "message", "code", "requestId"}
LIST_TABLES = text(
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
)
# What a refusal may leave behind: the jobs' own tables are the worker's.
PASSED_OVER = ("alembic_version", "procrastinate_")
# Each must find nothing: what a half-written change would leave.
INVARIANTS = {
    "a line without pieces": "SELECT id FROM cart_line WHERE quantity < 1",
    "stock that its movements do not explain": (
        "SELECT variant_id FROM stock_level JOIN stock_movement USING (variant_id)"
        " GROUP BY variant_id, stocked_quantity HAVING sum(stock_movement.delta) <> stocked_quantity"
    ),
    "an order without lines": 'SELECT id FROM "order" WHERE id NOT IN (SELECT order_id FROM order_line)',
    "a completed cart without its order": (
        'SELECT id FROM cart WHERE completed_at IS NOT NULL AND id NOT IN (SELECT cart_id FROM "order")'
    ),
    "a session of another amount than its collection": (
        "SELECT payment_session.id FROM payment_session JOIN payment_collection"
        " ON payment_collection.id = payment_session.payment_collection_id"
        " WHERE superseded_at IS NULL AND payment_session.status = 'pending'"
        " AND payment_session.amount_cents <> payment_collection.amount_cents"
    ),
}


@dataclass(frozen=True)
class Asked:
    """What was sent, to be said when the answer is wrong."""

    step: Step
    said: object

    def __str__(self) -> str:
        return f"{self.step.name} <- {str(self.said)[:300]}"


def check_answer(asked: Asked, answer: httpx2.Response) -> None:
    """No 5xx; the request id; an error in the shape of the house; JSON without what JSON has not."""
    assert answer.status_code < 500 or asked.step.is_health, f"{asked}: {answer.status_code} {answer.text[:300]}"
    assert answer.headers["x-request-id"], str(asked)
    if asked.step.is_page or asked.step.is_health or answer.status_code in (204, 304):
        return
    if answer.status_code < 400:
        if "json" in answer.headers.get("content-type", ""):
            json.loads(answer.text, parse_constant=_refuse)
        return
    body = answer.json()
    assert body.keys() >= ERROR_KEYS, f"{asked}: {answer.text[:300]}"
    assert body["requestId"] == answer.headers["x-request-id"], str(asked)
    assert all(isinstance(body[name], str) and body[name] for name in ERROR_KEYS), f"{asked}: {answer.text[:300]}"


def _refuse(name: str) -> object:
    raise AssertionError(f"{name} is no JSON")


# A transaction that writes takes a number: while those given and those at work stay the same, nothing was written.
WRITERS = text("SELECT pg_current_snapshot()::text")


class Rows:
    """How many rows each table has; a refusal changes none. They are counted again only if anybody wrote meanwhile."""

    def __init__(self) -> None:
        with unit_of_work("test") as session:
            tables = [name for name in session.scalars(LIST_TABLES) if not name.startswith(PASSED_OVER)]
        counts = [select(func.count()).select_from(table(name)).scalar_subquery().label(name) for name in tables]
        self._query = select(*counts)
        self._writers = ""
        self.known: dict[str, int] = {}
        self.count()

    def count(self) -> dict[str, int]:
        """Now."""
        with unit_of_work("test") as session:
            writers = str(session.scalar(WRITERS))
            if writers != self._writers:
                self.known = dict(session.execute(self._query).mappings().one())
                self._writers = writers
        return self.known

    def changed(self) -> dict[str, tuple[int, int]]:
        """The tables that have more or fewer rows than at the last look: before and after."""
        before, after = self.known, self.count()
        return {name: (before[name], now) for name, now in after.items() if before[name] != now}


def check_invariants() -> None:
    """Nothing stands half-written in the database."""
    with unit_of_work("test") as session:
        found = {name: list(session.execute(text(query))) for name, query in INVARIANTS.items()}
    assert {name: rows for name, rows in found.items() if rows} == {}
