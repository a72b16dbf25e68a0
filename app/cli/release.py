"""`comptoir release`: which release serves, back to an earlier one, restart without losing a request."""

import os
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line, print_refusal
from app.gateways.supervisor import Supervisor
from app.ops.rolling_restart import WorkerDidNotComeBack, restart_all

app = typer.Typer(no_args_is_help=True)

# Root's own program: it works when the application does not, and no worker can switch releases.
PROGRAM = Path("/usr/local/lib/comptoir/infra/host/release.py")


@app.command("list", help=french_or_english("Les versions de ce serveur.", "The releases of this host."))
def list_releases(as_json: JsonOption = False) -> None:
    _ask_host(["list"], as_json)


@app.command(
    help=french_or_english(
        "Revenir à une version gardée (sans étiquette : la dernière bonne).",
        "Go back to a kept release (no tag: the last good one).",
    )
)
def rollback(tag: Annotated[str, typer.Argument()] = "", as_json: JsonOption = False) -> None:
    _ask_host(["rollback", *([tag] if tag else [])], as_json)


@app.command(
    help=french_or_english(
        "Redémarrer les processus un par un, sans perdre une requête.",
        "Restart the processes one by one, without losing a request.",
    )
)
def restart(as_json: JsonOption = False) -> None:
    try:
        done = restart_all(Supervisor())
    except (WorkerDidNotComeBack, OSError) as problem:
        print_refusal(str(problem), "worker_did_not_come_back", as_json=as_json)
        raise typer.Exit(1) from None
    if as_json:
        print_json([{"name": one.name, "pid": one.pid, "seconds": round(one.seconds, 1)} for one in done])
        return
    for one in done:
        print_line(f"{one.name} pid {one.pid}, {one.seconds:.1f} s")


def _ask_host(arguments: list[str], as_json: bool) -> None:
    if os.geteuid() != 0 or not PROGRAM.exists():
        print_refusal(
            french_or_english("réservé à root sur le serveur : sudo comptoir release.", "for root on the server."),
            "needs_root",
            as_json=as_json,
        )
        raise typer.Exit(1)
    line = ["/usr/bin/python3", str(PROGRAM), *arguments, *(["--json"] if as_json else [])]
    raise typer.Exit(subprocess.run(line, check=False).returncode)
