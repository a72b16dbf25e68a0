"""The folders that need a disposable host: run where we are root on Linux, loudly not run elsewhere.

`REQUIRE_APPLIANCE=1` (CI) turns "not run" into a failure.
"""

import os
from pathlib import Path

import pytest

from tests.testhost.support import find_missing_support

FOLDERS = ("tests/appliance", "tests/runbook", "tests/testhost")
SUBNET = "10.77.0.0/16"


def needs_a_host(nodeid: str) -> bool:
    """Whether this test stands in a folder that runs on a disposable host."""
    return nodeid.startswith(tuple(f"{folder}/" for folder in FOLDERS))


def asked_for(config: pytest.Config) -> list[str]:
    """The host folders inside what this run was asked to run (`pytest tests/unit` asks for none)."""
    root = config.rootpath
    asked = [root / str(argument).split("::")[0] for argument in config.args]
    present = [root / folder for folder in FOLDERS if any((root / folder).glob("test_*.py"))]
    return [str(folder.relative_to(root)) for folder in present if any(overlaps(folder, path) for path in asked)]


def overlaps(folder: Path, asked: Path) -> bool:
    return folder.is_relative_to(asked) or asked.is_relative_to(folder)


def is_required() -> bool:
    return os.environ.get("REQUIRE_APPLIANCE") == "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the host suites reach the test hosts; leave them out where no test host can run."""
    host_items = [item for item in items if needs_a_host(item.nodeid)]
    for item in host_items:
        item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "::1", SUBNET]))
    if host_items and find_missing_support():
        items[:] = [item for item in items if item not in host_items]
        config.hook.pytest_deselected(items=host_items)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if is_required() and find_missing_support() and asked_for(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    reason, folders = find_missing_support(), asked_for(config)
    if reason and folders:
        failure = " REQUIRE_APPLIANCE=1 makes this a failure." if is_required() else ""
        line = f"NOT RUN: {', '.join(folders)}: {reason}{failure}"
        terminalreporter.write_line(line, red=True, bold=True)
