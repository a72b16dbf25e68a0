"""The rolling restart against a real supervisord that holds one socket for two workers."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.gateways.supervisor import Supervisor, ask_shared_socket
from app.ops.rolling_restart import Patience, WorkerDidNotComeBack, restart_all
from infra.host.release_serve import spare_port
from tests.rows import row
from tests.waiting import wait_until

# Answers /health on the socket it inherits; the files `broken`, `slow` and `sick` are there to spoil its next start.
WORKER = """
import http.server, json, pathlib, socket, sys, time
if pathlib.Path("broken").exists():
    sys.exit(1)
if pathlib.Path("slow").exists():
    time.sleep(3)
STATUS = 503 if pathlib.Path("sick").exists() else 200
class Health(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = json.dumps({"status": "ok", "version": pathlib.Path("version").read_text()}).encode()
        self.send_response(STATUS)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health, bind_and_activate=False)
server.socket = socket.socket(fileno=0)
server.serve_forever()
"""
CONFIGURATION = """
[unix_http_server]
file={folder}/s.sock
[supervisord]
logfile={folder}/supervisord.log
pidfile={folder}/supervisord.pid
childlogdir={folder}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[fcgi-program:web]
socket=tcp://127.0.0.1:{port}
command={python} {folder}/worker.py
directory={folder}
numprocs=2
process_name=%(program_name)s-%(process_num)d
startsecs=1
[program:worker]
command=sleep 600
startsecs=0
"""


@dataclass(frozen=True)
class Running:
    """A supervisord of the test."""

    folder: Path
    port: int
    supervisor: Supervisor

    def pids(self) -> dict[str, int]:
        """The pid of each process."""
        return {process.name: process.pid for process in self.supervisor.list_processes()}

    def is_up(self) -> bool:
        """Whether everything runs."""
        try:
            return {process.state for process in self.supervisor.list_processes()} == {"RUNNING"}
        except OSError:
            return False


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """supervisord with two web workers and one other program."""
    folder, port = tmp_path_factory.mktemp("sv"), spare_port()
    (folder / "worker.py").write_text(WORKER)
    (folder / "version").write_text("v1.0.0")
    (folder / "supervisord.conf").write_text(CONFIGURATION.format(folder=folder, port=port, python=sys.executable))
    program = [str(Path(sys.executable).parent / "supervisord"), "-n", "-c", str(folder / "supervisord.conf")]
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        found = Running(folder, port, Supervisor(str(folder / "s.sock")))
        try:
            wait_until(found.is_up, 20, "supervisord and its programs")
            yield found
        finally:
            process.terminate()


@row("S0-129")
def test_every_process_is_new_afterwards_and_the_answers_are_those_of_the_new_code(running: Running) -> None:
    before = running.pids()
    (running.folder / "version").write_text("v2.0.0")

    done = restart_all(running.supervisor, running.port)

    assert [one.name for one in done] == ["web:web-0", "web:web-1", "worker:worker"]
    after = running.pids()
    assert {name: one.pid for name, one in zip(after, done, strict=True)} == after
    assert not set(before.values()) & set(after.values())
    assert ask_shared_socket(running.port, done[0].pid).version == "v2.0.0"


def test_a_worker_that_does_not_come_back_ends_it_and_the_next_keeps_serving(running: Running) -> None:
    before = running.pids()
    (running.folder / "broken").touch()

    with pytest.raises(WorkerDidNotComeBack, match="web:web-0: BACKOFF"):
        restart_all(running.supervisor, running.port, Patience(backoff_seconds=0.5))

    assert running.pids()["web:web-1"] == before["web:web-1"]
    answer = ask_shared_socket(running.port, before["web:web-1"])
    assert (answer.status, answer.is_from_pid) == (200, True)


def test_a_worker_that_is_slow_to_answer_is_waited_for_longer_than_a_sick_one(running: Running) -> None:
    patience = Patience(unwell_seconds=0.5)
    (running.folder / "slow").touch()

    done = restart_all(running.supervisor, running.port, patience)

    assert all(one.seconds > 3 * patience.unwell_seconds for one in done[:2])
    (running.folder / "slow").unlink()
    (running.folder / "sick").touch()
    before = running.pids()
    with pytest.raises(WorkerDidNotComeBack, match=r"no healthy answer \(503\)"):
        restart_all(running.supervisor, running.port, patience)
    assert running.pids()["web:web-1"] == before["web:web-1"]
