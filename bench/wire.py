"""The load: HTTP/1.1 over one kept connection, as little of it as a measurement needs. It runs on its own core."""

import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

TIMEOUT_SECONDS = 60.0
IDLE_SECONDS = 30.0  # the server lets an idle connection go after 75
CHUNK = 1 << 18

Json = dict[str, object]


class WrongAnswer(Exception):
    """An answer that is no part of what is measured: the bench must not go on and report nonsense."""


@dataclass(frozen=True)
class Answer:
    """One answer."""

    status: int
    headers: bytes
    body: bytes

    def json(self) -> Json:
        """Its document."""
        document: Json = json.loads(self.body)
        return document


class Client:
    """One keep-alive connection to a local port; counts what it receives."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self.port = port
        self.requests = 0
        self.received = 0
        self._lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self._socket: socket.socket | None = None
        self._used_at = 0.0

    def get(self, path: str, *, expect: int = 200) -> Answer:
        """One GET."""
        return self._exchange(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{self._lines}\r\n".encode(), expect)

    def post(
        self, path: str, body: object = None, *, headers: Mapping[str, str] | None = None, expect: int = 200
    ) -> Answer:
        """One POST of a JSON document, of bytes as they are, or of no body at all."""
        return self._send("POST", path, body, headers or {}, expect)

    def delete(self, path: str, body: object = None, *, headers: Mapping[str, str] | None = None) -> Answer:
        """One DELETE; Medusa's takes a body at times."""
        return self._send("DELETE", path, body, headers or {}, 200)

    def _send(self, method: str, path: str, body: object, headers: Mapping[str, str], expect: int) -> Answer:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        own = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{self._lines}{own}"
            f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        )
        return self._exchange(head.encode() + content, expect)

    def close(self) -> None:
        """Let the connection go."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, request: bytes, expect: int) -> Answer:
        if time.monotonic() - self._used_at > IDLE_SECONDS:
            self.close()
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        answer = self._read()
        self._used_at = time.monotonic()
        self.requests += 1
        self.received += len(answer.body)
        if b"connection: close" in answer.headers.lower():
            self.close()
        if expect and answer.status != expect:
            raise WrongAnswer(f"{request.split(b' HTTP', 1)[0].decode()}: {answer.status} {answer.body[:300]!r}")
        return answer

    def _read(self) -> Answer:
        head, body = self._read_head()
        length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        parts, left = [body], length - len(body)
        while left > 0:
            parts.append(self._receive(min(left, CHUNK)))
            left -= len(parts[-1])
        return Answer(int(head[9:12]), head, b"".join(parts))

    def _read_head(self) -> tuple[bytes, bytes]:
        got = b""
        while b"\r\n\r\n" not in got:
            got += self._receive(CHUNK)
        head, _, body = got.partition(b"\r\n\r\n")
        return head + b"\r\n", body

    def _receive(self, most: int) -> bytes:
        if self._socket is None:
            raise WrongAnswer("the connection is closed")
        part = self._socket.recv(most)
        if not part:
            self.close()
            raise WrongAnswer("the server closed the connection")
        return part


def with_query(path: str, **values: str | int) -> str:
    """The path with these parameters, written as the SDK does."""
    return f"{path}?" + "&".join(f"{name}={quote(str(value), safe='')}" for name, value in values.items())
