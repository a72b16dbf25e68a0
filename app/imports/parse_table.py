"""From bytes to rows, a piece at a time: whatever the file is, no more of it than one line is in memory."""

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from app.imports.render_problems import Unreadable, render_problem
from app.imports.rules import LONGEST_CELL, LONGEST_LINE, MOST_BYTES, check_start, decide_separator

# Gives the file's pieces from the beginning, as often as it is asked.
Source = Callable[[], Iterable[bytes]]
NOT_IN_CP1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
EXCEL_HINT = "sep="


@dataclass(frozen=True)
class Form:
    """How a file is written."""

    encoding: str
    separator: str
    byte_count: int


@dataclass(frozen=True)
class Row:
    """The cells of one line of a table; `number` is the line on which it begins, as an editor counts."""

    number: int
    cells: list[str]


def read_form(source: Source, kind: str) -> Form:
    """Read a file once and say how it is written; raises `Unreadable`."""
    encoding, byte_count = _read_encoding(source)
    lines = _Lines(source, encoding)
    first = next(lines, "")
    if first.startswith(EXCEL_HINT):
        first = next(lines, "")
    if not first.strip():
        raise Unreadable(render_problem("empty"))
    return Form(encoding, decide_separator(first, kind), byte_count)


def read_rows(source: Source, form: Form) -> Iterator[Row]:
    """The rows of a file, the header first; empty lines are left out. Raises `Unreadable`."""
    lines = _Lines(source, form.encoding)
    reader = csv.reader(lines, delimiter=form.separator, strict=True)
    number = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not _is_hint(number, cells):
                yield Row(number, cells)
            number = lines.number + 1
            lines.begin_row()
    except csv.Error as error:
        is_long = "field larger" in str(error)
        code, most = ("cell_too_long", LONGEST_CELL) if is_long else ("quotes", 0)
        raise Unreadable(render_problem(code, number, most=most)) from None


def _is_hint(number: int, cells: list[str]) -> bool:
    """Excel's own first line, `sep=;`."""
    return number == 1 and "".join(cells).strip().startswith(EXCEL_HINT)


def _read_encoding(source: Source) -> tuple[str, int]:
    """Which encoding reads the whole file without a fault, and how long it is."""
    pieces = _Measured(source)
    head = b""
    utf_8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    is_cp1252, has_nul = True, False
    for piece in pieces:
        head = head or piece[:16]
        utf_8 = utf_8 if utf_8 is not None and _takes(utf_8, piece) else None
        is_cp1252 = is_cp1252 and NOT_IN_CP1252.isdisjoint(piece)
        has_nul = has_nul or b"\x00" in piece
    check_start(head)
    marked = next((name for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), None)
    if has_nul and marked != "utf-16":
        raise Unreadable(render_problem("nul"))
    is_utf_8 = utf_8 is not None and _takes(utf_8, b"", is_end=True)
    if marked == "utf-16" or (marked and is_utf_8):
        return marked, pieces.count
    if is_utf_8:
        return "utf-8", pieces.count
    if not is_cp1252 or marked:
        raise Unreadable(render_problem("encoding"))
    return "cp1252", pieces.count


def _takes(decoder: codecs.IncrementalDecoder, piece: bytes, *, is_end: bool = False) -> bool:
    try:
        decoder.decode(piece, is_end)
    except UnicodeDecodeError:
        return False
    return True


class _Measured:
    """The pieces of a file, counted; one that is too long ends the reading."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._source():
            self.count += len(piece)
            if self.count > MOST_BYTES:
                raise Unreadable(render_problem("too_large", most=MOST_BYTES // 1_000_000))
            yield piece


class _Pieces(io.RawIOBase):
    """Pieces as a stream."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        room = memoryview(buffer)  # type: ignore[arg-type]  # the io module gives a writable buffer
        count = min(len(room), len(self._rest))
        room[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class _Lines:
    """Physical lines as text, none of them endless, nor a row of many."""

    def __init__(self, source: Source, encoding: str) -> None:
        stream = io.BufferedReader(_Pieces(source()), buffer_size=1 << 16)
        self._text = io.TextIOWrapper(stream, encoding=encoding, errors="strict", newline="")
        self._length = 0
        self._began = 1
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        try:
            line = self._text.readline(LONGEST_LINE + 1)
        except UnicodeError:
            raise Unreadable(render_problem("encoding", self.number + 1)) from None
        if not line:
            raise StopIteration
        self.number += 1
        self._length += len(line)
        if self._length > LONGEST_LINE:
            raise Unreadable(render_problem("line_too_long", self._began))
        if "\x00" in line:
            raise Unreadable(render_problem("nul", self.number))
        return line

    def begin_row(self) -> None:
        """The row so far is done with."""
        self._length = 0
        self._began = self.number + 1
