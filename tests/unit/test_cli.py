"""The frame of the `comptoir` command: exit codes, languages, JSON."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.main import NOUNS, build, exit_code_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["config", "--help"], 0),
        (["nope"], 2),
        (["config", "nope"], 2),
        (["config", "check", "-x"], 2),
    ],
)
def test_exit_codes(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(arguments) == code


def test_a_refusal_is_a_sentence_on_stderr_or_json_on_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "COMPTOIR_ENV_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert exit_code_of(["config", "check"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "DATABASE_URL : manquant / missing" in printed.err
    assert exit_code_of(["config", "check", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["status"] == "refused"
    assert {"name": "REDIS_URL", "message": "manquant / missing"} in document["problems"]


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


def test_every_noun_can_be_built() -> None:
    for noun, *_ in NOUNS:
        assert noun in {group.name for group in build([noun]).registered_groups}
