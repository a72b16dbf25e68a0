"""The caller's address is what the proxy on this machine says, never what the caller says."""

from collections.abc import Callable

import httpx2

from tests.rows import row


@row("S4-060")
def test_only_the_proxys_own_entry_counts(start_server: Callable[[str], str]) -> None:
    url = f"{start_server('tests.api.commit_app')}/address"

    def seen(*forwarded: str) -> str:
        headers = [("x-forwarded-for", value) for value in forwarded]
        return str(httpx2.get(url, headers=headers).json()["name"])

    assert seen() == "127.0.0.1"
    assert seen("203.0.113.9") == "203.0.113.9"
    # The caller sent the first entry itself; nginx appended the address it saw.
    assert seen("198.51.100.1, 203.0.113.9") == "203.0.113.9"
    assert seen("198.51.100.1", "203.0.113.9") == "203.0.113.9"
