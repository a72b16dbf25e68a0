"""Commands as processes: what they say when they refuse to start, and in which language they explain themselves."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.dev.postgres import free_port
from tests.processes import Processes, wait_until_serving
from tests.services import ROOT
from tests.waiting import wait_until


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("fr_FR.UTF-8", "Le back-office d'une boutique."),
        ("C", "Le back-office d'une boutique."),
        ("en_GB.UTF-8", "The back office of a shop."),
    ],
)
def test_help_speaks_the_callers_language(locale: str, expected: str) -> None:
    environment = {"PATH": os.environ["PATH"], "LC_ALL": locale}
    command = [sys.executable, "-c", "from app.cli.main import run; run()", "--help"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert expected in done.stdout


def test_a_process_with_wrong_settings_says_which_and_listens_to_nothing() -> None:
    environment = {"PATH": os.environ["PATH"], "COMPTOIR_ENV": "production"}
    for module in (["app.serve", "--port", "0"], ["app.worker"]):
        command = [sys.executable, "-m", *module]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "DATABASE_URL: manquant / missing" in done.stderr
        assert "Traceback" not in done.stderr


def test_the_command_becomes_the_web_process_and_the_worker(processes: Processes) -> None:
    port = free_port()
    run = ["-c", "from app.cli.main import run; run()"]
    web = processes.start(*run, "serve", "--port", str(port))
    wait_until_serving(f"http://127.0.0.1:{port}")
    worker = processes.start(*run, "worker")
    wait_until(lambda: '"worker started"' in processes.log(), 30, "the worker starts")
    for process, module in ((web, b"app.serve"), (worker, b"app.worker")):
        assert module in Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")
        process.terminate()
    assert (web.wait(timeout=30), worker.wait(timeout=30)) == (-signal.SIGTERM, 0)
