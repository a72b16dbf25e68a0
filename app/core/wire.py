"""What every answer on Medusa's wire writes the same way: instants, rates, addresses of pictures."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import PlainSerializer

from app.core.settings import get_settings


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
    """A picture's address: ours are kept as paths below the shop's public address."""
    if path is None or not path.startswith("/"):
        return path
    return f"{get_settings().public_url.rstrip('/')}{path}"
