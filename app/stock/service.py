"""Moves pieces; every change of a level is a movement that says why."""

from collections.abc import Mapping

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.catalogue.queries import list_uncounted_variants
from app.stock import queries
from app.stock.models import StockLevel, StockMovement
from app.stock.rules import check_available, check_movement


def receive(session: Session, variant_id: str, quantity: int, reference: str | None = None) -> None:
    """Put pieces on the shelf; `reference` says where from (a delivery note, `demo shop`). Raises `InvalidQuantity`."""
    check_movement(quantity)
    statement = insert(StockLevel).values(variant_id=variant_id, stocked_quantity=quantity)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["variant_id"],
            set_={"stocked_quantity": StockLevel.stocked_quantity + quantity, "updated_at": func.now()},
        )
    )
    session.add(StockMovement(variant_id=variant_id, delta=quantity, reason="receipt", reference=reference))


def sell(session: Session, quantities: Mapping[str, int], reference: str) -> None:
    """Take pieces off the shelf for an order (its id is the reference): all of them, or none.

    Raises `InsufficientInventory` before anything is changed. Variants whose pieces are not counted are left alone.
    """
    uncounted = list_uncounted_variants(session, quantities.keys())
    wanted = {variant_id: quantity for variant_id, quantity in quantities.items() if variant_id not in uncounted}
    if not wanted:
        return
    for quantity in wanted.values():
        check_movement(quantity)
    levels = queries.lock_levels(session, wanted.keys())
    check_available(wanted, {variant_id: level.stocked_quantity for variant_id, level in levels.items()})
    for variant_id, quantity in wanted.items():
        # Relative, so that the database's own limit still holds should the lock ever be lost.
        levels[variant_id].stocked_quantity = StockLevel.stocked_quantity - quantity
        session.add(StockMovement(variant_id=variant_id, delta=-quantity, reason="sale", reference=reference))
    session.flush()  # while the levels are locked, so that the database's own limit speaks here and not at the commit
