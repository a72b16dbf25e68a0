"""May these pieces leave the shelf?"""

from collections.abc import Mapping

from app.stock.errors import InsufficientInventory, InvalidQuantity

LARGEST_MOVEMENT = 1_000_000


def check_available(wanted: Mapping[str, int], available: Mapping[str, int]) -> None:
    """Nothing is sold that is not on the shelf; a variant without a level has nothing (design §4.6).

    Raises `InsufficientInventory`.
    """
    if any(quantity > available.get(variant_id, 0) for variant_id, quantity in wanted.items()):
        raise InsufficientInventory


def check_movement(quantity: int) -> None:
    """A movement has between one and a million pieces, so that a level stays a number that the database holds.

    Raises `InvalidQuantity`. Source: the INTEGER column of levels (design §4.6).
    """
    if not 0 < quantity <= LARGEST_MOVEMENT:
        raise InvalidQuantity(f"A quantity is between 1 and {LARGEST_MOVEMENT}")
