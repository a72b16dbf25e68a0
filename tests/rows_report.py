"""Writes which inventory rows were shown by tests that ran and passed; `comptoir runbook coverage` reads the file.

The file is `$COMPTOIR_ROWS_FILE`, else `var/rows.json`. A run replaces what the file says of the test files it ran and
drops those that no longer exist, so that several runs (unit tests in parallel, hosts one by one) add up to one answer.

After a complete `make test`, `python -m tests.rows_report` keeps the answer and its commit in `docs/proofs/rows.json`:
that is what a release carries to servers, where no test runs.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import pytest

from tests.proofs import PROOFS, ROOT, current_commit

OF_THE_TEST = "inventory row"
OF_ONE_CASE = "inventory row of one case"


class Rows(TypedDict):
    """The file: test file -> test -> the rows it showed."""

    tests: dict[str, dict[str, list[str]]]


shown: dict[str, list[tuple[str, str]]] = {}
fallen: set[str] = set()
files_run: set[str] = set()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Hang the rows on the test; user properties travel from parallel workers to the reporting process."""
    case = getattr(item, "callspec", None)
    for marker in item.iter_markers("row"):
        kind = OF_ONE_CASE if case is not None and marker in case.marks else OF_THE_TEST
        rows = [(kind, row) for row in marker.args]
        item.user_properties += [row for row in rows if row not in item.user_properties]
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    files_run.add(file_of(report.nodeid))
    if report.failed:
        fallen.update({report.nodeid, function_of(report.nodeid)})
    rows = [(name, str(value)) for name, value in report.user_properties if name in {OF_THE_TEST, OF_ONE_CASE}]
    if report.when == "call" and report.passed and rows:
        shown[report.nodeid] = rows


def rows_that_stand(test: str) -> list[str]:
    """A row of the whole test stands when every case of it passed, the row of one case when that case did."""
    judged = {OF_THE_TEST: function_of(test), OF_ONE_CASE: test}
    return [row for kind, row in shown[test] if judged[kind] not in fallen]


def pytest_sessionfinish(session: pytest.Session) -> None:
    is_parallel_worker = hasattr(session.config, "workerinput")
    if not is_parallel_worker and files_run:
        root = session.config.rootpath
        target = rows_file(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        passed = {test: rows for test in shown if (rows := rows_that_stand(test))}
        write(target, merge(read(target), passed, files_run, root))


def rows_file(root: Path) -> Path:
    return Path(os.environ.get("COMPTOIR_ROWS_FILE") or root / "var" / "rows.json")


def read(path: Path) -> Rows:
    if not path.exists():
        return {"tests": {}}
    earlier: Rows = json.loads(path.read_text(encoding="utf-8"))
    return earlier


def write(path: Path, rows: Rows) -> None:
    """Replace the file in one step: two runs at once may each win, neither leaves half a file."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_text(json.dumps(rows, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    beside.replace(path)


def merge(earlier: Rows, now: dict[str, list[str]], run: set[str], root: Path) -> Rows:
    """The earlier answer without the files that ran now or are gone, plus what passed now."""
    kept = {name: tests for name, tests in earlier["tests"].items() if name not in run and (root / name).exists()}
    for test, rows in now.items():
        kept.setdefault(file_of(test), {})[test] = rows
    return {"tests": kept}


def function_of(nodeid: str) -> str:
    return nodeid.split("[")[0]


def file_of(nodeid: str) -> str:
    return nodeid.split("::")[0]


def keep() -> None:
    """Copy the answer of this tree to where a release carries it."""
    kept = {"command": "make test", "commit": current_commit(), **read(rows_file(ROOT))}
    PROOFS.mkdir(parents=True, exist_ok=True)
    (PROOFS / "rows.json").write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    keep()
