"""Stripe's list pages: newest first, cursors are ids."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from app.dev.fake_stripe.refused import Json, Refused, no_such
from app.dev.journal import Kept

_K = TypeVar("_K", bound=Kept)


def page(newest_first: Sequence[_K], arguments: Json, url: str, render: Callable[[_K], Json]) -> Json:
    """The page that `limit`, `starting_after` and `ending_before` ask for."""
    limit = arguments.get("limit", 10)
    if not isinstance(limit, int) or not 1 <= limit <= 100:
        raise Refused(400, "Invalid limit: must be between 1 and 100.", param="limit")
    after, before = arguments.get("starting_after"), arguments.get("ending_before")
    if after is not None and before is not None:
        raise Refused(400, "You may only specify one of these parameters: starting_after, ending_before.")
    rest = list(newest_first)
    if after is not None:
        rest = rest[_position(rest, str(after), "starting_after") + 1 :]
    if before is not None:
        rest = rest[: _position(rest, str(before), "ending_before")]
        # The page just before the cursor, still newest first.
        shown = rest[-limit:]
    else:
        shown = rest[:limit]
    return {
        "object": "list",
        "data": [render(thing) for thing in shown],
        "has_more": len(rest) > len(shown),
        "url": url,
    }


def _position(things: Sequence[Kept], thing_id: str, param: str) -> int:
    for index, thing in enumerate(things):
        if thing.id == thing_id:
            return index
    raise no_such("object", thing_id, param)
