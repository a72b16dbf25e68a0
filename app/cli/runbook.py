"""`comptoir runbook`: the lines of the source runbooks, and which tests show them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.runbook.coverage import Coverage, Row, find_evidence, list_rows, read_coverage

app = typer.Typer(
    help="Les lignes des runbooks et leur preuve. / The runbooks' lines and their proof.", no_args_is_help=True
)

AsJson = Annotated[bool, typer.Option("--json", help="Réponse JSON / JSON answer")]
Evidence = Annotated[
    Path | None,
    typer.Option("--from", exists=True, dir_okay=False, help="Fichier de preuves des tests / the tests' evidence file"),
]


@app.command("list")
def list_(
    kind: Annotated[str, typer.Option(help="PROC, CHECK, NEVER, ENV, ALERT... ; vide : tout / empty: all")] = "",
    as_json: AsJson = False,
) -> None:
    """Liste les lignes des runbooks. / List the runbooks' lines."""
    rows = [row for row in list_rows() if kind.upper() in ("", row.kind)]
    if as_json:
        _print_json([asdict(row) for row in rows])
        return
    for row in rows:
        typer.echo(_line(row))


@app.command()
def show(
    row_id: Annotated[str, typer.Argument(help="S0-010, S3-005...")],
    evidence: Evidence = None,
    as_json: AsJson = False,
) -> None:
    """Montre une ligne et les tests qui la prouvent. / Show one line and the tests that prove it."""
    row = next((row for row in list_rows() if row.id == row_id.upper()), None)
    if row is None:
        typer.echo(f"{row_id} : ligne inconnue, voir `comptoir runbook list`. / Unknown row.", err=True)
        raise typer.Exit(2)
    tests = read_coverage(evidence or find_evidence()).shown_by.get(row.id, ())
    if as_json:
        _print_json({**asdict(row), "tests": tests})
        return
    typer.echo(_line(row))
    for test in tests or ("aucun test ne la prouve encore / no test proves it yet",):
        typer.echo(f"  {test}")


@app.command()
def coverage(evidence: Evidence = None, as_json: AsJson = False) -> None:
    """Compte les lignes prouvées par un test qui a tourné et réussi. / Count the lines proven by a passed test."""
    found = read_coverage(evidence or find_evidence())
    if as_json:
        _print_json(_as_json(found))
        return
    if found.source is None:
        typer.echo("Aucun test n'a tourné ici : lancer `make test`. / No test has run here: run `make test`.")
    for row in found.missing:
        typer.echo(_line(row))
    typer.echo(f"{found.covered} / {len(found.rows)} lignes prouvées / rows proven")


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


def _print_json(answer: object) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
