"""Makes one thing into thousands inside the database: rows are copied with everything that hangs below them.

The database's own constraints say what hangs where and what must differ, so that a new column or table needs no change
here. Copy number 7 of `prod_x` is `prod_x-7`; unique texts get the same ending. Same template, same copies, every time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import psycopg

from bench.servers import sign

Connection = psycopg.Connection[tuple[object, ...]]

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL), a.atthasdef, a.attidentity <> '' OR a.attgenerated <> ''
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
"""
REFERENCES = """
SELECT child.relname, a.attname, parent.relname, b.attname
FROM pg_constraint k
JOIN pg_class child ON child.oid = k.conrelid JOIN pg_class parent ON parent.oid = k.confrelid
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
WHERE k.contype = 'f' AND cardinality(k.conkey) = 1 AND k.connamespace = 'public'::regnamespace
ORDER BY 1, 2
"""
UNIQUE = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attname)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
GROUP BY c.relname, i.indexrelid ORDER BY 1, 2
"""


class CannotCopy(Exception):
    """A table is not as this module expects; the message names it and what is missing."""


@dataclass(frozen=True)
class Column:
    """One column: its type, and whether the database fills it."""

    name: str
    type: str
    has_default: bool
    is_made_by_database: bool


@dataclass(frozen=True)
class Reference:
    """A foreign key of one column."""

    table: str
    column: str
    parent: str
    parent_column: str


@dataclass
class Schema:
    """What the database says of its tables."""

    columns: dict[str, list[Column]] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    unique: dict[str, list[list[str]]] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: Connection) -> "Schema":
        """The schema of this database."""
        schema = cls()
        for table, name, kind, has_default, is_made in connection.execute(COLUMNS):
            column = Column(str(name), str(kind), bool(has_default), bool(is_made))
            schema.columns.setdefault(str(table), []).append(column)
        schema.references = [Reference(*map(str, row)) for row in connection.execute(REFERENCES)]
        for table, names in connection.execute(UNIQUE):
            schema.unique.setdefault(str(table), []).append(list(names))  # type: ignore[call-overload]
        return schema


@dataclass(frozen=True)
class Template:
    """What is copied: chosen rows of some tables (an SQL condition each), and all rows below them.

    `without` are tables that are not followed; `changes` are SQL expressions for columns, in which `n` is the number of
    the copy and `s` the row copied.
    """

    roots: Mapping[str, str]
    without: frozenset[str] = frozenset()
    changes: Mapping[tuple[str, str], str] = field(default_factory=dict)


def copy(connection: Connection, template: Template, first: int, last: int) -> dict[str, int]:
    """Make the copies numbered `first` to `last`, in the caller's transaction; rows made, by table."""
    schema = Schema.read(connection)
    chosen = choose(schema, template)
    # No trigger and no check per row: the copies are as right as their template.
    connection.execute("SET LOCAL session_replication_role = replica")
    sign(connection)
    made = {}
    for table, condition in chosen.items():
        names, values = compose(schema, chosen, template, table)
        statement = (
            f'INSERT INTO "{table}" ({", ".join(names)}) SELECT {", ".join(values)} '
            f'FROM "{table}" s CROSS JOIN generate_series({first}, {last}) n WHERE {condition}'
        )
        made[table] = connection.execute(statement.encode()).rowcount
    connection.execute("SET LOCAL session_replication_role = origin")
    return made


def choose(schema: Schema, template: Template) -> dict[str, str]:
    """Every table of the template with the condition on its rows."""
    chosen = dict(template.roots)
    waiting = list(chosen)
    while waiting:
        parent = waiting.pop(0)
        for reference in schema.references:
            child = reference.table
            if reference.parent == parent and child not in chosen and child not in template.without:
                inner = chosen[parent].replace('s."', 'p."')
                chosen[child] = (
                    f's."{reference.column}" IN (SELECT p."{reference.parent_column}" FROM "{parent}" p WHERE {inner})'
                )
                waiting.append(child)
    return chosen


def compose(schema: Schema, chosen: Iterable[str], template: Template, table: str) -> tuple[list[str], list[str]]:
    """The columns of one table and what each holds in a copy; raises `CannotCopy`."""
    tables = set(chosen)
    values: dict[str, str] = {}
    for column in schema.columns[table]:
        if not column.is_made_by_database:
            values[column.name] = template.changes.get((table, column.name), f's."{column.name}"')
    followed = {ref.column for ref in schema.references if ref.table == table and ref.parent in tables}
    different = {name for changed, name in template.changes if changed == table}
    for name in followed - different:
        values[name] = f"s.\"{name}\" || '-' || n"
    different |= followed | {column.name for column in schema.columns[table] if column.is_made_by_database}
    for names in schema.unique.get(table, []):
        if not different & set(names):
            different.add(make_different(schema.columns[table], names, values, table))
    return [f'"{name}"' for name in values], list(values.values())


def make_different(columns: list[Column], names: list[str], values: dict[str, str], table: str) -> str:
    """Change one column of a unique index: leave it to its default, or end its text with the number."""
    known = {column.name: column for column in columns}
    for name in names:
        if known[name].type == "text":
            values[name] = f"s.\"{name}\" || '-' || n"
            return name
        if known[name].has_default and known[name].type == "uuid":
            del values[name]
            return name
    raise CannotCopy(f"{table} ({', '.join(names)}): name in `changes` what each copy holds there")
