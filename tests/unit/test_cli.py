"""The frame of the `comptoir` command: exit codes, languages, JSON."""

import json

import pytest

from app.cli.main import NOUNS, build, exit_code_of


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


def test_every_noun_can_be_built() -> None:
    for noun, *_ in NOUNS:
        assert noun in {group.name for group in build([noun]).registered_groups}
