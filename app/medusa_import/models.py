"""Runs of the import from Medusa, what each object there became here, and what could not be taken as it was."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json


class MedusaRun(Base):
    """One import; `source` is the id of the Medusa store, `figures` what was compared at its end."""

    __tablename__ = "medusa_run"
    __table_args__ = (
        CheckConstraint("way IN ('database', 'api')", name="way"),
        CheckConstraint("state IN ('running', 'ended', 'stopped')", name="state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    way: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="running")
    actor: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
    figures: Mapped[Json | None]


class MedusaObject(Base):
    """What an object of Medusa became, written with it in one transaction, append-only: no object comes twice.

    `figure` in `unit` (a currency's cents, or pieces) is what the comparison adds up; `sha256` tells a later change.
    """

    __tablename__ = "medusa_object"
    __table_args__ = (Index(None, "kind", "local_id"),)

    source: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    local_id: Mapped[str]
    sha256: Mapped[str]
    figure: Mapped[int] = mapped_column(BigInteger, server_default="0")
    unit: Mapped[str] = mapped_column(server_default="")
    run_id: Mapped[str] = mapped_column(ForeignKey("medusa_run.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class MedusaProblem(Base):
    """One object that was left out (`is_left_out`), or taken with a difference; no personal data, append-only."""

    __tablename__ = "medusa_problem"
    __table_args__ = (Index(None, "run_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("medusa_run.id"))
    kind: Mapped[str]
    external_id: Mapped[str]
    code: Mapped[str]
    detail: Mapped[str] = mapped_column(server_default="")
    is_left_out: Mapped[bool]
