"""An upgrade of a vendor's package says what it changed, and the derivation understands what it reads."""

import ast
import difflib

import pytest

from app.dev.contract.__main__ import main
from app.dev.contract.operation import Schema
from app.dev.contract.snapshot import REFRESH, SNAPSHOT, render
from app.dev.contract.source import list_classes
from app.dev.contract.stripe_operations import list_event_types
from app.dev.contract.stripe_types import Scope, derive


def test_the_committed_contract_is_that_of_the_installed_packages() -> None:
    committed, installed = SNAPSHOT.read_text(encoding="utf-8").splitlines(), render().splitlines()
    difference = "\n".join(difflib.unified_diff(committed, installed, "committed", "installed", n=0, lineterm=""))
    assert not difference, (
        f"The installed packages differ from the committed contract:\n{difference}\n\n"
        f"Read what changed, adapt the gateways and the fakes, then: {REFRESH}"
    )


def test_the_event_types_are_those_of_the_version() -> None:
    types = list_event_types()
    assert len(types) == 275
    assert "payment_intent.succeeded" in types
    assert "payment_intent.refunded" not in types


SENT: dict[str, Schema] = {
    "int": {"type": "integer"},
    "List[str]": {"type": "array", "items": {"type": "string"}},
    "Literal['a', 'b']": {"type": "string", "enum": ["a", "b"]},
    "'Literal[\\'a\\']|str'": {"type": "string", "enum": ["a"]},
    "Union[Literal['a', 'b'], str]": {"type": "string", "enum": ["a", "b"]},
    "'Literal[\\'\\']|str'": {"type": "string"},
    "'Literal[\\'\\']|int'": {"anyOf": [{"type": "string", "enum": [""]}, {"type": "integer"}]},
    "'Literal[\\'\\']|Dict[str, str]'": {
        "anyOf": [
            {"type": "string", "enum": [""]},
            {"type": "object", "additionalProperties": {"type": "string"}},
        ]
    },
    "'Inner|int'": {
        "anyOf": [
            {
                "type": "object",
                "properties": {"deep": {"type": "boolean"}, "must": {"type": "string"}},
                "required": ["must"],
                "additionalProperties": False,
            },
            {"type": "integer"},
        ]
    },
}
INNER = list_classes(ast.parse("class Inner:\n    deep: NotRequired[bool]\n    must: str"))["Inner"]


class _Sent(Scope):
    def find(self, name: str) -> ast.ClassDef | None:
        return INNER if name == "Inner" else None


@pytest.mark.parametrize(("annotation", "schema"), SENT.items(), ids=SENT.keys())
def test_an_annotation_of_what_is_sent(annotation: str, schema: Schema) -> None:
    expression = ast.parse(annotation, mode="eval").body
    assert derive(expression, _Sent("stripe._event", INNER, is_request=True)) == schema


def test_an_annotation_it_does_not_know_is_not_half_understood() -> None:
    expression = ast.parse("Brand[new]", mode="eval").body
    with pytest.raises(LookupError, match=r"Brand\[\.\.\.\] is new"):
        derive(expression, _Sent("stripe._event", INNER, is_request=True))


def test_the_command_says_that_the_snapshot_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff"]) == 0
    assert capsys.readouterr().out == "the snapshot is current\n"
