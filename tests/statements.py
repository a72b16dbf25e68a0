"""How many statements a call sends to the database: small, and the same however much there is to show."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event

from app.core.db import get_engine


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """The statements sent meanwhile, those that sign a transaction included."""
    sent: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    engine = get_engine()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
