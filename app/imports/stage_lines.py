"""From rows to lines that are kept: each cell read once, what is wrong in it noted with its line and column."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

from sqlalchemy import Integer, Text, TextualSelect, column, delete, select, text, update
from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.core.errors import Refusal
from app.core.rows import insert_given, pack_rows
from app.core.strict_json import parse_json
from app.core.wire import own_path
from app.imports.models import CsvLine, CsvProblem, CsvRun
from app.imports.parse_table import Form, Row, Source, read_form, read_rows
from app.imports.queries import MOST_PROBLEMS
from app.imports.render_problems import Problem, Unreadable, render_problem
from app.imports.rules import (
    MOST_AT_ONCE,
    MOST_LINES,
    MOST_VARIANTS,
    CellRefused,
    decide_columns,
    generalise,
    parse_amount,
    parse_cell,
    restore,
)
from app.shop.rules import check_currency

ROWS_AT_ONCE = 1_000
LONGEST_METADATA = 20_000
LISTS = {
    "product_tag_#": "tags",
    "product_image_#": "images",
    "product_category_#": "categories",
    "product_sales_channel_#": "channels",
}
_INSERT_LINES = insert_given(CsvLine, ("run_id", "number", "unit", "unit_number", "cells", "state"), "rows")
_INSERT_PROBLEMS = insert_given(CsvProblem, ("run_id", "line", "column", "code", "message_fr", "message_en"), "rows")

# Lines of one product follow its first line, wherever they stand.
_JOIN_UNITS = text(
    "UPDATE csv_line SET unit_number = first.number FROM ("
    " SELECT unit, min(number) AS number FROM csv_line WHERE run_id = :run_id GROUP BY unit HAVING count(*) > 1"
    ") first WHERE csv_line.run_id = :run_id AND csv_line.unit = first.unit AND csv_line.unit_number <> first.number"
)
# Each is a table; its lines are refused, and so is all that is written with them.
_FOUND = (column("number", Integer), column("first", Integer), column("what", Text))
_REPEATED_UNITS = text(
    "SELECT number, unit_number AS first, unit AS what FROM csv_line WHERE run_id = :of_run AND number <> unit_number"
).columns(*_FOUND)
_REPEATED_SKUS = text(
    "SELECT number, first, what FROM ("
    " SELECT number, cells->'variant'->>'sku' AS what,"
    " min(number) OVER (PARTITION BY cells->'variant'->>'sku') AS first"
    " FROM csv_line WHERE run_id = :of_run AND cells->'variant'->>'sku' IS NOT NULL"
    ") skus WHERE number <> first"
).columns(*_FOUND)
_LARGE_UNITS = text(
    "SELECT unit_number AS number, unit_number AS first, unit AS what FROM csv_line WHERE run_id = :of_run"
    " GROUP BY unit_number, unit HAVING count(*) > :most"
).columns(*_FOUND)


def stage_lines(run_id: str, kind: str, mode: str, source: Source, tell: Callable[[int], None]) -> Form:
    """Read a file into `csv_line`, a thousand rows per transaction; what was there of this run is replaced.

    `tell` hears how many lines are read. Raises `Unreadable`.
    """
    form = read_form(source, kind)
    with unit_of_work() as session:
        _forget(session, run_id)
    rows = read_rows(source, form)
    columns = _read_header(next(rows, None), kind)
    count = 0
    for batch in _batches(rows):
        count += len(batch)
        _demand_few(count, kind, mode)
        with unit_of_work() as session:
            _write(session, run_id, kind, [_read(row, columns, kind) for row in batch])
            session.execute(update(CsvRun).where(CsvRun.id == run_id).values(line_count=count))
        tell(count)
    if not count:
        raise Unreadable(render_problem("no_lines", 1))
    with unit_of_work() as session:
        _compare_lines(session, run_id, kind)
    return form


def _forget(session: Session, run_id: str) -> None:
    session.execute(delete(CsvLine).where(CsvLine.run_id == run_id))
    session.execute(delete(CsvProblem).where(CsvProblem.run_id == run_id))


def _read_header(header: Row | None, kind: str) -> list[str]:
    columns = decide_columns(header.cells if header else [], kind)
    for name in columns:
        if generalise(name).startswith("variant_price_*"):
            currency_code = name.split("_")[2]
            try:
                check_currency(currency_code)
            except Refusal:
                raise Unreadable(render_problem("unknown_currency", 1, name, found=currency_code)) from None
    return columns


def _demand_few(count: int, kind: str, mode: str) -> None:
    if count > MOST_LINES:
        raise Unreadable(render_problem("too_many_lines", most=MOST_LINES))
    if mode == "all" and count > MOST_AT_ONCE[kind]:
        raise Unreadable(render_problem("too_many_for_all", most=MOST_AT_ONCE[kind]))


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == ROWS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


class _Read:
    """A line as it is kept, with what is wrong in it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.cells: dict[str, object] = {}
        self.problems: list[Problem] = []

    def refuse(self, column: str, code: str, **values: object) -> None:
        """Note what is wrong."""
        self.problems.append(render_problem(code, self.number, column, **values))


