"""The running product of the fault suites: real processes that may die, fakes that live on, plenty on the shelf."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.db import unit_of_work
from app.stock.service import receive
from tests.faults.machine import Machine
from tests.faults.moments import FOLDER
from tests.processes import Processes, url_of, wait_until_serving
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, Goods

PLENTY = 100_000


@pytest.fixture
def machine(
    environment: dict[str, str],
    vendors: tuple[FakeStripe, FakeBrevo],
    goods: Goods,
    web_socket: socket.socket,
    processes: Processes,
    tmp_path: Path,
) -> Iterator[Machine]:
    """A web process and a worker that die when they are told to, and begin again."""
    environment |= {"RATE_LIMIT_WEBHOOK_MAX": "1000000", "BREVO_DAILY_QUOTA": "1000000", FOLDER: str(tmp_path)}
    with unit_of_work("test") as session:
        receive(session, goods.variant_id, PLENTY, "test")
    processes.start("-m", "tests.faults.dying_web", stdin=web_socket.fileno())
    processes.start("-m", "tests.faults.dying_worker")
    wait_until_serving(url_of(web_socket))
    buyer = Buyer(url_of(web_socket), goods)
    yield Machine(processes, web_socket, *vendors, buyer, tmp_path)
    buyer.http.close()
