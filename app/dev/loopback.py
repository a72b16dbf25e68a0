"""Serves a fake vendor on the loopback address, in its own process or in a thread of a test."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from threading import Thread

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class _Protocol(HttpToolsProtocol):
    """Lets a fault cut the connection: what a crashed or firewalled vendor looks like from the client."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["transport"] = self.transport


LOOPBACK = "127.0.0.1"
# The test hosts' own subnets (tests/testhost): a deployed test host calls the fakes on the address of its bridge.
TEST_HOSTS = ip_network("10.77.0.0/16")


def near_address(text: str) -> str:
    """An address that fakes may listen on: the loopback, or the bridge of test hosts; raises `ValueError`."""
    address = ip_address(text)
    if not address.is_loopback and address not in TEST_HOSTS:
        raise ValueError(f"{text} is neither the loopback nor a bridge of test hosts")
    return text


def serve(app: ASGIApp, port: int, address: str = LOOPBACK) -> None:
    """Serve until SIGTERM or Ctrl-C, after one line that says where. Port 0 lets the system choose."""
    with _listen(port, address) as listener:
        print(f"listening on {_address(listener)}", flush=True)
        _server(app).run(sockets=[listener])


@dataclass(frozen=True)
class Served:
    """What a thread of this process serves."""

    url: str
    server: uvicorn.Server
    thread: Thread

    def end(self) -> None:
        """Ask it to end, which takes it a fifth of a second; several may be asked before one waits for them."""
        self.server.should_exit = True

    def wait(self) -> None:
        """Until it has ended, which its calls in hand may delay."""
        self.thread.join(timeout=10)


def start_serving(app: ASGIApp, address: str = LOOPBACK, port: int = 0) -> Served:
    """Serve in a thread from now on, on a free port unless one is named; the caller ends it."""
    listener = _listen(port, near_address(address))
    server = _server(app)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    return Served(_address(listener), server, thread)


@contextmanager
def serving(app: ASGIApp, address: str = LOOPBACK, port: int = 0) -> Iterator[str]:
    """Serve while the block runs, on a free port unless one is named; gives the address."""
    served = start_serving(app, address, port)
    try:
        yield served.url
    finally:
        served.end()
        served.wait()


def _listen(port: int, address: str) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    # Connections wait from here on, so whoever reads the line may call at once.
    listener.listen(128)
    return listener


def _address(listener: socket.socket) -> str:
    address, port = listener.getsockname()
    return f"http://{address}:{port}"


def _server(app: ASGIApp) -> uvicorn.Server:
    return uvicorn.Server(
        # One second: a call that a fault lets hang must not hold up the end.
        uvicorn.Config(app, http=_Protocol, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    )
