"""Where the shop runs."""

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class HostSeal(Base):
    """A machine on which commands may be given; known by a hash of what it calls itself."""

    __tablename__ = "host_seal"

    machine_hash: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    reason: Mapped[str]
    sealed_by: Mapped[str]
    sealed_at: Mapped[datetime] = mapped_column(server_default=func.now())
