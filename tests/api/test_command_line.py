"""Commands as processes: what they say when they refuse to start, and in which language they explain themselves."""

import os
import subprocess
import sys

import pytest

from tests.services import ROOT


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
