"""Chromium for the tests that use pages as a person does; loudly not run where it is missing.

`REQUIRE_APPLIANCE=1` (CI) turns "not run" into a failure, as for the host suites.
"""

import shutil

import pytest

from tests.host_suites import is_required, overlaps

FOLDER = "tests/browser"
PROGRAM = "chromium"


def find_chromium() -> str | None:
    """Debian's Chromium, wherever it stands."""
    return shutil.which(PROGRAM)


def is_left_out(config: pytest.Config) -> bool:
    """Whether this run asked for the folder and cannot have it (`pytest tests/unit` does not ask)."""
    folder = config.rootpath / FOLDER
    asked = [config.rootpath / str(argument).split("::")[0] for argument in config.args]
    return find_chromium() is None and any(overlaps(folder, path) for path in asked)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the folder out where there is no Chromium."""
    theirs = [item for item in items if item.nodeid.startswith(f"{FOLDER}/")]
    if theirs and find_chromium() is None:
        items[:] = [item for item in items if item not in theirs]
        config.hook.pytest_deselected(items=theirs)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if is_required() and is_left_out(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if is_left_out(config):
        failure = " REQUIRE_APPLIANCE=1 makes this a failure." if is_required() else ""
        line = f"NOT RUN: {FOLDER}: Chromium is not installed: apt-get install {PROGRAM}{failure}"
        terminalreporter.write_line(line, red=True, bold=True)
