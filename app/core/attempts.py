"""Attempts at what must not be guessed or flooded: counted in Redis, in PostgreSQL while Redis is away (§4.12).

Each count is committed by itself, so that a refused attempt counts too. Keys hold hashes, no address and no e-mail.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from fastapi import Response
from limits import RateLimitItem
from sqlalchemy import case, delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.clock import utc_now
from app.core.db import Base, end_reading, unit_of_work
from app.core.errors import Refusal, TooManyRequests
from app.core.ratelimit import Verdict, get_limiter, per_hour, per_minute


class LimitWindow(Base):
    """One caller's attempts under one limit, in the window that is running."""

    __tablename__ = "limit_window"

    key: Mapped[str] = mapped_column(primary_key=True)
    hits: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True)
class Attempt:
    """One limit and whom it counts: an account, an address, both."""

    limit: RateLimitItem
    name: str
    caller: str

    @property
    def key(self) -> str:
        """Whom it counts, as a hash."""
        return sha256(self.caller.encode()).hexdigest()


def list_login_attempts(kind: str, address: str | None, account: str) -> list[Attempt]:
    """Few tries at one account from one address, more at one account from anywhere or from one address at any.

    `address` is None where nobody says whose it is. What one address may try in an hour is less than a third of what
    the account has: one stranger locks nobody out.
    """
    attempts = [Attempt(per_minute(10), f"{kind}-login", f"{address} {account}")]
    if address is not None:
        attempts.append(Attempt(per_hour(30), f"{kind}-login-hour", f"{address} {account}"))
        attempts.append(Attempt(per_minute(60), "login-address", address))
    return [*attempts, Attempt(per_hour(100), f"{kind}-login-account", account)]


def count_attempts(attempts: Sequence[Attempt]) -> Verdict:
    """Count them in their order, up to the first limit that is reached; its verdict, else that of the nearest one.

    Name the caller's own limits first: tries that these refuse must not use up what an account has from anywhere, or
    one stranger locks its owner out.
    """
    verdicts: list[Verdict] = []
    for attempt in attempts:
        verdict = _count(attempt)
        if not verdict.is_allowed:
            return verdict
        verdicts.append(verdict)
    return min(verdicts, key=lambda verdict: verdict.remaining)


@contextmanager
def limited(response: Response, *attempts: Attempt, session: Session | None = None) -> Iterator[Verdict]:
    """Count the attempts before the block runs; raises `TooManyRequests`. Every answer says how many are left.

    A route that has a session names it: its connection goes back to the pool first, for counting may take one.
    """
    if session is not None:
        end_reading(session)
    verdict = count_attempts(attempts)
    response.headers.update(verdict.headers)
    try:
        if not verdict.is_allowed:
            raise TooManyRequests(verdict.retry_after_seconds)
        yield verdict
    except Refusal as refusal:
        refusal.headers.update(verdict.headers)
        raise


def _count(attempt: Attempt) -> Verdict:
    shared = get_limiter().find_shared(attempt.limit, attempt.name, attempt.key)
    return shared or _count_in_database(attempt)


def _count_in_database(attempt: Attempt) -> Verdict:
    now, length = utc_now(), timedelta(seconds=attempt.limit.get_expiry())
    first = insert(LimitWindow).values(key=f"{attempt.name}:{attempt.key}", hits=1, ends_at=now + length)
    is_over = LimitWindow.ends_at <= now
    counted = first.on_conflict_do_update(
        index_elements=[LimitWindow.key],
        set_={
            "hits": case((is_over, 1), else_=LimitWindow.hits + 1),
            "ends_at": case((is_over, now + length), else_=LimitWindow.ends_at),
        },
    ).returning(LimitWindow.hits, LimitWindow.ends_at)
    with unit_of_work() as session:
        hits, ends_at = session.execute(counted).one()
    amount = attempt.limit.amount
    reset_seconds = max(1, int((ends_at - now).total_seconds()) + 1)
    return Verdict(hits <= amount, reset_seconds, amount, max(0, amount - hits))


def forget_windows() -> None:
    """Drop the windows that are over; nobody asks for them again."""
    with unit_of_work() as session:
        session.execute(delete(LimitWindow).where(LimitWindow.ends_at < func.now()))
