"""While Stripe is down nobody waits for it (payments §4): calls made for a customer pass through `guarded`.

Five outages within a minute open it; from then on one call in thirty seconds, across all processes, tries whether
Stripe is back, and the first that gets an answer closes it. The state is in Redis, in this process while Redis is away.
That it opened is a flag in PostgreSQL too: it is told once, and `ops.recover_checkout` winds it up.
"""

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from redis import Redis
from sqlalchemy.exc import SQLAlchemyError

from app.core.audit_log import record_audit
from app.core.db import unit_of_work
from app.core.flags import set_flag_once
from app.core.jobs import enqueue_once
from app.core.log import log_event, log_failure
from app.core.shared_redis import RedisAway, get_shared_redis
from app.gateways.errors import Retryable, Terminal, VendorFailure
from app.payments.errors import CheckoutUnavailable

MOST_OUTAGES = 5
WITHIN_SECONDS = 60
# Longer than the longest call made for a customer: a probe is over before the next one leaves.
PROBE_EVERY_SECONDS = 30
OUTAGE_FLAG = "stripe_outage"
ACTOR = "breaker:stripe"
RECOVERY_JOB = "ops.recover_checkout"

KEY = "comptoir:breaker:stripe"
OPEN, PROBE, OUTAGES, REFUSALS = (f"{KEY}:{name}" for name in ("open", "probe", "outages", "refusals"))

T = TypeVar("T")


class SharedState:
    """What all processes know, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    def is_open(self) -> bool:
        return bool(self.redis.exists(OPEN))

    def open(self) -> bool:
        self.take_probe()  # first: the next try is thirty seconds away from the first instant on
        return bool(self.redis.set(OPEN, 1, nx=True))

    def close(self) -> None:
        self.redis.delete(OPEN, PROBE, OUTAGES)

    def take_probe(self) -> bool:
        return bool(self.redis.set(PROBE, 1, nx=True, ex=PROBE_EVERY_SECONDS))

    def seconds_to_probe(self) -> float:
        return max(0.0, float(self.redis.pttl(PROBE)) / 1000)

    def count_outage(self) -> int:
        now = time.time()
        with self.redis.pipeline() as ask:
            ask.zremrangebyscore(OUTAGES, 0, now - WITHIN_SECONDS)
            ask.zadd(OUTAGES, {secrets.token_hex(8): now})
            ask.zcard(OUTAGES)
            ask.expire(OUTAGES, WITHIN_SECONDS)
            return int(ask.execute()[2])

    def count_refusal(self) -> None:
        self.redis.incr(REFUSALS)

    def take_refusals(self) -> int:
        with self.redis.pipeline() as ask:
            ask.get(REFUSALS)
            ask.delete(REFUSALS)
            return int(ask.execute()[0] or 0)


class LocalState:
    """The same for this process alone, while Redis is away."""

    def __init__(self) -> None:
        self.outages: deque[float] = deque(maxlen=MOST_OUTAGES)
        self.opened = False
        self.next_probe_at = 0.0
        self.refusals = 0
        self.lock = threading.Lock()

    def is_open(self) -> bool:
        return self.opened

    def open(self) -> bool:
        with self.lock:
            was_open, self.opened = self.opened, True
            self.next_probe_at = max(self.next_probe_at, time.monotonic() + PROBE_EVERY_SECONDS)
        return not was_open

    def close(self) -> None:
        self.opened = False
        self.outages.clear()

    def take_probe(self) -> bool:
        with self.lock:
            if self.seconds_to_probe() > 0:
                return False
            self.next_probe_at = time.monotonic() + PROBE_EVERY_SECONDS
            return True

    def seconds_to_probe(self) -> float:
        return max(0.0, self.next_probe_at - time.monotonic())

    def count_outage(self) -> int:
        now = time.monotonic()
        self.outages.append(now)
        return sum(1 for at in list(self.outages) if at > now - WITHIN_SECONDS)

    def count_refusal(self) -> None:
        self.refusals += 1

    def take_refusals(self) -> int:
        taken, self.refusals = self.refusals, 0
        return taken


@cache
def get_local_state() -> LocalState:
    """What this process knows by itself."""
    return LocalState()


def guarded(call: Callable[[], T]) -> T:
    """What Stripe answers to a customer's call; call it with no transaction open.

    Raises `CheckoutUnavailable`, and nothing leaves, while Stripe is known to be down; else what the call raises.
    """
    is_probe = _admit()
    try:
        result = call()
    except VendorFailure as failure:
        if is_answer(failure):
            _hear_answer(is_probe)
        elif isinstance(failure, Retryable) and failure.is_outage:
            _count_outage(failure)
        raise
    _hear_answer(is_probe)
    return result


def is_answer(failure: VendorFailure) -> bool:
    """Whether Stripe is there: a no is an answer, whether or not it may be asked again; a 429 says nothing."""
    return isinstance(failure, Terminal) or failure.http_status in (401, 403, 409)


def ask_guarded(question: Callable[[], T]) -> T:
    """As `guarded`, for what only reads: whatever Stripe's no is, the customer can do nothing but come back later.

    Raises `CheckoutUnavailable`.
    """
    try:
        return guarded(question)
    except Retryable as failure:
        raise CheckoutUnavailable(failure.retry_after_seconds) from failure
    except Terminal as refusal:
        raise CheckoutUnavailable from refusal


def find_outage() -> CheckoutUnavailable | None:
    """What `guarded` would raise now, for whoever must write something before the call; None: try it."""
    return None if may_call() else _refusal()


def may_call() -> bool:
    """Whether `guarded` would let a call leave now; asking changes nothing and counts nowhere."""
    return not _ask(lambda state: state.is_open() and state.seconds_to_probe() > 0)


def is_breaker_open() -> bool:
    """Whether customers' calls are refused now, as far as this process knows."""
    return _ask(lambda state: state.is_open())


