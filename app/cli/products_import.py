"""`comptoir products import` and `export`: products, prices and stock by file."""

import os
import tempfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english, speaks_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.audit_log import record_audit
from app.core.db import unit_of_work
from app.imports.apply_run import apply_run
from app.imports.compare_file import compare_file
from app.imports.errors import FileRefused
from app.imports.export_run import export_pieces
from app.imports.models import CsvProblem, CsvRun
from app.imports.queries import MOST_PROBLEMS, get_run, list_problems
from app.imports.rules import MOST_BYTES
from app.imports.service import CHUNK_BYTES, cancel_run, confirm_run, create_run

MOST_SHOWN = 20


class Kind(StrEnum):
    """What the lines are about."""

    PRODUCTS = "products"
    PRICES = "prices"
    STOCK = "stock"


class Mode(StrEnum):
    """All lines or none, or each line that can be."""

    ALL = "all"
    EACH = "each"


FileArgument = Annotated[Path, typer.Argument(help=french_or_english("Le fichier CSV", "The CSV file"))]
KindOption = Annotated[
    Kind, typer.Option("--kind", help=french_or_english("Produits, prix ou stock", "Products, prices or stock"))
]
ModeOption = Annotated[
    Mode,
    typer.Option(
        "--mode", help=french_or_english("Tout ou rien, ou chaque ligne juste", "All or nothing, or each right line")
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help=french_or_english("Vérifier sans rien écrire", "Check and write nothing"))
]
ConfirmOption = Annotated[
    bool,
    typer.Option(
        "--confirm",
        help=french_or_english("Les prix qui bougent de plus de moitié sont voulus", "Large price moves are meant"),
    ),
]


class _Progress:
    """How far it is, on the terminal's own line; nothing where nobody watches."""

    def __init__(self) -> None:
        self._is_watched = os.isatty(2)
        self.last = 0

    def tell(self, what: str, done: int, of: int) -> None:
        """One more step."""
        self.last = done
        french = {"read": "lignes lues", "checked": "vérifiés", "written": "écrits"}
        words = what if speaks_english() else french[what]
        self._show(f"\r{done}{f' / {of}' if of else ''} {words}   ")

    def end(self) -> None:
        """The line is free again."""
        self._show("\r" + " " * 40 + "\r")

    def _show(self, text: str) -> None:
        if self._is_watched:
            os.write(2, text.encode())


def import_file(
    file: FileArgument,
    kind: KindOption = Kind.PRODUCTS,
    mode: ModeOption = Mode.ALL,
    dry_run: DryRunOption = False,
    confirm: ConfirmOption = False,
    as_json: JsonOption = False,
) -> None:
    _demand_file(file)
    progress = _Progress()
    with acting_as_caller():
        with unit_of_work() as session:
            run = create_run(
                session,
                kind.value,
                mode=mode.value,
                is_move_confirmed=confirm,
                file_name=file.name,
            )
        run = compare_file(run.id, lambda: _read_pieces(file), progress.tell)
        if run.state == "checked" and not dry_run:
            with unit_of_work() as session:
                confirm_run(session, run.id)
            run = apply_run(run.id, progress.tell)
        elif run.state == "checked":
            with unit_of_work() as session:
                cancel_run(session, run.id)
        with unit_of_work() as session:
            run = get_run(session, run.id)
            problems = list_problems(session, run.id, limit=MOST_PROBLEMS)
    progress.end()
    _print_run(run, problems, is_dry=dry_run, as_json=as_json)
    raise typer.Exit(1 if run.state == "refused" or run.refused_count else 0)


def _demand_file(file: Path) -> None:
    if not file.is_file() or not os.access(file, os.R_OK):
        raise FileRefused(f"{file} : fichier introuvable ou illisible. / {file}: file not found or not readable.")
    if file.stat().st_size > MOST_BYTES:
        most = MOST_BYTES // 1_000_000
        raise FileRefused(f"{file} : plus de {most} Mo, partagez-le. / {file}: above {most} MB, split it.")


def _read_pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while piece := content.read(CHUNK_BYTES):
            yield piece


COUNTS = ("line", "unit", "create", "update", "same", "refused", "done", "problem")


def _print_run(run: CsvRun, problems: list[CsvProblem], *, is_dry: bool, as_json: bool) -> None:
    if as_json:
        counts = {name: getattr(run, f"{name}_count") for name in COUNTS}
        told = [
            {"line": each.line, "column": each.column, "code": each.code, "message": each.message_fr,
             "message_en": each.message_en}
            for each in problems
        ]  # fmt: skip
        print_json({"id": run.id, "state": run.state, "dry_run": is_dry, **counts, "problems": told})
        return
    print_line(
        french_or_english(
            f"{run.line_count} lignes : {run.create_count} à créer, {run.update_count} à modifier, "
            f"{run.same_count} inchangés, {run.refused_count} refusés.",
            f"{run.line_count} lines: {run.create_count} to create, {run.update_count} to change, "
            f"{run.same_count} unchanged, {run.refused_count} refused.",
        )
    )
    for each in problems[:MOST_SHOWN]:
        where = f"{each.line}{f' [{each.column}]' if each.column else ''}"
        message = french_or_english(each.message_fr, each.message_en)
        print_line(f"  {french_or_english('ligne', 'line')} {where} : {message}")
    if run.problem_count > MOST_SHOWN:
        left = run.problem_count - MOST_SHOWN
        print_line(french_or_english(f"  et {left} autres (--json).", f"  and {left} others (--json)."))
    print_line(_say_end(run, is_dry))


def _say_end(run: CsvRun, is_dry: bool) -> str:
    if run.state == "refused":
        return french_or_english(run.refusal_fr or "", run.refusal_en or "")
    if is_dry:
        return french_or_english("Rien n'a été écrit (--dry-run).", "Nothing was written (--dry-run).")
    return french_or_english(f"Écrits : {run.done_count}.", f"Written: {run.done_count}.")


def export_file(file: FileArgument, kind: KindOption = Kind.PRODUCTS, as_json: JsonOption = False) -> None:
    if file.exists():
        raise FileRefused(
            f"{file} existe déjà : choisissez un autre nom. / {file} is there already: choose another name."
        )
    if not os.access(file.resolve().parent, os.W_OK):
        raise FileRefused(f"{file} : dossier introuvable ou fermé. / {file}: no such folder, or not writable.")
    progress = _Progress()
    with acting_as_caller(), unit_of_work() as session:
        size = _write_whole(file, export_pieces(session, kind.value, lambda count: progress.tell("written", count, 0)))
        record_audit(session, f"export.{kind.value}", file.name, {"bytes": size, "lines": progress.last})
    progress.end()
    if as_json:
        print_json({"file": str(file), "bytes": size, "lines": progress.last})
    else:
        print_line(french_or_english(f"{file} : {progress.last} lignes.", f"{file}: {progress.last} lines."))


def _write_whole(file: Path, pieces: Iterator[bytes]) -> int:
    """Under its name it is whole or not there at all."""
    size = 0
    with tempfile.NamedTemporaryFile(dir=file.resolve().parent, prefix=f".{file.name}.", delete=False) as part:
        try:
            for piece in pieces:
                part.write(piece)
                size += len(piece)
            part.close()
            os.link(part.name, file)  # fails where somebody was first
        finally:
            os.unlink(part.name)
    return size
