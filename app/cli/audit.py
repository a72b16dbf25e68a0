"""`comptoir audit`: the production checklist, on the host."""

import os
import subprocess
from typing import Annotated

import typer

from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line, print_refusal
from app.ops.checks import CHECKS
from app.ops.rules import ProbeResult, Status
from app.ops.service import CheckResult, run_checks

app = typer.Typer()

MARKS = {Status.OK: "✔", Status.FAILED: "✘", Status.NOT_APPLICABLE: "–"}
PROBE_TIMEOUT_SECONDS = 30
ListOption = Annotated[
    bool, typer.Option("--list", help=french_or_english("Nommer les contrôles, sans les faire", "Name the checks only"))
]


@app.callback(
    invoke_without_command=True,
    help=french_or_english(
        "Contrôler la liste de production ; sortie 1 si une ligne n'est pas tenue.",
        "Run the production checklist; exit 1 when a line is not kept.",
    ),
)
def audit(only_list: ListOption = False, as_json: JsonOption = False) -> None:
    if only_list:
        _print_list(as_json)
        return
    if os.geteuid() != 0:
        print_refusal(
            french_or_english("réservé à root : sudo comptoir audit.", "for root: sudo comptoir audit."),
            "needs_root",
            as_json=as_json,
        )
        raise typer.Exit(2)
    failed = _report(as_json)
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


def _report(as_json: bool) -> int:
    results = []
    for result in run_checks(CHECKS, run_here):
        results.append(result)
        if not as_json:
            _print_result(result)
    failed = sum(result.verdict.status is Status.FAILED for result in results)
    if as_json:
        print_json([result.as_json() for result in results])
    else:
        kept = french_or_english("lignes tenues", "lines kept")
        print_line(f"{len(results) - failed} / {len(results)} {kept}")
    return failed


def _print_list(as_json: bool) -> None:
    if as_json:
        print_json([{"id": check.id, "rows": list(check.rows), "message": check.promise} for check in CHECKS])
        return
    for check in CHECKS:
        print_line(f"{check.id:24} {check.promise}")


def _print_result(result: CheckResult) -> None:
    line = result.as_json()
    print_line(f"{MARKS[result.verdict.status]} {line['id']:24} {line['message']} [{line['value']}]")
    if line["fix"]:
        print_line(f"  → {line['fix']}")