def _read(row: Row, columns: Sequence[str], kind: str) -> _Read:
    line = _Read(row.number)
    cells = row.cells
    if len(cells) < len(columns) or any(cell.strip() for cell in cells[len(columns) :]):
        line.refuse("", "cell_count", found=len(cells), expected=len(columns))
    values: dict[str, object] = {}
    for name, cell in zip(columns, cells, strict=False):
        if not name:
            continue
        values[name] = None
        if cell.strip():
            try:
                values[name] = _parse_metadata(cell) if name.endswith("_metadata") else parse_cell(name, restore(cell))
            except CellRefused as refused:
                line.refuse(name, refused.code, **refused.values)
    line.cells = _group(line, values) if kind == "products" else values
    for name in ("product_handle",) if kind == "products" else ("variant_sku",):
        if values.get(name) is None and not any(each.column == name for each in line.problems):
            line.refuse(name, "missing")
    if kind == "prices":
        _settle_price(line)
    return line


def _parse_metadata(cell: str) -> dict[str, object]:
    """Metadata as a body has it; raises `CellRefused`."""
    if len(cell) > LONGEST_METADATA:
        raise CellRefused("too_long", most=LONGEST_METADATA)
    try:
        value = parse_json(restore(cell.strip()).encode())
    except (ValueError, RecursionError):
        raise CellRefused("json") from None
    if not isinstance(value, dict):
        raise CellRefused("json")
    return value


def _group(line: _Read, values: dict[str, object]) -> dict[str, object]:
    """The cells of a product: its own, its variant's, and the numbered ones as lists."""
    of: dict[str, dict[str, object]] = {"product": {}, "variant": {}}
    lists: dict[str, list[object]] = {}
    names: dict[str, object] = {}
    prices: dict[str, object] = {}
    for name, value in values.items():
        general = generalise(name)
        if general in LISTS:
            several = lists.setdefault(LISTS[general], [])
            named = own_path(value) if general == "product_image_#" and isinstance(value, str) else value
            several += [named] if named is not None and named not in several else []
        elif general.startswith("variant_option_#"):
            names[name] = value
        elif general.startswith("variant_price_*"):
            _add_price(line, prices, name, value)
        else:
            owner, _, rest = name.partition("_")
            of[owner][rest] = value
    return {**of, **lists, "options": _pair_options(line, names), "prices": prices}


def _add_price(line: _Read, prices: dict[str, object], name: str, value: object) -> None:
    currency_code = name.split("_")[2]
    if value is not None and prices.setdefault(currency_code, value) != value:
        line.refuse(name, "price_twice", found=currency_code)


def _pair_options(line: _Read, given: dict[str, object]) -> list[list[object]]:
    numbers = sorted({int(name.split("_")[2]) for name in given})
    pairs: list[list[object]] = []
    for number in numbers:
        title, value = (given.get(f"variant_option_{number}_{part}") for part in ("name", "value"))
        if (title is None) != (value is None):
            line.refuse(f"variant_option_{number}_{'name' if title is None else 'value'}", "option_alone")
        elif title is not None and any(title == known for known, _ in pairs):
            line.refuse(f"variant_option_{number}_name", "double_option", found=title)
        elif title is not None:
            pairs.append([title, value])
    return pairs


