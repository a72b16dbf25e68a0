"""Statements that take long, or fail after waiting long, each as a log line with the request that sent it.

In place of a comment in every statement, which would be another text each time, prepared by nobody
(docs/decisions/0015). The process id of the server's side finds the same statement in PostgreSQL's log and in
`pg_stat_activity`.
"""

import re
import time
from typing import Self

import psycopg
from psycopg.abc import Params, QueryNoTemplate
from psycopg.rows import TupleRow

from app.core.log import log_event

# As long as in PostgreSQL's own log (infra/inventory/group_data/all.py): each of its lines has one of ours.
SLOW_SECONDS = 0.5
# `UPDATE stock_level`: what is done to which table first; a statement's text stays where it is.
TABLE = re.compile(r'\b(?:FROM|INTO|UPDATE)\s+"?(\w+)')


class TimedCursor(psycopg.Cursor[TupleRow]):
    """A cursor that looks at the clock: a tenth of what SQLAlchemy's own events cost."""

    def execute(  # type: ignore[override]  # SQLAlchemy sends no template strings
        self,
        query: QueryNoTemplate,
        params: Params | None = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Self:
        """One statement; told if it was slow, whether it succeeds or not."""
        begun = time.perf_counter()
        try:
            return super().execute(query, params, prepare=prepare, binary=binary)
        finally:
            seconds = time.perf_counter() - begun
            if seconds >= SLOW_SECONDS:
                _report(self.connection, str(query), seconds)


def _report(connection: psycopg.Connection[TupleRow], text: str, seconds: float) -> None:
    table, verb = TABLE.search(text), text.split(maxsplit=1)[0]
    log_event(
        "slow statement",
        level="warning",
        code=f"{verb} {table[1]}" if table else verb,
        durationMs=round(seconds * 1000, 1),
        backend=connection.info.backend_pid,
    )
