"""Reads an address that somebody typed, from the public network only (design §4.18).

The name is resolved once, every address it has is looked at, and the connection goes to one of those: a name that says
something else the second time leads nowhere. Each redirect is looked at the same way. No proxy, no cookie, no
credentials; time, size and type are bounded, and the bound on time holds whatever the other side does.
"""

import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urljoin, urlsplit

Resolve = Callable[[str, int], Sequence[str]]

PORTS = {"http": 80, "https": 443}
MOST_REDIRECTS = 5
LONGEST_URL = 2_000
CONNECT_SECONDS = 5.0
CHUNK_BYTES = 64 * 1024
FORBIDDEN_SIGNS = re.compile(r"[\x00-\x20\x7f\\<>\"^`{|}]")
REDIRECTS = frozenset({301, 302, 303, 307, 308})
AGENT = "Comptoir"

# What is reachable from here and is not the public network; the last is where one cloud keeps its machines' secrets.
CLOSED_4 = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
    )
)  # fmt: skip
# Of IPv6 the one block that is given out, without what carries an IPv4 address inside, and without examples.
OPEN_6 = IPv6Network("2000::/3")
CLOSED_6 = tuple(IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))


class FetchRefused(Exception):
    """Nothing was read; the code says why. It never holds the address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Limits:
    """What is taken at most: types by their beginning, bytes, seconds for all of it."""

    types: tuple[str, ...]
    most_bytes: int
    seconds: float = 20.0


@dataclass(frozen=True)
class Fetched:
    """What was read, and where it was in the end."""

    content: bytes
    content_type: str
    url: str


@dataclass(frozen=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str


@dataclass
class _Clock:
    """Ends a conversation at its time: a socket's own time-out begins anew with every byte."""

    ends_at: float
    is_over: bool = False
    sockets: list[socket.socket] = field(default_factory=list)

    @property
    def left(self) -> float:
        """Seconds until then; raises `FetchRefused`."""
        left = self.ends_at - time.monotonic()
        if self.is_over or left <= 0:
            raise FetchRefused("too_slow")
        return left

    def end(self) -> None:
        self.is_over = True
        for each in self.sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def resolve_host(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the system knows them."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: str) -> bool:
    """Whether an address is one of the public network, IPv4 inside IPv6 included."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in CLOSED_4)
    return parsed.scope_id is None and parsed in OPEN_6 and not any(parsed in network for network in CLOSED_6)


def fetch(url: str, limits: Limits, *, allows_loopback: bool = False, resolve: Resolve = resolve_host) -> Fetched:
    """The content of a public address; raises `FetchRefused`.

    `allows_loopback` is for tests, which have servers on this machine (the setting FETCH_PRIVATE_ADDRESSES).
    """
    clock = _Clock(time.monotonic() + limits.seconds)
    timer = threading.Timer(limits.seconds, clock.end)
    timer.daemon = True
    timer.start()
    try:
        return _follow(url, limits, clock, allows_loopback, resolve)
    finally:
        timer.cancel()


def _follow(url: str, limits: Limits, clock: _Clock, allows_loopback: bool, resolve: Resolve) -> Fetched:
    schemes: tuple[str, ...] = ("http", "https")
    for _ in range(MOST_REDIRECTS + 1):
        target = _parse(url, schemes, allows_loopback)
        found = _ask(target, url, limits, clock, _choose(target, allows_loopback, resolve))
        if isinstance(found, Fetched):
            return found
        url = found
        schemes = (target.scheme, "https")  # what began encrypted stays so
    raise FetchRefused("too_many_redirects")


def _parse(url: str, schemes: tuple[str, ...], allows_loopback: bool) -> _Target:
    """The parts of an address that says one thing to every reader of addresses."""
    if len(url) > LONGEST_URL or FORBIDDEN_SIGNS.search(url):
        raise FetchRefused("bad_address")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        raise FetchRefused("bad_address") from None
    if parts.scheme not in schemes or not host or "@" in parts.netloc or "%" in parts.netloc:
        raise FetchRefused("bad_address")
    if port not in (None, PORTS[parts.scheme]) and not allows_loopback:
        raise FetchRefused("bad_address")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
        f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else ""
    )
    return _Target(parts.scheme, host, port or PORTS[parts.scheme], path)


def _choose(target: _Target, allows_loopback: bool, resolve: Resolve) -> str:
    """The address to connect to. A name that has one address inside is refused whole, whatever its others are."""
    try:
        addresses = resolve(target.host, target.port)
    except (OSError, UnicodeError):
        raise FetchRefused("unknown_host") from None
    if not addresses:
        raise FetchRefused("unknown_host")
    if not all(is_public(each) or (allows_loopback and _is_loopback(each)) for each in addresses):
        raise FetchRefused("private_address")
    return addresses[0]


def _is_loopback(address: str) -> bool:
    with suppress(ValueError):
        return ip_address(address).is_loopback
    return False


def _ask(target: _Target, url: str, limits: Limits, clock: _Clock, address: str) -> Fetched | str:
    """What is there, or where it sends us."""
    with _connected(target, address, clock) as connection:
        try:
            connection.putrequest("GET", target.path, skip_accept_encoding=True)
            for name, value in (("Accept-Encoding", "identity"), ("User-Agent", AGENT), ("Connection", "close")):
                connection.putheader(name, value)
            connection.endheaders()
            with connection.getresponse() as answer:
                location = answer.getheader("Location")
                if answer.status in REDIRECTS and location:
                    return urljoin(url, location)
                return _read(answer, url, limits, clock)
        except TimeoutError:
            raise FetchRefused("too_slow") from None
        except (OSError, http.client.HTTPException, ValueError):  # also a length, an address that is none
            raise FetchRefused("too_slow" if clock.is_over else "broken_answer") from None


@contextmanager
def _connected(target: _Target, address: str, clock: _Clock) -> Iterator[http.client.HTTPConnection]:
    """A connection to this very address, in the name's name: certificate and `Host` are the name's."""
    opened: socket.socket | None = None
    try:
        opened = socket.create_connection((address, target.port), timeout=min(CONNECT_SECONDS, clock.left))
        opened.settimeout(clock.left)
        clock.sockets.append(opened)
        if target.scheme == "https":
            opened = ssl.create_default_context().wrap_socket(
                opened, server_hostname=target.host, do_handshake_on_connect=False
            )
            clock.sockets.append(opened)
            opened.do_handshake()
        kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
        connection = kind(target.host, target.port)
        connection.sock = opened
        yield connection
    except ssl.SSLError:
        raise FetchRefused("too_slow" if clock.is_over else "untrusted") from None
    except OSError:
        raise FetchRefused("too_slow" if clock.is_over else "unreachable") from None
    finally:
        if opened is not None:
            opened.close()


def _read(answer: http.client.HTTPResponse, url: str, limits: Limits, clock: _Clock) -> Fetched:
    if answer.status != 200:
        raise FetchRefused("not_there")
    content_type = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    if not content_type.startswith(limits.types):
        raise FetchRefused("wrong_type")
    if (answer.getheader("Content-Encoding") or "identity").lower() != "identity":
        raise FetchRefused("broken_answer")  # nothing is unpacked here: a small answer could become a large one
    announced = answer.getheader("Content-Length")
    if announced and announced.isdigit() and int(announced) > limits.most_bytes:
        raise FetchRefused("too_large")
    content = bytearray()
    while piece := answer.read1(CHUNK_BYTES):
        content += piece
        if len(content) > limits.most_bytes:
            raise FetchRefused("too_large")
    if clock.is_over:
        raise FetchRefused("too_slow")
    if announced and announced.isdigit() and len(content) != int(announced):
        raise FetchRefused("broken_answer")
    return Fetched(bytes(content), content_type, url)