def _settle_price(line: _Read) -> None:
    """The currency of a line decides how many decimals its amount has."""
    code, cents, amount = (line.cells.get(name) for name in ("currency_code", "amount_cents", "amount"))
    try:
        if code is None:
            raise CellRefused("missing")
        check_currency(str(code))
    except (CellRefused, Refusal):
        line.refuse("currency_code", "missing" if code is None else "unknown_currency", found=code or "")
        return
    if amount is not None:
        try:
            line.cells["amount"] = parse_amount(str(amount), str(code))
        except CellRefused as refused:
            line.refuse("amount", refused.code, **refused.values)
            return
        if cents is not None and cents != line.cells["amount"]:
            line.refuse("amount", "price_twice", found=code)
        line.cells["amount_cents"] = line.cells["amount"]
    elif cents is None and not line.problems:
        line.refuse("amount_cents", "missing")


def _write(session: Session, run_id: str, kind: str, lines: Sequence[_Read]) -> None:
    rows = [
        {
            "run_id": run_id,
            "number": line.number,
            "unit": _name_unit(line, kind),
            "unit_number": line.number,
            "cells": line.cells,
            "state": "refused" if line.problems else "read",
        }
        for line in lines
    ]
    session.execute(_INSERT_LINES, {"rows": pack_rows(rows)})
    write_problems(session, run_id, [problem for line in lines for problem in line.problems])


def _name_unit(line: _Read, kind: str) -> str:
    """What the line is about; one that does not say it stands alone."""
    if kind == "products":
        product = line.cells["product"]
        named = product.get("handle") if isinstance(product, dict) else None
    elif kind == "prices":
        named = f"{line.cells.get('variant_sku')} {line.cells.get('currency_code')}"
    else:
        named = line.cells.get("variant_sku")
    is_named = named is not None and (kind == "products" or line.cells.get("variant_sku") is not None)
    return str(named) if is_named else f"\x7f{line.number}"


def write_problems(session: Session, run_id: str, problems: Sequence[Problem]) -> None:
    """Keep what is wrong, for people to read: ten thousand of a file at most, the others are counted."""
    if not problems:
        return
    known = session.scalar(
        text("UPDATE csv_run SET problem_count = problem_count + :more WHERE id = :run_id RETURNING problem_count"),
        {"more": len(problems), "run_id": run_id},
    )
    room = max(0, MOST_PROBLEMS - ((known or 0) - len(problems)))
    rows = [{"run_id": run_id, **asdict(each)} for each in problems[:room]]
    if rows:
        session.execute(_INSERT_PROBLEMS, {"rows": pack_rows(rows)})


def _compare_lines(session: Session, run_id: str, kind: str) -> None:
    """What only all lines together show: the same thing twice, a product without end."""
    # Nothing is known yet of rows that were just written: the plan would be that of ten of them.
    session.execute(text("SET LOCAL enable_nestloop = off"))
    session.execute(_JOIN_UNITS, {"run_id": run_id})
    if kind == "products":
        _refuse_found(session, run_id, _REPEATED_SKUS, "double_sku", "variant_sku")
        _refuse_found(
            session, run_id, _LARGE_UNITS.bindparams(most=MOST_VARIANTS), "too_many_variants", "product_handle"
        )
    else:
        _refuse_found(session, run_id, _REPEATED_UNITS, "double_line", "variant_sku")


def _refuse_found(session: Session, run_id: str, query: TextualSelect, code: str, where: str) -> None:
    found = query.subquery()
    refuse = update(CsvLine).where(CsvLine.run_id == run_id, CsvLine.number == found.c.number).values(state="refused")
    session.execute(refuse.execution_options(synchronize_session=False), {"of_run": run_id})
    shown = session.execute(select(found).order_by(found.c.number).limit(MOST_PROBLEMS), {"of_run": run_id})
    problems = [
        render_problem(code, number, where, found=what, other=first, most=MOST_VARIANTS)
        for number, first, what in shown
    ]
    write_problems(session, run_id, problems)
