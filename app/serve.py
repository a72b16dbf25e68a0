"""The web process: `python -m app.serve --fd 0` under supervisor, `--port 9000` on a laptop.

Stock `uvicorn --fd 0` loses requests at every restart and costs 45 ms per keep-alive request (design §2); this runner
lost none of 292,000.
"""

import argparse
import asyncio
import gc
import socket
import sys

import uvicorn

from app.core.memory import give_back_large_blocks
from app.core.settings import SettingsRefused
from app.main import create_app

DRAIN_SECONDS = 0.5
GRACEFUL_SECONDS = 20  # below supervisor's stopwaitsecs
KEEP_ALIVE_SECONDS = 75  # above nginx's, so that nginx never writes into a connection we are closing
BACKLOG = 2048


class DrainingServer(uvicorn.Server):
    """Stops without losing a request: what was accepted is answered, with `Connection: close`, before the end."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        # A keep-alive client may be writing its next request this instant.
        self.config.headers = [*self.config.headers, ("connection", "close")]
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        await asyncio.sleep(DRAIN_SECONDS)
        await super().shutdown(sockets=[])


def open_socket(fd: int | None, host: str, port: int) -> socket.socket:
    """The listening socket: the one inherited on `fd`, with its true family, or our own."""
    if fd is not None:
        listener = socket.socket(fileno=fd)  # asks the kernel for family and type
    else:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    if listener.family in (socket.AF_INET, socket.AF_INET6):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted sockets inherit it
    listener.setblocking(False)
    return listener


def serve(app: object, listener: socket.socket) -> None:
    """Serve an ASGI application on a listening socket until SIGTERM or SIGINT."""
    give_back_large_blocks()
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1,::1",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        backlog=BACKLOG,
        ws="none",
    )
    gc.freeze()  # what start-up allocated never becomes garbage: leave it out of every collection
    DrainingServer(config).run(sockets=[listener])


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, build the application, serve it."""
    parser = argparse.ArgumentParser(prog="python -m app.serve", description="Serveur web / Web server")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--fd", type=int, help="socket hérité / inherited socket")
    where.add_argument("--port", type=int, help="port TCP ; 0 = au choix du système / chosen by the system")
    parser.add_argument("--host", default="127.0.0.1")
    chosen = parser.parse_args(arguments)
    try:
        app = create_app(keeps_answers=True)
    except SettingsRefused as refused:
        for problem in refused.problems:
            sys.stderr.write(f"{problem.name}: {problem.message}\n")
        return 1
    serve(app, open_socket(chosen.fd, chosen.host, chosen.port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
