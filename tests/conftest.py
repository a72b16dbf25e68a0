"""What holds for every test: sockets stay on this machine, time and inventory rows are reported."""

import gc
from collections.abc import Iterator

import pytest

# What is imported and collected stays: looking through it for garbage was a third of the work before the first test.
gc.disable()

pytest_plugins = [
    "tests.budget",
    "tests.log_watch",
    "tests.rows_report",
    "tests.host_suites",
    "tests.chromium",
    "tests.services",
    "tests.processes",
    "tests.in_process",
    "tests.shop_front",
    "tests.nginx_front",
    "tests.api.world",
]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Only loopback and UNIX sockets; a test that reaches further fails. `tests/host_suites.py` adds the test hosts."""
    config.option.allow_hosts = "127.0.0.1,::1"
    config.option.allow_unix_socket = True


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Iterator[None]:
    """From here on garbage is collected, among what the tests make."""
    gc.freeze()
    gc.enable()
    return (yield)
