"""What every answer on Medusa's wire writes the same way: instants, rates, addresses of pictures."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import PlainSerializer

from app.core.settings import get_settings

PICTURES = "/static/"


def write_instant(instant: datetime) -> str:
    """ISO 8601 UTC with milliseconds: `2026-11-20T20:42:26.990Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


WireInstant = Annotated[datetime, PlainSerializer(write_instant, return_type=str, when_used="json")]
WireRate = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""A number that is no amount, such as a VAT rate in percent."""


def is_absent(value: object) -> bool:
    """For `Field(exclude_if=...)`: keys that Medusa leaves out where other keys would be null."""
    return value is None


def absolute_url(path: str | None) -> str | None:
    """A picture's address: ours are kept as paths, below the shop's public address or that of the CDN before them."""
    if path is None or not path.startswith("/"):
        return path
    settings = get_settings()
    base = (path.startswith(PICTURES) and settings.files_public_url) or settings.public_url
    return f"{base.rstrip('/')}{path}"


def own_path(url: str) -> str:
    """The other way: a path for an address of ours, which stays right when the shop changes its name."""
    settings = get_settings()
    for base in (settings.files_public_url, settings.public_url):
        if base and url.startswith(f"{base.rstrip('/')}{PICTURES}"):
            return url.removeprefix(base.rstrip("/"))
    return url
