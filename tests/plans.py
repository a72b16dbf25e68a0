"""How PostgreSQL would read for the statements that are sent: their plans, and the tables that these go through."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, event

from app.core.db import get_engine

# What the server's file says (infra): pages are read from an SSD.
SERVER = "SET LOCAL random_page_cost = 1.1"
READING = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")
SEQUENTIAL = re.compile(r'Seq Scan on "?(\w+)')


@contextmanager
def explained() -> Iterator[list[str]]:
    """The plans of the statements sent meanwhile, each made in its own transaction just before it."""
    plans: list[str] = []

    def explain(
        connection: Connection,
        _cursor: object,
        statement: str,
        parameters: Mapping[str, object],
        _context: object,
        many: bool,
    ) -> None:
        if statement.startswith(READING) and "set_config" not in statement and not many:
            cursor = connection.connection.cursor()
            cursor.execute(SERVER)
            cursor.execute(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
            cursor.close()

    engine = get_engine()
    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(engine, "before_cursor_execute", explain)


def read_sequentially(plans: list[str]) -> set[str]:
    """The tables that these go through from end to end."""
    return {table for plan in plans for table in SEQUENTIAL.findall(plan)}
