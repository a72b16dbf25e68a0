"""What carts do by the clock."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from app.carts.expire_carts import BATCH, expire_attempts, expire_carts
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import job

MOST_BATCHES = 100


@job("carts.expire")
def expire() -> None:
    """End the carts whose seven days are over, each batch in its own transaction. Repeating it changes nothing."""
    _repeat(expire_attempts)
    _repeat(expire_carts)


def _repeat(act: Callable[[Session, datetime], int]) -> None:
    for _ in range(MOST_BATCHES):
        with unit_of_work() as session:
            done = act(session, utc_now())
        if done < BATCH:
            return
