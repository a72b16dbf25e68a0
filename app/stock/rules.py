"""May these pieces leave the shelf?"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.stock.errors import InsufficientInventory, InvalidQuantity

LARGEST_MOVEMENT = 1_000_000
# One attempt to pay keeps pieces for so long, all attempts of a cart together for so long after the first; then it is
# the others' turn, until the cart's count begins anew.
PROMISED_FOR = timedelta(minutes=15)
LONGEST_PROMISE = timedelta(minutes=45)
NEW_COUNT_AFTER = timedelta(hours=3)


def check_available(wanted: Mapping[str, int], available: Mapping[str, int]) -> None:
    """Nothing is sold that is not on the shelf; a variant without a level has nothing (design §4.6).

    Raises `InsufficientInventory`.
    """
    if any(quantity > available.get(variant_id, 0) for variant_id, quantity in wanted.items()):
        raise InsufficientInventory


def compute_promise_start(since: datetime | None, now: datetime) -> datetime:
    """From when on a cart's promises count: its first one, or this one after a rest. Source: docs/decisions/0010."""
    return now if since is None or now - since >= NEW_COUNT_AFTER else since


def compute_promise_end(since: datetime, now: datetime) -> datetime:
    """Until when a promise made now is kept from others; in the past where a cart has had its time.

    Source: docs/decisions/0010.
    """
    return min(now + PROMISED_FOR, since + LONGEST_PROMISE)


def check_movement(quantity: int) -> None:
    """A movement has between one and a million pieces, so that a level stays a number that the database holds.

    Raises `InvalidQuantity`. Source: the INTEGER column of levels (design §4.6).
    """
    if not 0 < quantity <= LARGEST_MOVEMENT:
        raise InvalidQuantity(f"A quantity is between 1 and {LARGEST_MOVEMENT}")
