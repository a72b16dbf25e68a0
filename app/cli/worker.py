"""`comptoir worker`: becomes the job process."""

import os
import sys

import typer

app = typer.Typer()


@app.callback(invoke_without_command=True)
def worker() -> None:
    os.execv(sys.executable, [sys.executable, "-m", "app.worker"])  # noqa: S606 - our own interpreter
