"""Sessions and transactions: one request or one job is one transaction, committed before the answer leaves.

The only file that may call `commit()` or `rollback()`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Annotated

from fastapi import Depends
from pydantic_core import from_json
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, sessionmaker
from sqlalchemy.types import Text

from app.core.context import acting_as, current_actor, current_request_id
from app.core.settings import get_settings

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


@cache
def get_engine() -> Engine:
    """The process's engine; ten connections and five more in a rush fit two workers into a 2 GB server."""
    settings = get_settings()
    return create_engine(
        settings.database_url,
        pool_size=10,
        max_overflow=5,
        pool_timeout=5,
        pool_pre_ping=True,
        json_deserializer=from_json,
        connect_args={"application_name": "comptoir", "options": "-c timezone=UTC"},
    )


@cache
def session_factory() -> sessionmaker[Session]:
    """The factory behind `get_session` and `unit_of_work`; nothing else opens a session."""
    factory = sessionmaker(get_engine(), expire_on_commit=False)
    event.listen(factory, "after_begin", sign_transaction)
    return factory


def sign_transaction(_session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    """Write actor and request id into the transaction: triggers on money and stock demand them (design §2)."""
    connection.execute(
        text("SELECT set_config('comptoir.actor', :actor, true), set_config('comptoir.request_id', :request_id, true)"),
        {"actor": current_actor.get(), "request_id": current_request_id.get()},
    )


@contextmanager
def _transaction() -> Iterator[Session]:
    with session_factory()() as session:
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


@contextmanager
def unit_of_work(actor: str | None = None) -> Iterator[Session]:
    """One transaction for a job, the webhook or a route that talks to a vendor between two of them.

    `actor` names who acts (`job:stock.expire`, a login name); without it the actor of the context stays.
    """
    with acting_as(actor or current_actor.get()), _transaction() as session:
        yield session
