"""How far back: a day of the shop, an instant, or a while (`90m`, `6h`, `3d`)."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from app.cli.language import french_or_english
from app.core.clock import utc_now
from app.core.errors import InvalidRequest
from app.shop.rules import compute_day_start

WHILE = re.compile(r"([1-9]\d{0,4})([mhd])")
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}

SinceOption = Annotated[
    str,
    typer.Option(
        "--since",
        help=french_or_english(
            "Depuis : 2026-11-21, 2026-11-21T10:00Z, ou 90m, 6h, 3d",
            "Since: 2026-11-21, 2026-11-21T10:00Z, or 90m, 6h, 3d",
        ),
    ),
]
UntilOption = Annotated[
    str, typer.Option("--until", help=french_or_english("Jusqu'à, de même", "Until, in the same way"))
]


def read_since(given: str) -> datetime | None:
    """The instant that was meant, None for none; raises `InvalidRequest`, also for one that is still to come."""
    since = _read(given)
    if since is not None and since > utc_now():
        raise InvalidRequest(
            french_or_english(f"--since {given} : pas encore là.", f"--since {given}: that is still to come.")
        )
    return since


def read_until(given: str, since: datetime | None) -> datetime | None:
    """The same for the end, which may be to come; raises `InvalidRequest` when nothing lies between the two."""
    until = _read(given)
    if since is not None and until is not None and until <= since:
        raise InvalidRequest(
            french_or_english("--until : un instant après --since.", "--until: an instant after --since.")
        )
    return until


def _read(given: str) -> datetime | None:
    if not given:
        return None
    found = WHILE.fullmatch(given)
    if found:
        return utc_now() - int(found[1]) * UNITS[found[2]]
    try:
        if len(given) == len("2026-11-21"):
            return compute_day_start(date.fromisoformat(given)).astimezone(UTC)
        instant = datetime.fromisoformat(given)
    except (ValueError, OverflowError):  # the first day of all has no instant before it
        raise InvalidRequest(
            french_or_english(
                "--since, --until : une date (2026-11-21), un instant (2026-11-21T10:00Z) ou une durée (90m, 6h, 3d).",
                "--since, --until: a day (2026-11-21), an instant (2026-11-21T10:00Z) or a while (90m, 6h, 3d).",
            )
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
