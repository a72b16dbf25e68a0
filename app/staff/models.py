"""People who work here."""

from datetime import datetime

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
