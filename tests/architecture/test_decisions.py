"""Where is it decided? `app/README.md` answers for every decision of the product, and each answer is a function."""

import ast
import importlib
import re
from collections.abc import Iterator

from tests.architecture.source import ROOT, Module, functions, module_functions, modules, parse, refuse

README = ROOT / "app" / "README.md"
TARGET = re.compile(r"`([a-z_0-9]+(?:\.[a-z_0-9]+)+:[A-Za-z_]\w*)`")
DECIDES = ("decide_", "check_", "compute_")
# What a decision may name as its source: a law, a row of the runbooks, a section of our documents, a vendor's contract.
SOURCE = re.compile(
    r"§|\bS[0-4]-\d{3}\b|\bsource:|\b(design|payments|performance|style|runbooks?|medusa|stripe|brevo|law|art|cnil)\b",
    re.I,
)


def listed_targets(readme: str) -> list[str]:
    """The targets of the table under the heading "Where is it decided?"."""
    section = readme.partition("## Where is it decided?")[2].partition("\n## ")[0]
    return TARGET.findall(section)


def decisions(module: Module) -> Iterator[str]:
    """The functions that decide, written as the table writes them: `refunds.rules:decide_refund`."""
    if module.package in {"dev", "migrations"}:
        return
    where = module.path.removeprefix("app/").removesuffix(".py").replace("/", ".")
    yield from (f"{where}:{function.name}" for function in functions(module) if function.name.startswith(DECIDES))


def targets_that_are_not_there(targets: list[str]) -> Iterator[str]:
    for target in targets:
        path, _, name = target.partition(":")
        try:
            is_there = callable(getattr(importlib.import_module(f"app.{path}"), name, None))
        except ModuleNotFoundError:
            is_there = False
        if not is_there:
            yield target


def rules_that_do_not_say_why(module: Module) -> Iterator[str]:
    """Every public function of a rules.py says its rule; one that decides names its source too."""
    for function in module_functions(module) if module.name == "rules" else ():
        says = ast.get_docstring(function) or ""
        is_unsourced = function.name.startswith(DECIDES) and not SOURCE.search(says)
        if not function.name.startswith("_") and (not says or is_unsourced):
            yield f"{module.at(function)} {function.name}"


def test_every_decision_is_in_the_map() -> None:
    listed = set(listed_targets(README.read_text(encoding="utf-8")))
    refuse(
        [target for module in modules("app") for target in decisions(module) if target not in listed],
        'Add the question and its one answer to the table "Where is it decided?" of app/README.md:',
    )


def test_every_line_of_the_map_leads_to_a_function() -> None:
    targets = listed_targets(README.read_text(encoding="utf-8"))
    refuse(
        list(targets_that_are_not_there(targets)), "Correct the line of app/README.md, or drop it with its function:"
    )
    assert len(targets) == len(set(targets)), "One question, one place: a target is listed twice in app/README.md."


def test_every_rule_names_its_source() -> None:
    refuse(
        [finding for module in modules("app") for finding in rules_that_do_not_say_why(module)],
        "Give the rule a docstring: one sentence for the rule, one for the law, runbook row or section it comes from:",
    )


def test_the_map_is_read_and_its_gaps_are_seen() -> None:
    readme = (
        "## Where is it decided?\n\n| what | `core.money:to_wire` |\n| x | `core.money:gone` |\n\n## Verbs\n`a.b:c`\n"
    )
    assert listed_targets(readme) == ["core.money:to_wire", "core.money:gone"]
    assert list(targets_that_are_not_there(["core.money:to_wire", "core.money:gone", "core.nowhere:x"])) == [
        "core.money:gone",
        "core.nowhere:x",
    ]
    module = parse(
        "app/refunds/rules.py", "def decide_refund(): ...\ndef is_open(): ...\nclass A:\n def check_x(self): ..."
    )
    assert list(decisions(module)) == ["refunds.rules:decide_refund", "refunds.rules:check_x"]


def test_a_rule_without_a_source_is_seen() -> None:
    path = "app/refunds/rules.py"
    assert len(list(rules_that_do_not_say_why(parse(path, "def is_open(): ...")))) == 1
    assert len(list(rules_that_do_not_say_why(parse(path, "def decide_refund():\n    '''Decide it.'''")))) == 1
    good = "def decide_refund():\n    '''Money goes back once the parcel is here. Source: S0-085.'''\ndef _step(): ..."
    assert list(rules_that_do_not_say_why(parse(path, good))) == []
    assert list(rules_that_do_not_say_why(parse(path, "def is_open():\n    '''Nobody has paid yet.'''"))) == []
