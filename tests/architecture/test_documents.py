"""Documents against code: the Makefile explains itself, and what a document names exists."""

import re
from collections.abc import Iterator
from pathlib import Path

from app.core.settings_example import render_example
from tests.architecture.source import ROOT, files, refuse
from tests.rows import row

TARGET = re.compile(r"^([a-zA-Z][\w-]*):(?!=)(.*)$", re.MULTILINE)
COMMAND = re.compile(r"`make ([a-z][\w-]*)|^\s*(?:\$ )?make ([a-z][\w-]*)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")


def targets(makefile: str) -> dict[str, str]:
    """Each target with the help text after `##`, empty when it has none."""
    return {name: rest.partition("##")[2].strip() for name, rest in TARGET.findall(makefile)}


def commands(text: str) -> set[str]:
    return {first or second for first, second in COMMAND.findall(text)}


def dead_links(document: Path, text: str) -> Iterator[str]:
    for link in LINK.findall(text):
        if not (ROOT / document.parent / link).exists():
            yield f"{document}: {link}"


def documents() -> list[Path]:
    return [path for path in files() if path.suffix == ".md"]


def read(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_every_target_of_make_is_explained() -> None:
    known = targets((ROOT / "Makefile").read_text())
    del known["help"]  # it is the list itself
    refuse(
        [name for name, help_text in known.items() if not help_text],
        "Write `target: ## what it does` in the Makefile:",
    )
    assert {"up", "test", "check", "bootstrap", "deploy", "rollback", "audit", "appliance", "appliance-down"} <= set(
        known
    )


def test_every_make_command_of_a_document_exists() -> None:
    known = targets((ROOT / "Makefile").read_text())
    later = {"restore", "drill", "bench"}
    unknown = [f"{path}: make {name}" for path in documents() for name in commands(read(path)) - set(known) - later]
    refuse(unknown, "Correct the document, or add the target to the Makefile:")


@row("S3-022")
def test_the_example_of_settings_is_the_generated_one() -> None:
    assert read(Path(".env.example")) == render_example(), "Run `.venv/bin/comptoir config example > .env.example`."


def test_no_link_is_dead() -> None:
    refuse([dead for path in documents() for dead in dead_links(path, read(path))], "Correct the link:")


def test_decision_records_have_their_four_parts() -> None:
    found = []
    for path in documents():
        if path.parts[:2] == ("docs", "decisions") and path.name[0].isdigit():
            headings = set(re.findall(r"^## (\w+)", read(path), re.MULTILINE))
            found += [
                f"{path}: {part}"
                for part in ("Context", "Decision", "Consequences", "Alternatives")
                if part not in headings
            ]
    refuse(found, "A record says context, decision, consequences, alternatives, on one page:")


def test_the_rules_read_makefiles_and_documents() -> None:
    makefile = "VENV := .venv\nup: ## start\nquiet:\n\ttrue\n.PHONY: up\ndeploy: check ## ship it\n"
    assert targets(makefile) == {"up": "start", "quiet": "", "deploy": "ship it"}
    assert commands("Run `make up` or:\n\n    make deploy TAG=v1\n\nto make sure") == {"up", "deploy"}
    text = "[a](nowhere.md) [b](https://example.org) [c](../pyproject.toml) [d](#here)"
    assert list(dead_links(Path("app/x.md"), text)) == ["app/x.md: nowhere.md"]
