"""An endpoint that events are delivered to: keeps them, and answers as told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread

Json = dict[str, object]


@dataclass(frozen=True)
class Received:
    """One delivery as it arrived."""

    signature: str
    body: bytes

    @property
    def event(self) -> Json:
        """Its body, read."""
        event: Json = json.loads(self.body)
        return event


@dataclass
class Receiver:
    """`statuses` are used up one by one; after them it is always 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    _arrived: Queue[Received] = field(default_factory=Queue)

    def take(self, count: int) -> list[Received]:
        """The next deliveries; fails after ten seconds without one."""
        return [self._arrived.get(timeout=10) for _ in range(count)]

    def take_types(self, count: int) -> list[str]:
        """Their types, sorted, since their order is not promised."""
        return sorted(str(each.event["type"]) for each in self.take(count))

    @property
    def is_empty(self) -> bool:
        """Whether nothing else has arrived so far."""
        return self._arrived.empty()

    def answer(self, received: Received) -> int:
        """Keep it, and say which status to answer."""
        status = self.statuses.pop(0) if self.statuses else 200
        self._arrived.put(received)
        return status


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on a free port while the block runs."""
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    receiver.url = f"http://127.0.0.1:{server.server_port}/stripe/webhook"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.answer(Received(self.headers["Stripe-Signature"], body)))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler
