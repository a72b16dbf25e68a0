"""Two web processes on one inherited socket, restarted one by one under load: no request is lost (design §2)."""

import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2

from tests.processes import NO_AUTHORITIES, Processes, shared_socket, url_of

CLIENTS = 6
RESTARTS = 4
PACE_SECONDS = 0.03  # leaves the two cores room to start a process
SMALLEST_LOAD = 600  # requests that must have been answered, or the test has shown little


class Load:
    """Clients that ask until told to stop; every answer is counted by its status, every failure by its class."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.stopped = threading.Event()
        self.outcomes: list[str] = []

    def run(self, number: int) -> None:
        """Even clients keep their connection, odd ones open one per request; every third request is a POST."""
        keeps_alive = number % 2 == 0
        client = httpx2.Client(timeout=30, verify=NO_AUTHORITIES)
        for turn in counting_until(self.stopped):
            if not keeps_alive:
                client.close()
                client = httpx2.Client(timeout=30, verify=NO_AUTHORITIES)
            self.outcomes.append(self.ask(client, turn))
        client.close()

    def ask(self, client: httpx2.Client, turn: int) -> str:
        try:
            if turn % 3 == 0:
                return str(client.post(f"{self.url}/store/nothing", json={"turn": turn}).status_code)
            return str(client.get(f"{self.url}/health").status_code)
        except httpx2.HTTPError as failure:
            return type(failure).__name__


def counting_until(stopped: threading.Event) -> Iterator[int]:
    turn = 0
    while not stopped.wait(PACE_SECONDS):
        yield turn
        turn += 1


def test_restarting_one_by_one_loses_no_request(processes: Processes) -> None:
    with shared_socket() as listener, ThreadPoolExecutor(CLIENTS) as pool:
        workers = [processes.serve_and_wait(listener), processes.serve_and_wait(listener)]
        load = Load(url_of(listener))
        running = [pool.submit(load.run, number) for number in range(CLIENTS)]
        try:
            for turn in range(RESTARTS):
                workers[turn % 2].terminate()
                assert workers[turn % 2].wait(timeout=30) == -signal.SIGTERM
                workers[turn % 2] = processes.serve_and_wait(listener)
        finally:
            load.stopped.set()
        for client in running:
            client.result()
    sys.stdout.write(f"{RESTARTS} restarts under {len(load.outcomes)} requests\n")
    failures = [outcome for outcome in load.outcomes if outcome not in ("200", "404")]
    assert failures == []
    assert len(load.outcomes) > SMALLEST_LOAD
