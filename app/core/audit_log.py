"""Who did what to what, and why: rows that only grow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Identity, Index, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.context import current_actor, current_request_id
from app.core.db import Base, Json


class AuditLog(Base):
    """One act of a person or of a job; `subject` is an id (`order_...`) or a name (`secret STRIPE_SECRET_KEY`)."""

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "subject", "created_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    actor: Mapped[str]
    request_id: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    details: Mapped[Json] = mapped_column(server_default="{}")


def record_audit(session: Session, action: str, subject: str, details: Mapping[str, object] | None = None) -> None:
    """Write one act in the caller's transaction; `details` holds no personal data and no secret."""
    session.add(
        AuditLog(
            actor=current_actor.get(),
            request_id=current_request_id.get(),
            action=action,
            subject=subject,
            details=dict(details or {}),
        )
    )


def record_change(
    session: Session, action: str, subject: str, before: Mapping[str, object], after: Mapping[str, object]
) -> None:
    """Write what a change changed: of each field that differs, what it was and what it is. Nothing differs: no row.

    Values are plain (texts, numbers, booleans, lists of them, None) and hold no personal data and no secret.
    """
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    if names:
        changed = {name: {"before": before.get(name), "after": after.get(name)} for name in names}
        record_audit(session, action, subject, changed)


@dataclass(frozen=True)
class AuditFilter:
    """Which acts; `words` is looked for in action and subject."""

    subject: str | None = None
    action: str | None = None
    actor: str | None = None
    words: str | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As SQL."""
        for column, wanted in (
            (AuditLog.subject, self.subject),
            (AuditLog.action, self.action),
            (AuditLog.actor, self.actor),
        ):
            if wanted is not None:
                yield column == wanted
        if self.words:
            yield AuditLog.action.icontains(self.words, autoescape=True) | AuditLog.subject.icontains(
                self.words, autoescape=True
            )


def list_acts(session: Session, wanted: AuditFilter, *, limit: int, offset: int) -> Sequence[AuditLog]:
    """The newest first."""
    query = select(AuditLog).where(*wanted.conditions()).order_by(AuditLog.id.desc())
    return session.scalars(query.limit(limit).offset(offset)).all()


def count_acts(session: Session, wanted: AuditFilter) -> int:
    """How many there are."""
    return session.scalar(select(func.count()).select_from(AuditLog).where(*wanted.conditions())) or 0
