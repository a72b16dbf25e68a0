"""Named switches that every process sees at its next look: what was closed or found broken, since when and why.

A flag whose end is behind us is as good as cleared; nobody has to come and take it down.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.clock import utc_now
from app.core.context import current_actor
from app.core.db import Base


class Flag(Base):
    """One switch and its last change; `actor` is whoever made it."""

    __tablename__ = "flag"

    name: Mapped[str] = mapped_column(primary_key=True)
    is_set: Mapped[bool]
    reason: Mapped[str]
    actor: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ends_at: Mapped[datetime | None]


IS_IN_FORCE = Flag.is_set & or_(Flag.ends_at.is_(None), Flag.ends_at > func.now())


def find_flag(session: Session, name: str) -> Flag | None:
    """The flag if it is in force now."""
    return session.scalars(select(Flag).where(Flag.name == name, IS_IN_FORCE)).one_or_none()


def lock_flag(session: Session, name: str) -> Flag | None:
    """The flag if it is in force now, held: of many who want to clear it, one gets it."""
    return session.scalars(select(Flag).where(Flag.name == name, IS_IN_FORCE).with_for_update()).one_or_none()


def set_flag(session: Session, name: str, reason: str, ends_at: datetime | None = None) -> None:
    """Set it until `ends_at` (None: until it is cleared), in place of what it said before."""
    session.execute(_setting(name, reason, ends_at))


def set_flag_once(session: Session, name: str, reason: str) -> bool:
    """Set it unless it is in force already: of many who find the same thing, one is told True."""
    written = _setting(name, reason, None, only_where=~IS_IN_FORCE).returning(Flag.name)
    return session.execute(written).scalar_one_or_none() is not None


def clear_flag(flag: Flag) -> None:
    """Take down a locked flag; what it said stays readable."""
    flag.is_set, flag.actor, flag.changed_at = False, current_actor.get(), utc_now()


def _setting(name: str, reason: str, ends_at: datetime | None, only_where: ColumnElement[bool] | None = None) -> Insert:
    values = {"is_set": True, "reason": reason, "actor": current_actor.get(), "ends_at": ends_at}
    return (
        insert(Flag)
        .values(name=name, **values)
        .on_conflict_do_update(index_elements=[Flag.name], set_={**values, "changed_at": func.now()}, where=only_where)
    )
