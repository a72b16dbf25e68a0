"""Two people at one thing: an answer says its version (`ETag`), a change may name the one it is meant for (`If-Match`).

A version is the instant of the row's last change. Whoever changes what hangs on a row sets the row's `updated_at` too.
"""

from datetime import datetime

from app.core.errors import Refusal


class ChangedMeanwhile(Refusal):
    """Somebody else was first."""

    status = 412
    type = "conflict"
    code = "changed_meanwhile"
    default_message = "Somebody changed it meanwhile. Read it again, then change what is there now."


def etag_of(updated_at: datetime) -> str:
    """The version as the header `ETag` carries it."""
    return f'"{int(updated_at.timestamp() * 1_000_000)}"'


def parse_if_match(header: str | None) -> str | None:
    """What `If-Match` asks for; `*` and an empty one ask for nothing. nginx weakens the tag of a compressed answer."""
    wanted = (header or "").strip().removeprefix("W/")
    return None if wanted in ("", "*") else wanted


def check_unchanged(if_match: str | None, updated_at: datetime) -> None:
    """Call it with the row locked, before the change; raises `ChangedMeanwhile`."""
    if if_match is not None and if_match != etag_of(updated_at):
        raise ChangedMeanwhile
