"""Whose address a call is counted on: the caller's, or the visitor's for whom a trusted storefront calls."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from fastapi import Request

from app.core.settings import get_settings

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
FORWARDED = "x-forwarded-for"
# Whoever has one address of IPv6 has the other 2^64 of its network.
IPV6_PREFIX = 64


def find_visitor_address(request: Request) -> str | None:
    """The address to count; None for a visitor whose trusted storefront does not say who it is.

    Read from the right: each proxy appends whom it saw, and only what a trusted one appended is believed. What is no
    address ends it: whatever stands before was not appended by anybody we know.
    """
    trusted = get_settings().trusted_storefronts
    caller = request.client.host if request.client else ""
    if not _is_trusted(caller, trusted):
        return read_network(caller)
    forwarded = [each.strip() for value in request.headers.getlist(FORWARDED) for each in value.split(",")]
    nearest = next((each for each in reversed(forwarded) if not _is_trusted(each, trusted)), "")
    return read_network(nearest) if _parse(nearest) else None


def read_network(address: str) -> str:
    """What an address is counted as: its own, or its network of IPv6; one word for what is no address."""
    found = _parse(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, IPV6_PREFIX), strict=False))
    return str(found) if found else "unknown"


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    found = _parse(address)
    return found is not None and any(found in network for network in trusted)


def _parse(address: str) -> Address | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
