"""One process at a time: a task is held by name, for a short while that its holder renews; who dies lets go of it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Update, or_, update
from sqlalchemy.dialects.postgresql import insert

from app.core.clock import utc_now
from app.core.context import current_actor
from app.core.db import unit_of_work
from app.stripe_events.errors import TaskRunsAlready
from app.stripe_events.models import StripeTask

# Longer than a few pages take; a killed holder keeps others away for that long.
LEASE = timedelta(minutes=2)


@dataclass(frozen=True)
class HeldTask:
    """A task that is ours for now."""

    name: str
    token: str

    def renew(self, position: str | None = None) -> None:
        """Go on holding it, having come to `position`; raises `TaskRunsAlready` when somebody else took it over."""
        values = {"held_until_at": utc_now() + LEASE, **({} if position is None else {"position": position})}
        with unit_of_work() as session:
            kept = session.execute(_ours(self).values(**values).returning(StripeTask.name)).one_or_none()
        if kept is None:
            raise TaskRunsAlready(self.name, "?", None)

    def read_position(self) -> str:
        """How far the holder before came; empty at the beginning."""
        with unit_of_work() as session:
            return session.get_one(StripeTask, self.name).position or ""


@contextmanager
def hold_task(name: str) -> Iterator[HeldTask]:
    """Nobody else runs this task while the block runs; raises `TaskRunsAlready`, which names who does."""
    held = HeldTask(name, secrets.token_hex(8))
    _take(held)
    try:
        yield held
    finally:
        with unit_of_work() as session:
            session.execute(_ours(held).values(held_by=None, token=None, held_until_at=None))


def _take(held: HeldTask) -> None:
    now = utc_now()
    mine = {"held_by": current_actor.get(), "token": held.token, "held_since_at": now, "held_until_at": now + LEASE}
    taking = (
        insert(StripeTask)
        .values(name=held.name, **mine)
        .on_conflict_do_update(
            index_elements=[StripeTask.name],
            set_=mine,
            where=or_(StripeTask.held_until_at.is_(None), StripeTask.held_until_at <= now),
        )
        .returning(StripeTask.name)
    )
    with unit_of_work() as session:
        if session.execute(taking).one_or_none() is None:
            other = session.get_one(StripeTask, held.name)
            raise TaskRunsAlready(held.name, other.held_by or "?", other.held_since_at)


def _ours(held: HeldTask) -> Update:
    return update(StripeTask).where(StripeTask.name == held.name, StripeTask.token == held.token)
