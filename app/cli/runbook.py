"""`comptoir runbook`: the lines of the source runbooks, and which tests show them."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.errors import NotFound
from app.runbook.coverage import Coverage, Row, find_evidence, list_rows, read_coverage

app = typer.Typer(no_args_is_help=True)

Kind = Annotated[str, typer.Option(help="PROC, CHECK, NEVER, ENV, ALERT...")]
Evidence = Annotated[
    Path | None,
    typer.Option(
        "--from",
        exists=True,
        dir_okay=False,
        help=french_or_english("Fichier de preuves écrit par les tests", "Evidence file written by the tests"),
    ),
]


class UnknownRow(NotFound):
    """No such line in the source runbooks."""

    code = "unknown_row"
    default_message = french_or_english(
        "ligne inconnue ; `comptoir runbook list` les nomme toutes.",
        "unknown row; `comptoir runbook list` names them all.",
    )


@app.command("list", help=french_or_english("Lister les lignes des runbooks.", "List the runbooks' lines."))
def list_lines(kind: Kind = "", as_json: JsonOption = False) -> None:
    rows = [row for row in list_rows() if kind.upper() in ("", row.kind)]
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    for row in rows:
        print_line(_line(row))


@app.command(help=french_or_english("Montrer une ligne et les tests qui la prouvent.", "Show one line and its tests."))
def show(row_id: str, evidence: Evidence = None, as_json: JsonOption = False) -> None:
    row = next((row for row in list_rows() if row.id == row_id.upper()), None)
    if row is None:
        raise UnknownRow
    tests = read_coverage(evidence or find_evidence()).shown_by.get(row.id, ())
    if as_json:
        print_json({**asdict(row), "tests": tests})
        return
    print_line(_line(row))
    for test in tests or (french_or_english("aucun test ne la prouve encore", "no test proves it yet"),):
        print_line(f"  {test}")


@app.command(
    help=french_or_english(
        "Compter les lignes prouvées par un test qui a tourné et réussi.",
        "Count the lines proven by a test that ran and passed.",
    )
)
def coverage(evidence: Evidence = None, as_json: JsonOption = False) -> None:
    found = read_coverage(evidence or find_evidence())
    if as_json:
        print_json(_as_json(found))
        return
    for row in found.missing:
        print_line(_line(row))
    proven = french_or_english("lignes prouvées", "lines proven")
    nothing = french_or_english("aucun test n'a tourné ici : make test", "no test has run here: make test")
    print_line(f"{found.covered} / {len(found.rows)} {proven} ({found.source or nothing})")


def _as_json(found: Coverage) -> dict[str, object]:
    return {
        "covered": found.covered,
        "total": len(found.rows),
        "missing": [row.id for row in found.missing],
        "shown_by": dict(found.shown_by),
        "source": str(found.source) if found.source else None,
    }


def _line(row: Row) -> str:
    return f"{row.id} {row.kind:<10} {row.says} ({row.section}, {row.lines})"
