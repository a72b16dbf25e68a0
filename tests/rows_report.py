"""Writes which inventory rows were shown by tests that ran and passed; `comptoir runbook coverage` reads the file.

The file is `$COMPTOIR_ROWS_FILE`, else `var/rows.json`. A run replaces what the file says of the test files it ran and
drops those that no longer exist, so that several runs (unit tests in parallel, hosts one by one) add up to one answer.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import pytest

PROPERTY = "inventory row"


class Rows(TypedDict):
    """The file: test file -> test -> the rows it showed."""

    tests: dict[str, dict[str, list[str]]]


shown: dict[str, list[str]] = {}
fallen: set[str] = set()
files_run: set[str] = set()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Hang the rows on the test; user properties travel from parallel workers to the reporting process."""
    known = {value for name, value in item.user_properties if name == PROPERTY}
    rows = [row for marker in item.iter_markers("row") for row in marker.args if row not in known]
    item.user_properties += [(PROPERTY, row) for row in dict.fromkeys(rows)]
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    files_run.add(file_of(report.nodeid))
    if report.failed:
        fallen.add(function_of(report.nodeid))
    rows = [str(value) for name, value in report.user_properties if name == PROPERTY]
    if report.when == "call" and report.passed and rows:
        shown[report.nodeid] = rows


def pytest_sessionfinish(session: pytest.Session) -> None:
    is_parallel_worker = hasattr(session.config, "workerinput")
    if not is_parallel_worker and files_run:
        root = session.config.rootpath
        target = rows_file(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        merged = merge(
            read(target), {test: rows for test, rows in shown.items() if function_of(test) not in fallen}, root
        )
        target.write_text(json.dumps(merged, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def rows_file(root: Path) -> Path:
    return Path(os.environ.get("COMPTOIR_ROWS_FILE") or root / "var" / "rows.json")


def read(path: Path) -> Rows:
    if not path.exists():
        return {"tests": {}}
    earlier: Rows = json.loads(path.read_text(encoding="utf-8"))
    return earlier


def merge(earlier: Rows, now: dict[str, list[str]], root: Path) -> Rows:
    """The earlier answer without the files that ran now or are gone, plus what passed now."""
    kept = {name: tests for name, tests in earlier["tests"].items() if name not in files_run and (root / name).exists()}
    for test, rows in now.items():
        kept.setdefault(file_of(test), {})[test] = rows
    return {"tests": kept}


def function_of(nodeid: str) -> str:
    """A test with several cases shows its rows only when every case passed."""
    return nodeid.split("[")[0]


def file_of(nodeid: str) -> str:
    return nodeid.split("::")[0]
