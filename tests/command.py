"""A command inside the test process: its exit code, its answer, its log. Quick; a process of its own costs a second."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import pytest

from app.cli.main import exit_code_of
from app.core.log import configure_logging


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> object:
        """What it printed with `--json`."""
        return json.loads(self.out)


def run_command(*arguments: str, typed: str = "") -> Done:
    """`comptoir ARGUMENTS`, with what is typed on its standard input."""
    out, err = io.StringIO(), io.StringIO()
    configure_logging("command", is_command=True)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "stdin", io.StringIO(typed))
        code = exit_code_of(arguments)
    configure_logging("test")
    return Done(code, out.getvalue(), err.getvalue())
