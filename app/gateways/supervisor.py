"""supervisord over its unix socket, and which of its processes answers on the shared web socket."""

import http.client
import json
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from supervisor.xmlrpc import SupervisorTransport

SOCKET = "/var/run/supervisor.sock"
RUNNING = "RUNNING"
STOPPED = frozenset({"STOPPED", "EXITED", "FATAL"})


@dataclass(frozen=True)
class ProcessState:
    """One supervised process: `web:web-0`, its state in supervisor's words, its pid (0 if none)."""

    name: str
    state: str
    pid: int


@dataclass(frozen=True)
class WorkerAnswer:
    """An answer of the shared web socket: status, the release it names, and whether the expected process gave it."""

    status: int
    version: str
    is_from_pid: bool


class Supervisor:
    """The calls that a rolling restart needs. None of them touches a group: that would close the web socket."""

    def __init__(self, socket_path: str = SOCKET) -> None:
        self._socket_path = socket_path
        self._transport = SupervisorTransport(None, None, f"unix://{socket_path}")
        # The address is not used: the transport goes to the socket.
        self._server = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=self._transport)

    def connect_again(self) -> "Supervisor":
        """A second connection: one may be used by one thread at a time."""
        return Supervisor(self._socket_path)

    def list_processes(self) -> list[ProcessState]:
        """Every supervised process, in the order of the configuration."""
        rows = cast(list[dict[str, object]], self._call("getAllProcessInfo"))
        return [ProcessState(f"{row['group']}:{row['name']}", *_state_and_pid(row)) for row in rows]

    def get_process(self, name: str) -> ProcessState:
        """One process by its full name; raises xmlrpc's Fault if supervisord does not know it."""
        return ProcessState(name, *_state_and_pid(cast(dict[str, object], self._call("getProcessInfo", name))))

    def stop_process(self, name: str) -> None:
        """Stop one process and wait until it has drained; nothing to do if it does not run."""
        if self.get_process(name).state not in STOPPED:
            self._call("stopProcess", name, True)

    def start_process(self, name: str) -> None:
        """Ask for a start; `get_process` tells how it goes."""
        self._call("startProcess", name, False)

    def _call(self, method: str, *arguments: object) -> object:
        try:
            return getattr(self._server.supervisor, method)(*arguments)
        finally:
            # Kept open, it would be reused after a failed connect, and would fail for ever.
            self._transport.close()


def _state_and_pid(row: dict[str, object]) -> tuple[str, int]:
    return str(row["statename"]), int(str(row["pid"]))


def ask_shared_socket(port: int, pid: int, timeout_seconds: float = 5) -> WorkerAnswer:
    """GET /health on a fresh connection, and whether this process is the one that answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_seconds)
    try:
        connection.connect()
        client_port = connection.sock.getsockname()[1]
        connection.request("GET", "/health")
        response = connection.getresponse()
        body = response.read()
        # While the connection is open: afterwards nobody holds its other end.
        is_from_pid = holds_inode(pid, read_server_inode(port, client_port))
        version = str(json.loads(body).get("version", "")) if response.status == http.client.OK else ""
        return WorkerAnswer(response.status, version, is_from_pid)
    finally:
        connection.close()


def read_server_inode(server_port: int, client_port: int, table: Path = Path("/proc/net/tcp")) -> str:
    """The inode of the server's end of a loopback connection, as the kernel lists it; empty if it is gone."""
    wanted = (f"0100007F:{server_port:04X}", f"0100007F:{client_port:04X}")
    for line in table.read_text().splitlines()[1:]:
        fields = line.split()
        if (fields[1], fields[2]) == wanted:
            return fields[9]
    return ""


def holds_inode(pid: int, inode: str) -> bool:
    """True if this process has that socket open (ours to read: it runs as the same user)."""
    targets = (path.readlink() for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink())
    return bool(inode) and any(str(target) == f"socket:[{inode}]" for target in targets)
