"""Whom nginx counts: an address of IPv4, a network of IPv6, and nobody where a storefront's server calls for itself."""

from pathlib import Path

import httpx2
import pytest

from tests.deploys.test_front_log import ALONE, serving

# The server says whom it counts for the address that a storefront forwards.
COUNTS = ALONE.replace("return 204", 'return 200 "$comptoir_address"')
STOREFRONT = "127.0.0.1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::5", "2001:db8:1:2:dead:beef:0:1"),
        ("2001:db8:1::5", "2001:db8:1::ffff"),
        ("2001:db8::1", "2001:DB8:0:0:1:2:3:4"),
        ("2001:0:0:0:1:1:1:1", "2001::9"),
        ("::1", "0:0:0:0:ffff:0:0:9"),
    ],
)
def test_a_network_of_ipv6_is_one_caller(tmp_path: Path, one: str, other: str) -> None:
    """Whoever has one of its addresses has 2^64: a limit for each is none. As the application counts."""
    with serving(tmp_path, COUNTS, [STOREFRONT]) as url:
        first, second, elsewhere, older = (
            httpx2.get(url, headers={"x-forwarded-for": address}).content
            for address in (one, other, "2001:db8:1:3::5", "203.0.113.9")
        )
        assert first == second != b""
        assert first != elsewhere
        assert older == bytes((203, 0, 113, 9))
        assert httpx2.get(url).content == b""
