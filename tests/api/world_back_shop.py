"""What the Admin's routes name in their paths and bodies, one function per noun; see `tests/api/world.py`."""

from typing import TYPE_CHECKING

from app.admin_api.shapes_stock import LOCATION_ID, item_id_of
from app.core.db import unit_of_work
from app.stock.service import reserve

if TYPE_CHECKING:
    from tests.api.world import World


def add_back_shop(world: "World") -> None:
    """One of everything that staff works with: its id by the word before it in a path."""
    world.bodies["role"] = "staff"
    add_stock(world)


def add_stock(world: "World") -> None:
    """The pieces of the product, one of them promised."""
    variant_id = str(world.bodies["variant_id"])
    with unit_of_work("test") as session:
        reserve(session, "cart_of_somebody", {variant_id: 1})
    world.ids |= {
        "inventory-items": item_id_of(variant_id),
        "location-levels": LOCATION_ID,
        "stock-locations": LOCATION_ID,
        "reservations": f"resitem_cart_of_somebody.{variant_id}",
    }