def take_refusals() -> int:
    """How many calls were refused since this was last asked, as far as Redis knows."""
    return _ask(lambda state: state.take_refusals())


def record_outage(code: str) -> None:
    """Write down that the breaker is open, once for all processes; health and recovery read it."""
    with unit_of_work(ACTOR) as session:
        if set_flag_once(session, OUTAGE_FLAG, code):
            record_audit(session, "stripe.breaker_opened", "stripe", {"code": code})


def _admit() -> bool:
    """Whether this call is the probe; raises when it must not leave."""
    if not is_breaker_open():
        return False
    if _ask(lambda state: state.take_probe()):
        return True
    raise _refusal()


def _refusal() -> CheckoutUnavailable:
    _ask(lambda state: state.count_refusal())
    return CheckoutUnavailable(1 + int(_ask(lambda state: state.seconds_to_probe())))


def _count_outage(failure: Retryable) -> None:
    if _ask(lambda state: state.count_outage()) < MOST_OUTAGES or not _ask(lambda state: state.open()):
        return
    log_event("stripe breaker opened", level="warning", code=failure.code)
    try:
        record_outage(failure.code)
    except SQLAlchemyError as exc:  # the customer's answer is the same; the recovery job writes it down later
        log_failure("stripe outage not written down", exc)


def _hear_answer(is_probe: bool) -> None:
    if not is_probe:
        return
    _ask(lambda state: state.close())
    log_event("stripe breaker closed", level="warning")
    try:
        with unit_of_work(ACTOR) as session:
            enqueue_once(session, RECOVERY_JOB, "stripe")
    except SQLAlchemyError as exc:  # asked for each minute anyway
        log_failure("recovery not asked for", exc)


def _ask(question: Callable[[SharedState | LocalState], T]) -> T:
    try:
        answer = get_shared_redis().ask(lambda redis: question(SharedState(redis)))
    except RedisAway:
        return question(get_local_state())
    get_local_state().close()  # what this process knew alone is over: kept, it would refuse at the next absence
    return answer
