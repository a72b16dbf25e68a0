"""Files that people bring: pictures for everybody, documents that only a signed link opens."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

PICTURE = "picture"
DOCUMENT = "document"
WAITING = "waiting"
READY = "ready"
REFUSED = "refused"


class StoredFile(Base):
    """One file: a picture, shown in the sizes below once the worker has made them; or a private document.

    `content_sha256` is that of the bytes as they were brought; `public_name` is derived from it, so that a picture has
    its address before it has its sizes. `name` is what its owner called it, for people.
    """

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint("kind IN ('picture', 'document')", name="kind"),
        CheckConstraint("status IN ('waiting', 'ready', 'refused')", name="status"),
        CheckConstraint("(kind = 'picture') = (public_name IS NOT NULL)", name="public"),
        CheckConstraint("(status = 'refused') = (refusal IS NOT NULL)", name="refusal"),
        CheckConstraint("size_bytes > 0", name="size"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=WAITING)
    public_name: Mapped[str | None] = mapped_column(unique=True)
    content_sha256: Mapped[str]
    content_type: Mapped[str]
    name: Mapped[str]
    size_bytes: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    refusal: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class PictureSize(Base):
    """One of the files that a picture is served as; the database takes none above 500 kB (runbook S0-165)."""

    __tablename__ = "picture_size"
    __table_args__ = (CheckConstraint("size_bytes BETWEEN 1 AND 500000", name="light"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    file_id: Mapped[str] = mapped_column(ForeignKey("stored_file.id", ondelete="CASCADE"), index=True)
    size_bytes: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]


class WaitingContent(Base):
    """A document on its way into the store: kept in the transaction that made it, carried over by a job."""

    __tablename__ = "waiting_content"

    file_id: Mapped[str] = mapped_column(ForeignKey("stored_file.id", ondelete="CASCADE"), primary_key=True)
    content: Mapped[bytes]
