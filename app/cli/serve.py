"""`comptoir serve`: becomes the web process, without this command's own weight."""

import os
import sys
from typing import Annotated

import typer

from app.cli.language import french_or_english

app = typer.Typer()

PORT_HELP = french_or_english("Port TCP (127.0.0.1)", "TCP port (127.0.0.1)")
FD_HELP = french_or_english("Socket hérité de supervisor", "Socket inherited from supervisor")


@app.callback(invoke_without_command=True)
def serve(
    port: Annotated[int, typer.Option(help=PORT_HELP)] = 9000,
    fd: Annotated[int | None, typer.Option(help=FD_HELP)] = None,
) -> None:
    where = ["--port", str(port)] if fd is None else ["--fd", str(fd)]
    os.execv(sys.executable, [sys.executable, "-m", "app.serve", *where])  # noqa: S606 - our own interpreter
