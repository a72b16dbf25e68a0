"""What a table says by its column names: money in cents, instants `_at`, days `_on`, nothing loaded by surprise."""

import importlib
import re
from collections.abc import Iterator

from sqlalchemy import BigInteger, Date, DateTime, Float, Integer, MetaData, Numeric, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry, relationship
from sqlalchemy.schema import Column, ForeignKey

from app.core.db import Base
from tests.architecture.source import files, refuse

MONEY = re.compile(r"(^|_)(price|amount|total|subtotal|fee|cost|paid|refunded|captured|refund_committed)(_|$)")
NOT_MONEY = re.compile(r"_(id|ids|at|on|type|kind|status|state|code|rate|count|quantity|key|name)$|^(is|has)_")


def load_every_model() -> None:
    for path in files():
        if path.parts[0] == "app" and path.name == "models.py":
            importlib.import_module(".".join(path.with_suffix("").parts))


def money_columns(metadata: MetaData) -> Iterator[str]:
    for column in columns(metadata):
        where = f"{column.table.name}.{column.name}"
        is_number = isinstance(column.type, Integer | Numeric) and not column.foreign_keys and not column.primary_key
        if isinstance(column.type, Float):
            yield f"{where}: a float; money is BIGINT or INTEGER cents, a rate is NUMERIC"
        elif column.name.endswith("_cents"):
            if not isinstance(column.type, Integer):
                yield f"{where}: cents are an integer, this is {column.type}"
        elif is_number and MONEY.search(column.name) and not NOT_MONEY.search(column.name):
            yield f"{where}: call it {column.name}_cents"


def money_without_currency(metadata: MetaData) -> Iterator[str]:
    for table in metadata.tables.values():
        if any(column.name.endswith("_cents") for column in table.columns) and not knows_currency(table, {table.name}):
            yield table.name


def knows_currency(table: Table, seen: set[str]) -> bool:
    """The row says its currency, or belongs to a row that does (an order line to its order)."""
    if any("currency" in column.name for column in table.columns):
        return True
    owners = {key.column.table for column in table.columns if not column.nullable for key in column.foreign_keys}
    return any(knows_currency(owner, seen | {owner.name}) for owner in owners if owner.name not in seen)


def time_columns(metadata: MetaData) -> Iterator[str]:
    for column in columns(metadata):
        where = f"{column.table.name}.{column.name}"
        if isinstance(column.type, DateTime):
            if not column.type.timezone:
                yield f"{where}: TIMESTAMP without time zone"
            if not column.name.endswith("_at"):
                yield f"{where}: an instant ends in _at"
        if isinstance(column.type, Date) and not column.name.endswith("_on"):
            yield f"{where}: a day ends in _on"


def negative_booleans(metadata: MetaData) -> Iterator[str]:
    for column in columns(metadata):
        if re.search(r"(^|_)(not|no|non|without)_", column.name):
            yield f"{column.table.name}.{column.name}"


def eager_or_lazy_relationships(mappers: registry) -> Iterator[str]:
    for mapper in mappers.mappers:
        for relation in mapper.relationships:
            if relation.lazy != "raise":
                yield f"{mapper.class_.__name__}.{relation.key}: lazy={relation.lazy!r}"


def columns(metadata: MetaData) -> Iterator[Column[object]]:
    for table in metadata.tables.values():
        yield from table.columns


def test_money_is_integer_cents_and_says_so() -> None:
    load_every_model()
    refuse(list(money_columns(Base.metadata)), "Money is integer cents in a column that ends in _cents:")


def test_money_has_its_currency_beside_it() -> None:
    load_every_model()
    refuse(list(money_without_currency(Base.metadata)), "Add currency_code to the row, or a NOT NULL key to its owner:")


def test_instants_are_aware_and_days_are_days() -> None:
    load_every_model()
    refuse(list(time_columns(Base.metadata)), "TIMESTAMP WITH TIME ZONE named *_at; DATE named *_on:")


def test_booleans_are_positive_facts() -> None:
    load_every_model()
    refuse(list(negative_booleans(Base.metadata)), "Name the fact itself: is_received, not not_yet_received:")


def test_relationships_load_only_what_the_query_says() -> None:
    load_every_model()
    refuse(
        list(eager_or_lazy_relationships(Base.registry)), 'Write relationship(lazy="raise") and load it in the query:'
    )


class Scratch(DeclarativeBase):
    """A small schema with one of each fault, to see that the rules see."""


class Owner(Scratch):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    currency_code: Mapped[str]
    total_cents: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[object] = mapped_column(DateTime(timezone=True))
    born_on: Mapped[object] = mapped_column(Date)
    amount_type: Mapped[int]


class Owned(Scratch):
    __tablename__ = "owned"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
    price_cents: Mapped[int]
    owner: Mapped[Owner] = relationship(lazy="raise")


class Faulty(Scratch):
    __tablename__ = "faulty"
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]
    fee_cents: Mapped[object] = mapped_column(Numeric)
    weight: Mapped[float] = mapped_column(Float)
    created: Mapped[object] = mapped_column(DateTime)
    birthday: Mapped[object] = mapped_column(Date)
    not_yet_received: Mapped[bool]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owner.id"))
    owner: Mapped[Owner | None] = relationship()


def test_the_rules_see_a_faulty_table_and_leave_the_others() -> None:
    assert sorted(finding.split(":")[0] for finding in money_columns(Scratch.metadata)) == [
        "faulty.fee_cents",
        "faulty.price",
        "faulty.weight",
    ]
    assert list(money_without_currency(Scratch.metadata)) == ["faulty"]
    assert sorted(time_columns(Scratch.metadata)) == [
        "faulty.birthday: a day ends in _on",
        "faulty.created: TIMESTAMP without time zone",
        "faulty.created: an instant ends in _at",
    ]
    assert list(negative_booleans(Scratch.metadata)) == ["faulty.not_yet_received"]
    assert list(eager_or_lazy_relationships(Scratch.registry)) == ["Faulty.owner: lazy='select'"]
