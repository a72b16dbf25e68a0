"""What each test folder took beside its budget, printed at the end. A timing is never an assertion.

Seconds are those the tests worked (set-up and clean-up included), so that parallel workers add up.
"""

from collections import defaultdict

import pytest

# Five minutes on two cores for what needs no test host, twenty for everything while the product is small (design §1).
BUDGET_SECONDS = {
    "tests/unit": 5,
    "tests/architecture": 20,
    "tests/contract": 20,
    "tests/api": 400,
    "tests/concurrency": 60,
    "tests/faults": 150,
    "tests/sdk": 60,
    "tests/browser": 60,
    "tests/deploys": 30,
    "tests/up": 240,
    "tests/bench": 60,
    "tests/appliance": 600,
}

took_seconds: dict[str, float] = defaultdict(float)


def folder_of(nodeid: str) -> str:
    """`tests/unit` for `tests/unit/test_money.py::test_x`."""
    return "/".join(nodeid.split("::")[0].split("/")[:2])


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    took_seconds[folder_of(report.nodeid)] += report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not took_seconds:
        return
    terminalreporter.section("time per folder (seconds of work / budget)")
    for folder, seconds in sorted(took_seconds.items()):
        budget = BUDGET_SECONDS.get(folder)
        is_over = budget is not None and seconds > budget
        beside = f"/ {budget:>4}" if budget is not None else "/ none"
        over = "  over its budget" if is_over else ""
        terminalreporter.write_line(f"{folder:<22} {seconds:8.1f} {beside}{over}", yellow=is_over)
