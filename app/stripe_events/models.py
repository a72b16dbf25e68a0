"""How far Stripe's news were read, and by whom they are being read now."""

from datetime import datetime

from sqlalchemy import BigInteger, Identity, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class ReconcileRun(Base):
    """Stripe's list of events, read to its end: what never arrived leaves no trace in the ledger, this does."""

    __tablename__ = "reconcile_run"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    since_at: Mapped[datetime]
    started_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime] = mapped_column(server_default=func.now())
    asked_by: Mapped[str]
    found: Mapped[int]
    applied: Mapped[int]
    failed: Mapped[int]


class StripeTask(Base):
    """What only one process does at a time, for minutes: who, until when, and how far it came the last time."""

    __tablename__ = "stripe_task"

    name: Mapped[str] = mapped_column(primary_key=True)
    held_by: Mapped[str | None]
    token: Mapped[str | None]
    held_since_at: Mapped[datetime | None]
    held_until_at: Mapped[datetime | None]
    position: Mapped[str | None]


class KnownDrift(Base):
    """A difference with Stripe that a person explained, exactly as it was found then; what changed is another one."""

    __tablename__ = "known_drift"
    __table_args__ = (UniqueConstraint("about", "code", "here", "there"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    code: Mapped[str]
    about: Mapped[str]
    here: Mapped[str]
    there: Mapped[str]
    reason: Mapped[str]
    actor: Mapped[str]
    acknowledged_at: Mapped[datetime] = mapped_column(server_default=func.now())
