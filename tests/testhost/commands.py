"""Runs the host's own tools (ip, nft, mount ...) and turns a failure into one readable exception."""

import subprocess
from collections.abc import Sequence
from pathlib import Path


class CommandFailed(Exception):
    """A tool of the host answered with a failure; the message holds the command and what it said."""


def run_command(
    command: Sequence[str], *, stdin: str | None = None, timeout_seconds: float = 900, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run one command without a shell; raise CommandFailed with its error output unless check is False."""
    done = subprocess.run(
        list(command), input=stdin, capture_output=True, text=True, timeout=timeout_seconds, check=False
    )
    if check and done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise CommandFailed(f"{' '.join(command)} exited with {done.returncode}: {said}")
    return done


def start_detached(command: Sequence[str], *, log: Path, folder: Path) -> None:
    """Start a process that belongs to nobody and outlives us; its output is added to the log."""
    with log.open("a") as output:
        subprocess.run(
            ["setsid", "--fork", *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=True,
        )
