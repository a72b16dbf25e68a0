"""What holds for every test: sockets stay on this machine, time and inventory rows are reported."""

import pytest

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
