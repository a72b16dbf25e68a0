"""Reads of stock, and the one place that locks it."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.locks import limit_lock_wait
from app.stock.models import StockLevel


def list_available(session: Session, variant_ids: Collection[str]) -> dict[str, int]:
    """Pieces that can be sold, by variant id; a variant that was never received is absent."""
    if not variant_ids:
        return {}
    query = select(StockLevel.variant_id, StockLevel.stocked_quantity).where(StockLevel.variant_id.in_(variant_ids))
    return dict(session.execute(query).all())


def lock_levels(session: Session, variant_ids: Collection[str]) -> dict[str, StockLevel]:
    """The levels of these variants, locked until the transaction ends: the only lock on stock.

    Always in the order of the ids, so that two buyers never wait for each other; for 3 s at most.
    """
    limit_lock_wait(session)
    query = (
        select(StockLevel)
        .where(StockLevel.variant_id.in_(variant_ids))
        .order_by(StockLevel.variant_id)
        .with_for_update()
        .execution_options(populate_existing=True)  # a level read before the lock may be old
    )
    return {level.variant_id: level for level in session.scalars(query)}
