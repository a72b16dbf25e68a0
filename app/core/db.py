"""Sessions and transactions: one request or one job is one transaction, committed before the answer leaves.

The only file that may call `commit()` or `rollback()`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from select import POLLIN, poll
from typing import Annotated, cast

import psycopg
from fastapi import Depends
from pydantic_core import from_json
from sqlalchemy import Engine, MetaData, Table, Update, bindparam, create_engine, event, inspect, text, update
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, SessionTransaction, sessionmaker
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.types import Text

from app.core.context import acting_as, current_actor, current_request_id
from app.core.locks import LOCK_TIMEOUT_MILLISECONDS, STATEMENT_TIMEOUT_MILLISECONDS
from app.core.settings import get_settings
from app.core.slow_statements import TimedCursor

SIGNED = "is_signed"
LIMITED = "limits_statements"
SIGNING = text(
    "SELECT set_config('comptoir.actor', :actor, true), set_config('comptoir.request_id', :request_id, true)"
)
SIGNING_WITH_LIMIT = text(f"{SIGNING.text}, set_config('statement_timeout', '{STATEMENT_TIMEOUT_MILLISECONDS}', true)")
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Json = dict[str, object]


class Base(DeclarativeBase):
    """Parent of every table; texts are TEXT, instants are timestamptz, free-form data is JSONB."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {str: Text, datetime: TIMESTAMP(timezone=True), Json: JSONB}  # noqa: RUF012 - SQLAlchemy reads it so


class Columns:
    """What a cursor says of its columns, for whoever asks: psycopg makes an object of each, at every statement.

    SQLAlchemy knows the names after the first time and only looks whether there are any: a fifteenth of a purchase.
    """

    def __init__(self, cursor: psycopg.Cursor, count: int) -> None:
        self._cursor = cursor
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: int | slice) -> psycopg.Column | list[psycopg.Column]:
        return list(self)[place]

    def __iter__(self) -> Iterator[psycopg.Column]:
        return (psycopg.Column(self._cursor, place) for place in range(self._count))


class Cursor(TimedCursor):
    """psycopg's, which describes its columns only when asked."""

    @property
    def description(self) -> Columns | None:  # type: ignore[override]  # it reads like psycopg's list
        result = self.pgresult
        return Columns(self, result.nfields) if result is not None and result.nfields else None


@cache
def get_engine() -> Engine:
    """The process's engine; ten connections and five more in a rush fit two workers into a 2 GB server."""
    settings = get_settings()
    engine = create_engine(
        settings.database_url,
        pool_size=10,
        max_overflow=5,
        pool_timeout=5,
        hide_parameters=True,  # in the texts of failures: they hold addresses
        json_deserializer=from_json,
        connect_args={
            "cursor_factory": Cursor,
            "application_name": "comptoir",
            "options": f"-c timezone=UTC -c lock_timeout={LOCK_TIMEOUT_MILLISECONDS}",
        },
    )
    event.listen(engine, "checkout", refuse_closed)
    return engine


def refuse_closed(connection: psycopg.Connection, _record: object, _proxy: object) -> None:
    """A connection that the server closed has its end waiting to be read: the pool then opens another one.

    Costs no round trip, as asking the server at each request does; and an idle connection has nothing else to say.
    """
    if connection.closed or _is_readable(connection.fileno()):
        raise DisconnectionError


def _is_readable(descriptor: int) -> bool:
    poller = poll()
    poller.register(descriptor, POLLIN)
    return bool(poller.poll(0))


@cache
def session_factory() -> sessionmaker[Session]:
    """The factory behind `get_session` and `unit_of_work`; nothing else opens a session."""
    factory = sessionmaker(get_engine(), expire_on_commit=False)
    event.listen(factory, "do_orm_execute", _sign_before_statement)
    event.listen(factory, "before_flush", lambda session, *_: sign_transaction(session))
    event.listen(factory, "after_transaction_end", _forget_signature)
    return factory


def sign_transaction(session: Session) -> None:
    """Write actor and request id into the transaction: triggers on money and stock demand them (design §2).

    Before its first write: most transactions only read, and what escaped this would be refused, not unsigned.
    """
    if SIGNED in session.info:
        return
    session.info[SIGNED] = True
    statement = SIGNING_WITH_LIMIT if LIMITED in session.info else SIGNING
    session.connection().execute(statement, {"actor": current_actor.get(), "request_id": current_request_id.get()})


def write_columns(session: Session, row: Base, **values: object) -> None:
    """Write these columns of a row now, and show them on its object.

    One statement that was built once: of a single row a flush costs eight times as much. Its key is `id`.
    """
    sign_transaction(session)
    keys = inspect(row).identity or ()
    session.connection().execute(
        _update_of(type(row), tuple(values)), {"row_id": keys[0], **{f"new_{name}": values[name] for name in values}}
    )
    for name, value in values.items():
        set_committed_value(row, name, value)


@cache
def _update_of(model: type[Base], names: tuple[str, ...]) -> Update:
    columns = inspect(model).columns
    given = {columns[name]: bindparam(f"new_{name}", type_=columns[name].type) for name in names}
    return update(cast(Table, inspect(model).local_table)).where(columns["id"] == bindparam("row_id")).values(given)


def _sign_before_statement(state: ORMExecuteState) -> None:
    if not state.is_select:
        sign_transaction(state.session)


def _forget_signature(session: Session, transaction: SessionTransaction) -> None:
    """A savepoint that is undone takes a signature with it that was written inside."""
    if transaction.nested or transaction.parent is None:
        session.info.pop(SIGNED, None)


@contextmanager
def _transaction(**info: bool) -> Iterator[Session]:
    with session_factory()(info=info) as session:
        try:
            yield session
        except BaseException:
            session.rollback()
            raise
        else:
            session.commit()


def get_session() -> Iterator[Session]:
    """The request's session: committed once the route has returned and before the answer leaves."""
    with _transaction() as session:
        yield session


# FastAPI's default scope would commit after the client has its answer: a failed commit would then say 200.
SessionDep = Annotated[Session, Depends(get_session, scope="function")]


def end_reading(session: Session) -> None:
    """Give a request's connection back before something takes one of its own: nobody may wait for a second one in hand.

    What was read stays as it is; a session that wrote keeps its transaction, and raises.
    """
    if SIGNED in session.info or session.new or session.dirty or session.deleted:
        raise RuntimeError("this transaction has written and ends with the request")
    session.commit()


@contextmanager
def unit_of_work(actor: str | None = None, *, limits_statements: bool = False) -> Iterator[Session]:
    """One transaction for a job, the webhook or a route that talks to a vendor between two of them.

    `actor` names who acts (`job:stock.expire`, a login name); without it the actor of the context stays.
    `limits_statements`: from its first write on it gives up on any statement after 5 s.
    """
    info = {LIMITED: True} if limits_statements else {}
    with acting_as(actor or current_actor.get()), _transaction(**info) as session:
        yield session
