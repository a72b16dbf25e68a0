"""What the Admin's routes name in their paths and bodies, one function per noun; see `tests/api/world.py`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.api.world import World


def add_back_shop(world: "World") -> None:
    """One of everything that staff works with: its id by the word before it in a path."""
    world.bodies["role"] = "staff"
