"""Pictures are fetched from the public network only: every way around that we know of, tried on real sockets."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.core.clock import utc_now
from app.gateways.fetch import Fetched, FetchRefused, Limits, fetch, is_public
from tests.rows import row

PICTURES = Limits(("image/",), 1_000, seconds=5)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 7\r\n\r\npicture"


@dataclass
class Tiny:
    """A server of one fixed conversation; it keeps what it was asked."""

    port: int
    asked: list[bytes] = field(default_factory=list)

    def url(self, path: str = "/a.png", host: str = "shop.example") -> str:
        return f"http://{host}:{self.port}{path}"


Answer = bytes | Callable[[socket.socket], None]


@contextmanager
def serving(answer: Answer, *, tls: ssl.SSLContext | None = None) -> Iterator[Tiny]:
    """A server on loopback that answers every connection this way, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        tiny = Tiny(listener.getsockname()[1])

        def talk(connection: socket.socket) -> None:
            with connection:
                connection.settimeout(5)
                tiny.asked.append(connection.recv(65_536))
                if callable(answer):
                    answer(connection)
                else:
                    connection.sendall(answer)

        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                    talk(tls.wrap_socket(connection, server_side=True) if tls else connection)
                except (OSError, ValueError):
                    if listener.fileno() == -1:
                        return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield tiny
        finally:
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)


class Names:
    """A resolver that says what it is told, and counts."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


HERE = ("127.0.0.1",)
SHOP = "http://shop.example/a.png"
# All of them this machine, to the system's own resolver.
WRITINGS = ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "017700000001", "[::1]", "[::ffff:127.0.0.1]", "127.1")


def fetch_here(url: str, limits: Limits = PICTURES, names: Names | None = None) -> Fetched:
    """With the allowance of tests: loopback counts as public."""
    return fetch(url, limits, allows_loopback=True, resolve=names or Names(HERE))


def refusal_of(call: Callable[[], object]) -> str:
    with pytest.raises(FetchRefused) as refused:
        call()
    return refused.value.code


INSIDE = (
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16", "192.88.99.1",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::127.0.0.1",
    "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "2001::1",
    "2002:7f00:1::", "2002:a00:1::1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "100::1", "3fff::1", "4000::1",
    "2606:4700::1%1", "localhost", "", "1.2.3", "0x7f000001",
)  # fmt: skip
OUTSIDE = ("1.1.1.1", "93.184.215.14", "172.32.0.1", "100.128.0.1", "::ffff:1.1.1.1", "2606:4700:4700::1111")


@row("S0-069")
def test_no_address_inside_is_asked_whatever_its_name_and_its_writing() -> None:
    assert [each for each in INSIDE if is_public(each)] == []
    assert [each for each in OUTSIDE if not is_public(each)] == []
    with serving(OK) as tiny:
        for inside in INSIDE:
            for others in ((), ("1.1.1.1",)):
                names = Names((*others, inside))
                code = refusal_of(lambda names=names: fetch(SHOP, PICTURES, resolve=names))  # type: ignore[misc]
                assert code == "private_address", inside
        for host in WRITINGS:
            code = refusal_of(lambda host=host: fetch(f"http://{host}/a.png", PICTURES))  # type: ignore[misc]
            assert code in ("private_address", "unknown_host"), host
    assert tiny.asked == []


def test_an_address_that_two_readers_read_differently_is_none() -> None:
    wrong = (
        "ftp://shop.example/a", "file:///etc/passwd", "gopher://shop.example/", "//shop.example/a", "shop.example/a",
        "", "http://[::1", "https://",
        "http://", "http:///a", "http://user@shop.example/a", "http://user:secret@shop.example/", "http://@shop.example/",
        "http://shop.example:22/", "http://shop.example:6379/", "https://shop.example:80/", "http://shop.example:x/",
        "http://shop.example:99999/", "http://shop.example\\@127.0.0.1/", "http://shop.example /a", "http://a\r\nB: c/",
        "http://shop.example/a\r\nX: y", "http://shop.example/\x00", "http://shop%2eexample/", "http://[::1/",
        "http://127.0.0.1%23@shop.example/", "http://.example/", f"http://shop.example/{'a' * 2_000}", "http://a..b/",
        "javascript:alert(1)", "data:image/png;base64,AAAA", "http://shop.example/<a>", "http://[fe80::1%25eth0]/",
    )  # fmt: skip
    names = Names(("1.1.1.1",))
    for url in wrong:
        assert refusal_of(lambda url=url: fetch(url, PICTURES, resolve=names)) == "bad_address", url  # type: ignore[misc]
    assert names.asked == []


def test_the_name_is_asked_once_and_the_connection_goes_where_it_said() -> None:
    """DNS rebinding: the second answer would lead inside."""
    names = Names(HERE, ("10.0.0.1",))
    with serving(OK) as tiny:
        found = fetch_here(tiny.url("/é a.png?b=ü".replace(" ", "%20")), names=names)
    assert found.content == b"picture"
    assert names.asked == ["shop.example"]
    request = tiny.asked[0].decode()
    assert request.startswith("GET /%C3%A9%20a.png?b=%C3%BC HTTP/1.1\r\n")
    assert f"Host: shop.example:{tiny.port}\r\n" in request
    assert "Accept-Encoding: identity" in request
    assert not any(word in request.lower() for word in ("cookie", "authorization", "referer", "gzip"))


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(OK) as proxy, serving(OK) as tiny:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert fetch_here(tiny.url()).content == b"picture"
    assert (len(proxy.asked), len(tiny.asked)) == (0, 1)


def redirect(location: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


def test_every_redirect_is_looked_at_like_the_first_address() -> None:
    with serving(OK) as inside:
        for location in (f"http://10.0.0.1:{inside.port}/", "http://inside.example/", "//inside.example/x"):
            names = Names(HERE, ("169.254.169.254",))
            with serving(redirect(location)) as tiny:
                assert refusal_of(lambda: fetch_here(tiny.url(), names=names)) == "private_address"  # noqa: B023
            assert len(names.asked) == 2
        for location in ("file:///etc/passwd", "ftp://shop.example/", "http://u@shop.example/", "http://a\\b/"):
            with serving(redirect(location)) as tiny:
                assert refusal_of(lambda: fetch_here(tiny.url())) == "bad_address"
        with serving(redirect("/again", 308)) as tiny:
            assert refusal_of(lambda: fetch_here(tiny.url())) == "too_many_redirects"
            assert len(tiny.asked) == 6
        with serving(redirect(f"http://other.example:{inside.port}/b.png", 301)) as tiny:
            found = fetch_here(tiny.url(), names=Names(HERE))
        assert (found.content, found.url) == (b"picture", f"http://other.example:{inside.port}/b.png")
        assert len(inside.asked) == 1


def test_what_began_encrypted_stays_so_and_a_certificate_counts(tmp_path: Path) -> None:
    context = own_certificate(tmp_path)
    with serving(redirect("http://shop.example/a.png"), tls=context) as tiny:
        url = tiny.url().replace("http:", "https:")
        assert refusal_of(lambda: fetch_here(url)) == "untrusted"
    assert tiny.asked == []


def own_certificate(folder: Path) -> ssl.SSLContext:
    """Of an authority that nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "own.pem"
    unencrypted = serialization.NoEncryption()
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(certificate.public_bytes(encoding) + key.private_bytes(encoding, form, unencrypted))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def drip(connection: socket.socket) -> None:
    """A byte now and then until it is hung up on, so that no time-out of a socket ever ends it."""
    for _ in range(200):
        connection.sendall(b"H")
        threading.Event().wait(0.05)


