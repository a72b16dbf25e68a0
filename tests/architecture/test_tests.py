"""The tests themselves: strict, honest, without patches of our own code, without sleeping."""

import ast
import tomllib
from collections.abc import Iterator

from tests.architecture.source import ROOT, Module, calls, dotted, imports, modules, parse, refuse

MOCKS = {"unittest.mock", "mock", "pytest_mock"}


def mocks(module: Module) -> Iterator[str]:
    for node, name in imports(module):
        if name in MOCKS or name.rsplit(".", 1)[0] in MOCKS:
            yield f"{module.at(node)} imports {name}"


def patches_of_the_product(module: Module) -> Iterator[str]:
    """`monkeypatch.setattr` on anything that came from `app`, as a name or as a dotted text."""
    ours = set(local_names_of_the_product(module))
    for call, name in calls(module):
        if name.endswith(".setattr") and call.args:
            target = call.args[0]
            is_text = isinstance(target, ast.Constant) and str(target.value).startswith("app.")
            root = ast.unparse(target).split(".")[0]
            if is_text or root in ours:
                yield f"{module.at(call)} {ast.unparse(target)}"


def local_names_of_the_product(module: Module) -> Iterator[str]:
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from ("app" for alias in node.names if alias.name.split(".")[0] == "app" and not alias.asname)
            yield from (alias.asname for alias in node.names if alias.name.split(".")[0] == "app" and alias.asname)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "app":
            yield from (alias.asname or alias.name for alias in node.names)


def sleeps(module: Module) -> Iterator[str]:
    """A sleep inside a loop is how one waits on a condition; a bare one is a guess."""
    polling = {
        inner
        for loop in module.nodes
        if isinstance(loop, ast.While | ast.For)
        for inner in ast.walk(loop)
        if isinstance(inner, ast.Call)
    }
    for call, name in calls(module):
        if name in {"time.sleep", "sleep", "asyncio.sleep"} and call not in polling:
            yield f"{module.at(call)} {name}"


def silent_skips(module: Module) -> Iterator[str]:
    called = {call.func: call for call, _ in calls(module)}
    attributes = [node for node in module.nodes if isinstance(node, ast.Attribute)]
    for node in attributes:
        name = dotted(node)
        if name in {"pytest.mark.xfail", "pytest.xfail"}:
            yield f"{module.at(node)} {name}: a known fault is mended, not expected"
        if name in {"pytest.skip", "pytest.mark.skip", "pytest.mark.skipif"} and not has_reason(called.get(node), name):
            yield f"{module.at(node)} {name} without a reason"


def has_reason(call: ast.Call | None, name: str) -> bool:
    if call is None:
        return False
    words = [keyword.value for keyword in call.keywords if keyword.arg in {"reason", "msg"}]
    words += [] if name.endswith("skipif") else call.args
    return any(is_sentence(word) for word in words)


def is_sentence(node: ast.expr) -> bool:
    return not isinstance(node, ast.Constant) or len(str(node.value)) >= 10


def test_pytest_is_strict() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert "--strict-markers" in options["addopts"]
    assert "--strict-config" in options["addopts"]
    assert options["filterwarnings"][0] == "error", (
        "Warnings are errors; mend the cause or name the one exception after."
    )


def test_nothing_of_ours_is_mocked() -> None:
    found = [finding for module in modules("tests") for finding in mocks(module)]
    found += [finding for module in modules("tests") for finding in patches_of_the_product(module)]
    refuse(found, "Replace at the edge: the fake vendor's HTTP controls, the clock, the settings (environment):")


def test_nothing_sleeps() -> None:
    refuse(
        [finding for module in modules("tests") for finding in sleeps(module)],
        "Wait on a condition with a bound (poll it in a loop with a deadline):",
    )


def test_no_test_is_skipped_in_silence() -> None:
    refuse(
        [finding for module in modules("tests") for finding in silent_skips(module)],
        "Run it, delete it, or say in a sentence why it cannot run here:",
    )


def test_the_rules_see_mocks_and_patches() -> None:
    assert len(list(mocks(parse("tests/x.py", "from unittest.mock import patch\nimport unittest.mock")))) == 2
    assert list(mocks(parse("tests/x.py", "import unittest"))) == []
    bad = "from app.orders import service\nmonkeypatch.setattr(service, 'place', x)\nmonkeypatch.setattr('app.a.b', x)"
    assert len(list(patches_of_the_product(parse("tests/x.py", bad)))) == 2
    good = "import os\nmonkeypatch.setattr(os, 'sep', x)\nmonkeypatch.setenv('PORT', '1')"
    assert list(patches_of_the_product(parse("tests/x.py", good))) == []


def test_the_rules_see_sleeps_and_skips() -> None:
    assert list(sleeps(parse("tests/x.py", "import time\ntime.sleep(1)"))) == ["tests/x.py:2 time.sleep"]
    assert list(sleeps(parse("tests/x.py", "while not ready():\n    time.sleep(0.05)"))) == []
    assert len(list(silent_skips(parse("tests/x.py", "pytest.skip()")))) == 1
    assert len(list(silent_skips(parse("tests/x.py", "@pytest.mark.skip\ndef test_x(): ...")))) == 1
    assert (
        len(list(silent_skips(parse("tests/x.py", "@pytest.mark.xfail(reason='known to be broken')\ndef f(): ..."))))
        == 1
    )
    assert list(silent_skips(parse("tests/x.py", "pytest.skip('needs Chromium, which this machine lacks')"))) == []
    assert len(list(silent_skips(parse("tests/x.py", "pytest.mark.skipif(True)")))) == 1
    assert list(silent_skips(parse("tests/x.py", "pytest.mark.skipif(True, reason='needs root on Linux')"))) == []
