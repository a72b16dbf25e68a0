"""Files that come in and go out, what stands in their lines, and what is wrong there."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Json

STATES = "'expected', 'received', 'checking', 'checked', 'applying', 'done', 'refused', 'canceled'"


class CsvRun(Base):
    """One file: an import that is read, checked, confirmed and applied, or an export that is written.

    Counts are of units, which are written together: a product with its variants, or one line of prices or stock.
    """

    __tablename__ = "csv_run"
    __table_args__ = (
        CheckConstraint("direction IN ('import', 'export')", name="direction"),
        CheckConstraint("kind IN ('products', 'prices', 'stock')", name="kind"),
        CheckConstraint("mode IN ('all', 'each')", name="mode"),
        CheckConstraint(f"state IN ({STATES})", name="state"),
        CheckConstraint(
            "(state IN ('done', 'refused', 'canceled')) = (ended_at IS NOT NULL)"
            " AND (state = 'refused') = (refusal_code IS NOT NULL)",
            name="state_has_its_facts",
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    direction: Mapped[str]
    kind: Mapped[str]
    mode: Mapped[str] = mapped_column(server_default="all")
    state: Mapped[str] = mapped_column(server_default="received")
    is_move_confirmed: Mapped[bool] = mapped_column(server_default="false")
    file_name: Mapped[str | None]
    encoding: Mapped[str | None]
    separator: Mapped[str | None]
    byte_count: Mapped[int] = mapped_column(server_default="0")
    line_count: Mapped[int] = mapped_column(server_default="0")
    unit_count: Mapped[int] = mapped_column(server_default="0")
    create_count: Mapped[int] = mapped_column(server_default="0")
    update_count: Mapped[int] = mapped_column(server_default="0")
    same_count: Mapped[int] = mapped_column(server_default="0")
    refused_count: Mapped[int] = mapped_column(server_default="0")
    problem_count: Mapped[int] = mapped_column(server_default="0")
    done_count: Mapped[int] = mapped_column(server_default="0")
    refusal_code: Mapped[str | None]
    refusal_fr: Mapped[str | None]
    refusal_en: Mapped[str | None]
    created_by: Mapped[str]
    confirmed_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    checked_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class CsvChunk(Base):
    """A piece of a file, so that nobody ever holds all of it."""

    __tablename__ = "csv_chunk"

    run_id: Mapped[str] = mapped_column(ForeignKey("csv_run.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]


class CsvLine(Base):
    """One line of an import: its cells by the name of their column, and whether it was written."""

    __tablename__ = "csv_line"
    __table_args__ = (
        CheckConstraint("state IN ('read', 'create', 'update', 'same', 'refused', 'done')", name="state"),
        Index(None, "run_id", "unit_number", "number"),
    )

    run_id: Mapped[str] = mapped_column(ForeignKey("csv_run.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str]
    unit_number: Mapped[int]
    cells: Mapped[Json]
    state: Mapped[str] = mapped_column(server_default="read")


class CsvProblem(Base):
    """What is wrong in a line, and what to do about it; line 1 is the header, 0 the file."""

    __tablename__ = "csv_problem"
    __table_args__ = (Index(None, "run_id", "line", "id"),)

    run_id: Mapped[str] = mapped_column(ForeignKey("csv_run.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    line: Mapped[int]
    column: Mapped[str] = mapped_column(server_default="")
    code: Mapped[str]
    message_fr: Mapped[str]
    message_en: Mapped[str]
