"""From raw bytes to an event that is Stripe's."""

import json
import re
from datetime import UTC, datetime

from app.core.clock import utc_now
from app.core.log import log_event
from app.core.settings import Settings
from app.gateways.stripe_signature import is_signature_valid
from app.payments.event_types import SELFTEST_EVENT_TYPE
from app.payments.record_event import StripeEvent
from app.stripe_events.errors import EventMalformed, SignatureInvalid

EVENT_ID = re.compile(r"evt_\w{1,250}", re.ASCII)
SIGNATURE_LINE = "Stripe webhook signature verification failed"
SELFTEST_LINE = "Stripe webhook refused what a self-test sent to be refused"
LATEST_SECOND = 1 << 33  # the year 2242: what a date of Python holds with room to spare


def verify_event(body: bytes, signature: str, settings: Settings, *, is_selftest: bool = False) -> StripeEvent:
    """The event, if it is signed and shaped as Stripe does; raises `SignatureInvalid` or `EventMalformed`.

    What a self-test has refused is no lost event, and must not read like one in the log.
    """
    now = utc_now()
    if not is_signature_valid(body, signature, settings.webhook_secrets(now), now):
        line = SELFTEST_LINE if is_selftest else SIGNATURE_LINE
        log_event(line, level="info" if is_selftest else "warning", code="signature_invalid", status=400)
        raise SignatureInvalid
    return parse_event(body)


def is_selftest_mark(mark: str, settings: Settings) -> bool:
    """Whether `comptoir selftest payment` sent this, which only whoever has the secret can say."""
    now = utc_now()
    return is_signature_valid(SELFTEST_EVENT_TYPE.encode(), mark, settings.webhook_secrets(now), now)


def parse_event(body: bytes) -> StripeEvent:
    """Read an event whose signature is known good; raises `EventMalformed`."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise EventMalformed from None
    if not isinstance(given, dict) or given.get("object") != "event":
        raise EventMalformed
    return _read(given, body)


def _read(given: dict[str, object], body: bytes) -> StripeEvent:
    event_id, kind, data = given.get("id"), given.get("type"), given.get("data")
    created, is_livemode, version = given.get("created"), given.get("livemode"), given.get("api_version")
    thing = data.get("object") if isinstance(data, dict) else None
    if not isinstance(event_id, str) or not EVENT_ID.fullmatch(event_id) or not isinstance(kind, str):
        raise EventMalformed
    if not isinstance(thing, dict) or not isinstance(is_livemode, bool):
        raise EventMalformed
    if isinstance(created, bool) or not isinstance(created, int) or not 0 <= created < LATEST_SECOND:
        raise EventMalformed
    return StripeEvent(
        id=event_id,
        type=kind,
        created_at=datetime.fromtimestamp(created, tz=UTC),
        api_version=version if isinstance(version, str) else None,
        is_livemode=is_livemode,
        is_of_connected_account=given.get("account") is not None,
        idempotency_key=_key_of(given.get("request")),
        thing=thing,
        body=body,
    )


def _key_of(request: object) -> str | None:
    key = request.get("idempotency_key") if isinstance(request, dict) else None
    return key if isinstance(key, str) else None