def drip_header(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n")
    drip(connection)


def drip_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n")
    drip(connection)


def flood(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + b"x" * 5_000)


def chunks(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n")
    connection.sendall((b"400\r\n" + b"x" * 1024 + b"\r\n") * 3)


def say(*headers: str, status: str = "200 OK", body: bytes = b"picture") -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode() + body


PNG = "Content-Type: image/png"


def test_size_time_and_type_are_bounded_whatever_the_other_side_does() -> None:
    cases: dict[str, tuple[Answer, str]] = {
        "announced too large": (say(PNG, "Content-Length: 1001"), "too_large"),
        "too large without a word": (flood, "too_large"),
        "too large in chunks": (chunks, "too_large"),
        "a page": (say("Content-Type: text/html"), "wrong_type"),
        "no type": (say(), "wrong_type"),
        "packed": (say(PNG, "Content-Encoding: gzip"), "broken_answer"),
        "cut off": (say(PNG, "Content-Length: 100"), "broken_answer"),
        "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n", "broken_answer"),
        "nothing": (b"", "broken_answer"),
        "endless header": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, "broken_answer"),
        "a hundred and one headers": (say(*[f"X-{number}: y" for number in range(101)]), "broken_answer"),
        "not found": (say(PNG, status="404 Not Found"), "not_there"),
        "a redirect to nowhere": (say(PNG, status="302 Found"), "not_there"),
        "partial": (say(PNG, status="206 Partial Content"), "not_there"),
        "a redirect to no address": (say("Location: http://[", status="302 Found"), "broken_answer"),
        "a length of no digits": (
            say(PNG, "Content-Length: 5000 digits".replace("5000 digits", "7" * 5_000)),
            "broken_answer",
        ),
        "a length of one odd digit": (
            b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: \xb2\r\n\r\npi",
            "broken_answer",
        ),
    }
    for case, (answer, code) in cases.items():
        with serving(answer) as tiny:
            assert refusal_of(lambda: fetch_here(tiny.url())) == code, case
    for slow in (drip, drip_header, drip_body, lambda connection: connection.recv(1)):
        with serving(slow) as tiny:
            began = time.monotonic()
            hurried = Limits(("image/",), 1_000, seconds=0.3)
            assert refusal_of(lambda: fetch_here(tiny.url(), hurried)) == "too_slow"  # noqa: B023
            assert time.monotonic() - began < 4, "the whole has an end, not each byte"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert refusal_of(lambda: fetch_here(f"http://shop.example:{closed.getsockname()[1]}/")) == "unreachable"


def test_a_name_that_nobody_knows_is_said() -> None:
    def nobody(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror

    assert refusal_of(lambda: fetch("http://shop.example/", PICTURES, resolve=nobody)) == "unknown_host"
    assert refusal_of(lambda: fetch("http://shop.example/", PICTURES, resolve=Names(()))) == "unknown_host"
