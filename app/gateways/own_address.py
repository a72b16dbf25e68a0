"""The shop's own address, called as a stranger calls it: by name, through TLS and nginx, one POST without redirects.

Certificates are always verified. Where a rehearsal has an authority of its own, that one counts beside the public ones.
"""

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

# Made by the deploy of a rehearsal (infra/host/own_authority.py); readable by everybody.
OWN_AUTHORITY = Path("/etc/comptoir/tls/ca.crt")
_TIMEOUT_SECONDS = 10
_MOST_READ = 64 * 1024


@dataclass(frozen=True)
class Posted:
    """What an address answered: its status, or 0 and why there was none.

    `fault` is `untrusted` (its certificate), `unreachable` (no connection) or `no_answer`.
    """

    status: int
    fault: str = ""

    @property
    def said(self) -> str:
        """The status, or the fault."""
        return self.fault or str(self.status)


def post(url: str, body: bytes, headers: Mapping[str, str], *, trusts_own_authority: bool) -> Posted:
    """POST these very bytes; whatever happens is told, never raised. Bounded: 10 s to connect, 10 s to answer."""
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = _trust(trusts_own_authority)
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        return _ask(connection, parts.path, body, headers)
    finally:
        connection.close()


def _ask(connection: http.client.HTTPConnection, path: str, body: bytes, headers: Mapping[str, str]) -> Posted:
    try:
        connection.connect()
    except ssl.SSLError:
        return Posted(0, "untrusted")
    except OSError:
        return Posted(0, "unreachable")
    try:
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        answer.read(_MOST_READ)
    except (OSError, http.client.HTTPException):
        return Posted(0, "no_answer")
    return Posted(answer.status)


def _trust(trusts_own_authority: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if trusts_own_authority and OWN_AUTHORITY.exists():
        context.load_verify_locations(OWN_AUTHORITY)
    return context
