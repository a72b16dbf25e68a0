"""A difference with Stripe that a person explained: counted, and mailed no more (docs/decisions/0025)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.context import current_actor
from app.core.db import unit_of_work
from app.stripe_events.errors import NotExplained, NotInDrift
from app.stripe_events.list_drift import list_drift
from app.stripe_events.models import KnownDrift
from app.stripe_events.schemas import Finding

# What makes a difference the one that somebody explained: with another amount, state or code it is another one.
Identity = tuple[str, str, str, str]


@dataclass(frozen=True)
class Acknowledged:
    """Who explained it, when, and how."""

    by: str
    at: datetime
    reason: str


def list_known_drift() -> dict[Identity, Acknowledged]:
    """Every difference that was explained; somebody typed each of them, so there are few."""
    with unit_of_work() as session:
        return {
            (row.code, row.about, row.here, row.there): Acknowledged(row.actor, row.acknowledged_at, row.reason)
            for row in session.scalars(select(KnownDrift))
        }


def identify(finding: Finding) -> Identity:
    """The key of `list_known_drift`."""
    return finding.code, finding.about, finding.here, finding.there


def acknowledge_drift(
    about: str, reason: str, since: datetime | None = None, until: datetime | None = None
) -> list[tuple[Finding, Acknowledged]]:
    """Note that a person explained every present difference about an id or an order number; changes no money.

    Compares with Stripe anew, with no transaction open. Who explained it first stays. Raises `NotInDrift` when
    nothing about it differs now, `StripeUnanswered`.
    """
    name = about.removeprefix("#")
    found = [each for each in list_drift(since, until) if name and name in (each.about, each.order)]
    if not found:
        raise NotInDrift
    with unit_of_work() as session:
        for finding in found:
            _record(session, finding, reason)
    known = list_known_drift()
    return [(finding, known[identify(finding)]) for finding in found]


def withdraw_acknowledgement(session: Session, about: str, reason: str) -> int:
    """Take back every explanation about an id, and say how many: it is reported again. Raises `NotExplained`."""
    gone = session.scalars(delete(KnownDrift).where(KnownDrift.about == about).returning(KnownDrift.code)).all()
    if not gone:
        raise NotExplained
    record_audit(session, "events.drift_withdrawn", about, {"codes": sorted(gone), "reason": reason})
    return len(gone)


def _record(session: Session, finding: Finding, reason: str) -> None:
    values = {"code": finding.code, "about": finding.about, "here": finding.here, "there": finding.there}
    new = insert(KnownDrift).values(**values, reason=reason, actor=current_actor.get())
    if session.scalar(new.on_conflict_do_nothing().returning(KnownDrift.id)) is not None:
        record_audit(session, "events.drift_acknowledged", finding.about, {**values, "reason": reason})
