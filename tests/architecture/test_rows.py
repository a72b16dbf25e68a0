"""The rows that tests claim to show exist, and what is counted is what passed."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.main import exit_code_of
from app.ops.checks import CHECKS
from app.runbook.coverage import list_rows, read_coverage
from tests import rows_report
from tests.architecture.source import Module, calls, modules, parse, refuse


def claimed_rows(module: Module) -> Iterator[tuple[str, str]]:
    """Each `@row("S0-010")` of a test file: where, which."""
    for call, name in calls(module):
        if name in {"row", "rows.row", "pytest.mark.row"}:
            yield from ((module.at(call), str(given.value)) for given in call.args if isinstance(given, ast.Constant))


def unknown_rows(module: Module) -> Iterator[str]:
    known = {row.id for row in list_rows()}
    yield from (f"{where} {row}" for where, row in claimed_rows(module) if row not in known)


def test_every_claimed_row_exists() -> None:
    tests = [module for module in modules("tests") if module.path != "tests/rows.py"]
    refuse([finding for module in tests for finding in unknown_rows(module)], "Name rows of `comptoir runbook list`:")


def test_every_row_of_an_audit_check_exists() -> None:
    known = {row.id for row in list_rows()}
    refuse(
        [f"{check.id} {row}" for check in CHECKS for row in check.rows if row not in known],
        "Correct app/ops/checks.py:",
    )


def test_the_inventory_has_its_443_rows_once_each() -> None:
    ids = [row.id for row in list_rows()]
    assert len(ids) == len(set(ids)) == 443
    assert all(row.says and row.kind and row.lines for row in list_rows())


def test_an_unknown_row_is_seen() -> None:
    assert list(unknown_rows(parse("tests/x.py", "@row('S0-001', 'S9-001')\ndef test_x(): ..."))) == [
        "tests/x.py:1 S9-001"
    ]


def test_evidence_of_several_runs_adds_up_and_forgets_what_is_gone(tmp_path: Path) -> None:
    for name in ("kept.py", "again.py"):
        (tmp_path / name).touch()
    earlier: rows_report.Rows = {
        "tests": {
            "kept.py": {"kept.py::test_a": ["S0-001"]},
            "again.py": {"again.py::test_old": ["S0-002"]},
            "gone.py": {"gone.py::test_b": ["S0-003"]},
        }
    }
    merged = rows_report.merge(earlier, {"again.py::test_new": ["S0-004"]}, {"again.py"}, tmp_path)
    assert merged == {
        "tests": {"kept.py": {"kept.py::test_a": ["S0-001"]}, "again.py": {"again.py::test_new": ["S0-004"]}}
    }


def test_coverage_counts_known_rows_of_the_evidence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evidence = tmp_path / "rows.json"
    tests = {"a.py": {"a.py::test_a": ["S0-001", "S0-002"]}, "b.py": {"b.py::test_b": ["S0-001", "S9-999"]}}
    evidence.write_text(json.dumps({"tests": tests}))
    found = read_coverage(evidence)
    assert (found.covered, len(found.missing)) == (2, 441)
    assert found.shown_by["S0-001"] == ("a.py::test_a", "b.py::test_b")
    assert exit_code_of(["runbook", "coverage", "--json", "--from", str(evidence)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["covered"], said["total"], len(said["missing"])) == (2, 443, 441)
    assert read_coverage(None).covered == 0


def test_a_row_can_be_looked_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["runbook", "show", "s3-005", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "LOG"
    assert exit_code_of(["runbook", "list", "--kind", "check", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 68
    assert exit_code_of(["runbook", "show", "S9-999", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["code"] == "unknown_row"
