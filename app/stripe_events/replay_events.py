"""Apply again what the ledger keeps, or what Stripe still has of it: what is done stays done."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.core.audit_log import record_audit
from app.core.db import unit_of_work
from app.core.log import log_failure
from app.gateways.errors import Terminal, VendorFailure
from app.gateways.stripe import get_stripe
from app.payments.models import PaymentEvent
from app.payments.record_event import StripeEvent
from app.stripe_events.errors import EventUnknown, StripeUnanswered
from app.stripe_events.queries import find_event, list_open_event_ids
from app.stripe_events.service import receive_event
from app.stripe_events.verify_event import parse_event

FINAL = frozenset({"processed", "ignored"})
ABSENT = "absent"
# Of one command; the next one goes on with what is left.
MOST = 10_000


@dataclass(frozen=True)
class Replayed:
    """Where an event stood and where it stands; the code of what made it fail."""

    event_id: str
    before: str
    after: str
    error_code: str | None
    order_id: str | None

    @property
    def is_applied(self) -> bool:
        return self.after in FINAL


def replay_event(event_id: str, *, is_forced: bool = False) -> Replayed:
    """Apply one event from its kept body, else as Stripe has it. An applied one stays as it is unless `is_forced`.

    Raises `EventUnknown`, `StripeUnanswered`. Applying it again cannot double an effect.
    """
    row = _find(event_id)
    if row is not None and row.state in FINAL and not is_forced:
        return _outcome(event_id, row.state)
    event = parse_event(row.body) if row is not None and row.body is not None else _fetch(event_id)
    try:
        receive_event(event, source="replay", is_forced=is_forced)
    except Exception as failure:  # it is in the ledger with its cause, which is shown
        log_failure("stripe event failed again", failure, stripeEventId=event_id)
    done = _outcome(event_id, row.state if row is not None else ABSENT)
    with unit_of_work() as session:
        details = {"before": done.before, "after": done.after, "is_forced": is_forced}
        record_audit(session, "events.replayed", event_id, details)
    return done


def replay_events(states: tuple[str, ...], since: datetime | None, *, is_forced: bool = False) -> Iterator[Replayed]:
    """Apply those of the ledger that stand so, oldest first, each in its own transaction."""
    with unit_of_work() as session:
        event_ids = list_open_event_ids(session, states, since, MOST)
    for event_id in event_ids:
        try:
            yield replay_event(event_id, is_forced=is_forced)
        except EventUnknown as refusal:  # its body is forgotten here and at Stripe; the others go on
            row = _find(event_id)
            yield Replayed(event_id, row.state if row else ABSENT, ABSENT, refusal.code, row.order_id if row else None)


def _find(event_id: str) -> PaymentEvent | None:
    with unit_of_work() as session:
        return find_event(session, event_id)


def _fetch(event_id: str) -> StripeEvent:
    try:
        return parse_event(json.dumps(get_stripe().retrieve_event(event_id).raw).encode())
    except Terminal as refusal:
        raise (EventUnknown() if refusal.http_status == 404 else StripeUnanswered(refusal.code)) from refusal
    except VendorFailure as failure:
        raise StripeUnanswered(failure.code) from failure


def _outcome(event_id: str, before: str) -> Replayed:
    row = _find(event_id)
    if row is None:  # not even its failure could be written
        return Replayed(event_id, before, ABSENT, "not_written", None)
    return Replayed(event_id, before, row.state, row.error_code, row.order_id)
