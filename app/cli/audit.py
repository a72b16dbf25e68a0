"""`comptoir audit`: the production checklist, on the host."""

import json
import os
import subprocess
from typing import Annotated

import typer

from app.ops.checks import CHECKS
from app.ops.rules import ProbeResult, Status
from app.ops.service import CheckResult, run_checks

app = typer.Typer()

MARKS = {Status.OK: "✔", Status.FAILED: "✘", Status.NOT_APPLICABLE: "–"}
PROBE_TIMEOUT_SECONDS = 30


@app.callback(invoke_without_command=True)
def audit(
    only_list: Annotated[
        bool, typer.Option("--list", help="Nommer les contrôles sans les faire / name them only")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Réponse JSON / JSON answer")] = False,
) -> None:
    """Contrôle la liste de production ; sortie 1 si une ligne n'est pas tenue. / Run the production checklist."""
    if only_list:
        _print_list(as_json)
        return
    if os.geteuid() != 0:
        typer.echo("Ce contrôle lit des fichiers de root : sudo comptoir audit. / Run it with sudo.", err=True)
        raise typer.Exit(2)
    results = []
    for result in run_checks(CHECKS, run_here):
        results.append(result)
        if not as_json:
            _print_result(result)
    if as_json:
        typer.echo(json.dumps([result.as_json() for result in results], ensure_ascii=False, indent=2))
    failed = sum(result.verdict.status is Status.FAILED for result in results)
    if not as_json:
        typer.echo(f"{len(results) - failed} / {len(results)} lignes tenues")
    raise typer.Exit(1 if failed else 0)


def run_here(script: str) -> ProbeResult:
    """Run a probe on this machine; the script goes in by standard input, so that no process list shows it."""
    try:
        done = subprocess.run(
            ["/bin/bash", "-s"],
            input=script,
            capture_output=True,
            text=True,
            timeout=PROBE_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ProbeResult(124, "", f"no answer within {PROBE_TIMEOUT_SECONDS} s")
    return ProbeResult(done.returncode, done.stdout, done.stderr)


def _print_list(as_json: bool) -> None:
    rows = [{"id": check.id, "rows": list(check.rows), "message": check.promise} for check in CHECKS]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for check in CHECKS:
        typer.echo(f"{check.id:24} {check.promise}")


def _print_result(result: CheckResult) -> None:
    line = result.as_json()
    typer.echo(f"{MARKS[result.verdict.status]} {line['id']:24} {line['message']} [{line['value']}]")
    if line["fix"]:
        typer.echo(f"  → {line['fix']}")
