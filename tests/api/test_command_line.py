"""Commands as processes: what they say when they refuse to start, and in which language they explain themselves."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from app.dev.postgres import free_port
from tests.command import run_command
from tests.processes import Processes, wait_until_serving
from tests.services import ENVIRONMENT, ROOT
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


def test_several_wrong_settings_are_one_document() -> None:
    """One document after the other was no JSON: what a script read of a half-written file of settings."""
    environment = {"PATH": os.environ["PATH"], "COMPTOIR_ENV": "production"}
    command = [sys.executable, "-c", "from app.cli.main import run; run()", "checkout", "status", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    document = json.loads(done.stdout)
    assert (done.returncode, document["code"]) == (1, "settings_refused")
    assert {"DATABASE_URL : manquant / missing", "REDIS_URL : manquant / missing"} <= {*document["message"].split("\n")}


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


def test_a_command_without_its_database_says_so_and_nothing_of_what_it_was_given() -> None:
    """A traceback would print the statement with its parameters: the address that was typed."""
    down = {"DATABASE_URL": "postgresql+psycopg://comptoir:pass_word@127.0.0.1:1/comptoir", "LC_ALL": "fr_FR.UTF-8"}
    command = [sys.executable, "-c", "from app.cli.main import run; run()", "trace", "--email"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT, "REDIS_URL": "redis://127.0.0.1:1/0", **down},
        input="jeanne@example.com\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "la base de données ne répond pas" in done.stderr
    for told in ("Traceback", "SELECT", "jeanne", "pass_word"):
        assert told not in done.stderr


def test_what_nobody_can_read_is_no_failure(environment: dict[str, str]) -> None:
    """With its streams closed, or on a terminal without `é`, a command did its work and ended as if it had not."""
    line = f"{sys.executable} -c 'from app.cli.main import run; run()' checkout"
    mute = subprocess.run(["sh", "-c", f"{line} close --reason tests --json <&- >&- 2>&-"], cwd=ROOT, check=False)
    old = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "fr_FR.UTF-8"}
    shown = subprocess.run(["sh", "-c", f"{line} status"], cwd=ROOT, env=old, capture_output=True, check=False)
    assert (mute.returncode, shown.returncode) == (0, 0), shown.stderr
    assert b"Paiement FERM? depuis" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("events", "show", "evt_\udcff"), 2, "UTF-8"),
        (("checkout", "close", "--reason", "panne \udcff"), 2, "UTF-8"),
        (("events", "list", "-n", "99999999999999999999"), 2, "-n"),
        (("events", "list", "--since", "0001-01-01"), 1, "--since"),
        (("events", "drift", "--until", "0001-01-01"), 1, "--until"),
        # Nothing lies between: it said that nothing differs, and a mistyped year would have left a gap behind.
        (("events", "drift", "--since", "30d", "--until", "2020-01-01"), 1, "--until"),
        (("events", "reconcile", "--since", "2099-11-20", "--json"), 1, "--since 2099-11-20"),
        (("trace", "order_' OR 1=1 --"), 1, "unknown_id"),
        (("orders", "show", "9999"), 1, "commande inconnue"),
        (("orders", "refund", "", "--yes", "--json"), 1, "comptoir trace"),
        (("refunds", "approve", "ref_x"), 1, "comptoir refunds list"),
        (("returns", "receive", "return_x"), 1, "comptoir returns list"),
    ],
)
def test_odd_arguments_are_refused_in_a_sentence(
    environment: dict[str, str], arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = run_command(*arguments)
    assert (done.code, said in done.out + done.err) == (code, True), done


def test_what_nobody_foresaw_is_a_sentence_too(environment: dict[str, str]) -> None:
    """The class of the failure and its place are said, never its text: it may hold an address."""
    with unit_of_work("test") as session:
        session.execute(text("ALTER TABLE payment_event RENAME COLUMN source TO origin"))
    done = run_command("events", "list", "--type", "jeanne@example.com", "--json")
    assert (done.code, done.answer["code"]) == (1, "unexpected")  # type: ignore[index]
    assert "ProgrammingError" in done.err
    assert "jeanne" not in done.out + done.err
