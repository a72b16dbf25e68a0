"""What a command prints: a sentence for a person, or with `--json` one document on stdout."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from app.cli.language import french_or_english

JsonOption = Annotated[
    bool, typer.Option("--json", help=french_or_english("Réponse en JSON", "Answer in JSON"), show_default=False)
]


YES = frozenset({"o", "oui", "y", "yes"})


def print_json(document: Mapping[str, object] | Sequence[object]) -> None:
    """One JSON document, and nothing else, on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def print_line(text: str) -> None:
    """One line for a person."""
    sys.stdout.write(f"{text}\n")


def print_refusal(message: str, code: str, *, as_json: bool) -> None:
    """Why nothing was done: one sentence on stderr, or the error's JSON shape on stdout."""
    if as_json:
        print_json({"code": code, "message": message})
    else:
        sys.stderr.write(f"{french_or_english('Refusé', 'Refused')} : {message}\n")


def confirm(question: str) -> None:
    """Go on after a yes that is typed, in either language; anything else ends the command with nothing done: 1."""
    sys.stdout.write(f"{question} {french_or_english('[o/N]', '[y/N]')} : ")
    sys.stdout.flush()
    if sys.stdin.readline().strip().lower() not in YES:
        sys.stderr.write(french_or_english("Abandonné : rien n'a été fait.\n", "Given up: nothing was done.\n"))
        raise typer.Exit(1)
