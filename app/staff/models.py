"""People who work here."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class StaffUser(Base):
    """A person of the shop; without a password yet while the one-time invitation is open."""

    __tablename__ = "staff_user"
    __table_args__ = (CheckConstraint("role IN ('owner', 'staff', 'readonly')", name="role"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    password_hash: Mapped[str | None]
    token_version: Mapped[int] = mapped_column(server_default="1")
    invite_token_hash: Mapped[str | None] = mapped_column(unique=True)
    invite_expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class SecretKey(Base):
    """What a program calls the Admin API with: kept as a hash, shown once, never the owner's rights."""

    __tablename__ = "secret_key"
    __table_args__ = (CheckConstraint("role IN ('staff', 'readonly')", name="role"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    role: Mapped[str] = mapped_column(server_default="staff")
    token_hash: Mapped[str] = mapped_column(unique=True)
    # Its first and last characters, by which a person knows it again.
    redacted: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    last_used_on: Mapped[date | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
