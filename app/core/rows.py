"""Rows written by statements that were built once, and their objects, without a unit of work.

A flush works out anew each time what to write in which order and sends a statement for each table: that of an order was
a third of a webhook.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar, cast

from sqlalchemy import Insert, Table, TableValuedAlias, bindparam, column, func, insert, inspect, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, set_committed_value
from sqlalchemy.types import Text

from app.core.db import Base

M = TypeVar("M", bound=Base)


def list_written(model: type[Base], *, but: Collection[str] = (), also: Collection[str] = ()) -> tuple[str, ...]:
    """The columns that whoever writes a row gives: those that have no default in the database, and `also` these."""
    return tuple(
        name
        for name, own in inspect(model).columns.items()
        if name in also or (own.server_default is None and name not in but)
    )


def given_rows(model: type[Base], names: Sequence[str], parameter: str) -> TableValuedAlias:
    """The rows of one parameter, packed by `pack_rows`, as a table with these columns of the model."""
    columns = inspect(model).columns
    packed = func.jsonb_to_recordset(bindparam(parameter, type_=Text()).cast(JSONB))
    typed = [column(name, columns[name].type) for name in names]
    return packed.table_valued(*typed).render_derived(name=f"given_{parameter}", with_types=True)


def insert_given(model: type[Base], names: Sequence[str], parameter: str) -> Insert:
    """Insert the rows of one parameter, however many: the same statement each time."""
    columns = inspect(model).columns
    rows = select(*given_rows(model, names, parameter).c)
    return insert(cast(Table, inspect(model).local_table)).from_select([columns[name] for name in names], rows)


def pack_rows(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as one parameter; instants and decimals as the texts that PostgreSQL reads."""
    return json.dumps(rows, default=str)


def show_row(model: type[M], values: Mapping[str, object], **related: object) -> M:
    """The object of a row that was just written, with what hangs on it, as if both had been read.

    A session that it is added to takes it for read, too.
    """
    shown = model()
    instance_dict(shown).update(values)
    make_transient_to_detached(shown)
    for name, value in related.items():
        set_committed_value(shown, name, value)
    return shown
