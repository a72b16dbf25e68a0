"""Reads every log line that a process of the run writes, and fails the run at its end (payments §6).

A line may hold nothing of what `tests/api/test_log_canaries.py` plants in every input, and no field outside the closed
list. The fakes' own logs are not read: they are somebody else's. Findings of parallel workers travel to the reporting
process.
"""

import json
import os
import re
from collections.abc import Iterator
from functools import wraps
from pathlib import Path

import pytest

from app.core.log import ALLOWED_FIELDS, PresentStderr, PresentStdout

# Each says what it would be in earnest; none is anybody's.
CANARIES = {
    "an e-mail": "canary.jeanne@example.com",
    "a card number": "4000008260000000",
    "a key": "sk_live_canary0123456789abcdef",
    "a cookie": "cookie-canary-0123456789abcdef",
    "a webhook secret": "whsec_canary0123456789abcdef",
    "a signature": "v1=canary5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd",
    "a bearer token": "eyJhbGciOiJjYW5hcnkifQ.canary.token",
    "a name": "Zénaïde-Canary",
}
NGINX_FIELDS = frozenset(
    {
        "timestamp", "event", "requestId", "method", "path", "status", "bytes", "seconds", "upstreamSeconds", "client",
    }
)  # fmt: skip
# As it is, as JSON escapes it, as an address does.
FORMS = {
    form: what
    for what, text in CANARIES.items()
    for form in (
        text,
        json.dumps(text)[1:-1],
        text.replace("@", "%40"),
        text.replace("é", "%C3%A9").replace("ï", "%C3%AF"),
    )
}
_PLANTED = re.compile("|".join(map(re.escape, sorted(FORMS, key=len, reverse=True))))
LOGS = ("*.log", "*.out", "*.err")
# `deploys.log` is the history of a host, one line per release: who, what, when (docs/ops.md).
OTHERS = re.compile(r"fake|stripe|brevo|postgres|redis|deploys")
KEY = "log_faults"
MOST_SHOWN = 50

faults: list[str] = []


def faults_of(line: str) -> Iterator[str]:
    """What is wrong with one line, without what it leaks."""
    if found := _PLANTED.search(line):
        yield f"{FORMS[found.group()]} is logged: {_PLANTED.sub('…', line.strip())[:200]}"
    if not line.startswith("{"):
        return
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return
    if isinstance(fields, dict):
        known = NGINX_FIELDS if fields.get("event") == "http_access" else ALLOWED_FIELDS
        if strange := sorted(set(fields) - known):
            yield f"fields outside the closed list: {', '.join(strange)[:200]}"


def look(where: str, text: str) -> None:
    """Keep what is wrong with these lines."""
    for line in text.splitlines():
        faults.extend(f"{where}: {fault}" for fault in faults_of(line))


def listen(stream: type[PresentStdout] | type[PresentStderr]) -> None:
    """Hear what this process logs on its way out, also where a test takes it for itself."""
    write = stream.write

    @wraps(write)
    def heard(self: PresentStdout | PresentStderr, text: str) -> int:
        look(os.environ.get("PYTEST_CURRENT_TEST", "outside a test"), text)
        return write(self, text)  # type: ignore[arg-type]

    stream.write = heard  # type: ignore[method-assign]


def read_logs(folder: Path) -> None:
    """The logs that processes of the tests left below a folder."""
    for path in sorted(found for pattern in LOGS for found in folder.rglob(pattern) if found.is_file()):
        if OTHERS.search(path.name):
            continue
        with path.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, start=1):
                faults.extend(f"{path}:{number}: {fault}" for fault in faults_of(line))


def pytest_configure() -> None:
    for stream in (PresentStdout, PresentStderr):
        listen(stream)


@pytest.fixture(scope="session", autouse=True)
def _logs_are_read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    read_logs(tmp_path_factory.getbasetemp())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """A parallel worker has ended: what it heard."""
    faults.extend(getattr(node, "workeroutput", {}).get(KEY, []))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[KEY] = faults
    elif faults and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not faults:
        return
    terminalreporter.section("what no log may hold (tests/log_watch.py)", red=True)
    for fault in faults[:MOST_SHOWN]:
        terminalreporter.write_line(fault, red=True)
    if len(faults) > MOST_SHOWN:
        terminalreporter.write_line(f"and {len(faults) - MOST_SHOWN} more", red=True)
