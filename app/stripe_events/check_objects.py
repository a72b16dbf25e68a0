"""Read at Stripe what is still open here: an event that was never made is found by what it would have been about.

What is read goes through the function of its event, as news of the moment before it was asked for.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.log import log_event, log_failure
from app.core.settings import get_settings
from app.gateways.errors import Terminal, VendorFailure
from app.gateways.stripe import Intent, Json, StripeGateway, get_stripe
from app.payments.record_event import StripeEvent
from app.stripe_events.apply_event import apply_event
from app.stripe_events.errors import StripeUnanswered
from app.stripe_events.hold_task import hold_task
from app.stripe_events.queries import OpenObject, list_open_objects
from app.stripe_events.rules import decide_news
from app.stripe_events.verify_event import parse_event

TASK = "check_objects"
# Between two renewals of the lease.
BATCH = 20
MOST_PER_JOB = 200
# Until then the customer may be paying, and the webhook on its way.
OPEN_SINCE = timedelta(hours=1)
# What an intent is whose last attempt was declined; Stripe has no word for it.
FAILED = "failed"


@dataclass(frozen=True)
class Swept:
    """How many objects were read, of how many Stripe had news, of how many it knows nothing, how many failed."""

    read: int = 0
    told: int = 0
    unknown: int = 0
    failed: int = 0


def sweep_objects(most: int = MOST_PER_JOB, open_since: timedelta = OPEN_SINCE) -> Swept:
    """Read the next payments and refunds that are open for so long, at most so many; the next run goes on behind them.

    Repeating it changes nothing. Raises `TaskRunsAlready`; `StripeUnanswered` as soon as Stripe does not answer: the
    next run goes on behind the object that it was asked for, so that none keeps the others waiting.
    """
    swept = Swept()
    with hold_task(TASK) as held:
        position, before = held.read_position(), utc_now() - open_since
        while swept.read < most:
            with unit_of_work() as session:
                found = list_open_objects(session, position, before, min(BATCH, most - swept.read))
            if not found:
                held.renew("")  # from the beginning the next time
                break
            try:
                for each in found:
                    position = each.id
                    swept = _sweep(swept, each)
            finally:
                held.renew(position)
    log_event("stripe objects read", status=f"{swept.read} read, {swept.told} with news, {swept.failed} failed")
    return swept


def _sweep(swept: Swept, each: OpenObject) -> Swept:
    swept = replace(swept, read=swept.read + 1)
    try:
        news = _ask(get_stripe(), each)
    except Terminal as refusal:
        if refusal.http_status != 404:
            raise StripeUnanswered(refusal.code) from refusal
        log_event("stripe does not know an open object", level="error", code=refusal.code)
        return replace(swept, unknown=swept.unknown + 1)
    except VendorFailure as failure:
        raise StripeUnanswered(failure.code) from failure
    try:
        for event in news:
            with unit_of_work(limits_statements=True) as session:
                recorded = apply_event(session, event)
            order_id = recorded.order_id if recorded else None
            log_event("stripe object brought news", level="warning", code=event.type, orderId=order_id)
    except Exception as failure:  # the others must not wait for it; the next round reads it again
        log_failure("stripe object not applied", failure)
        return replace(swept, failed=swept.failed + 1)
    return replace(swept, told=swept.told + bool(news))


def _ask(stripe: StripeGateway, each: OpenObject) -> Sequence[StripeEvent]:
    """What Stripe says of it that is not known here, as events."""
    told_at = utc_now()
    if each.refund_id is not None:
        refund = stripe.retrieve_refund(each.refund_id)
        return _news(each, refund.raw, refund.status, told_at)
    if each.checkout_session_id is not None:
        return _ask_of_page(stripe, each, each.checkout_session_id, told_at)
    intent = stripe.retrieve_payment_intent(each.intent_id or "")
    return _news(each, intent.raw, _describe(intent), told_at)


def _ask_of_page(stripe: StripeGateway, each: OpenObject, page_id: str, told_at: datetime) -> Sequence[StripeEvent]:
    page = stripe.retrieve_checkout_session(page_id)
    news = _news(each, page.raw, f"{page.status}:{page.payment_status}", told_at)
    if news or page.payment_intent_id is None:
        return news
    intent = stripe.retrieve_payment_intent(page.payment_intent_id)
    status = _describe(intent)
    if page.status == "complete" and status == FAILED:  # unlike one that is open, it can be paid no more
        return _news(each, page.raw, f"{page.status}:{status}", told_at)
    return _news(each, intent.raw, status, told_at)


def _describe(intent: Intent) -> str:
    return FAILED if intent.error_code and intent.status == "requires_payment_method" else intent.status


def _news(each: OpenObject, raw: Json, status: str, told_at: datetime) -> Sequence[StripeEvent]:
    kind = decide_news(str(raw.get("object")), status, each.known_status).event_type
    return () if kind is None else (_as_event(kind, raw, told_at),)


def _as_event(kind: str, raw: Json, told_at: datetime) -> StripeEvent:
    given = {
        "object": "event",
        "id": "evt_read",  # of no ledger row
        "type": kind,
        "created": int(told_at.timestamp()),
        "livemode": raw.get("livemode") is True,
        "api_version": get_settings().stripe_api_version,
        "data": {"object": raw},
    }
    return parse_event(json.dumps(given).encode())
