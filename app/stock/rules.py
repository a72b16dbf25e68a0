"""May these pieces leave the shelf?"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.stock.errors import CountBelowPromises, InsufficientInventory, InvalidQuantity

LARGEST_MOVEMENT = 1_000_000
LARGEST_LEVEL = 1_000_000_000
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


def check_movement(quantity: int, stocked: int = 0) -> None:
    """A movement has between one and a million pieces, and the level stays a number that the database holds.

    `stocked`: what is on the shelf already, where pieces come in. Raises `InvalidQuantity`. Source: the INTEGER column
    of levels (design §4.6).
    """
    if not 0 < quantity <= LARGEST_MOVEMENT:
        raise InvalidQuantity(f"A quantity is between 1 and {LARGEST_MOVEMENT}")
    if stocked + quantity > LARGEST_LEVEL:
        raise InvalidQuantity(f"A shelf holds {LARGEST_LEVEL} pieces at most")


def check_count(name: str, counted: int, reserved: int) -> None:
    """What was counted is a number of pieces, and enough for those who are paying for some right now (design §4.6).

    Raises `InvalidQuantity`, `CountBelowPromises`.
    """
    if not 0 <= counted <= LARGEST_LEVEL:
        raise InvalidQuantity(f"A count is between 0 and {LARGEST_LEVEL}")
    if counted < reserved:
        raise CountBelowPromises(name, reserved)
