"""Health, as far as it can be known within a second and without calling a vendor."""

import asyncio
from dataclasses import dataclass, field
from typing import NotRequired, TypedDict

import psycopg
from psycopg.rows import TupleRow
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.core.clock import utc_now
from app.core.settings import Settings
from app.notifications.rules import GIVEN_UP_SHOWN, NOBODY_WANTS, compute_address_hash, compute_mail_health
from app.ops.checkout_gate import CHECKOUT_FLAG
from app.payments.breaker import OUTAGE_FLAG
from app.shop.rules import compute_business_day

BUDGET_SECONDS = 1.0
WORKER_SILENT_SECONDS = 60
JOB_LATE_SECONDS = 300

# One round trip: is there a schema, is a worker alive, is a due job waiting for long, which jobs were given up, and
# what keeps customers from paying.
SCHEMA_SQL = (
    "SELECT to_regclass('public.alembic_version') IS NOT NULL AND to_regclass('procrastinate_jobs') IS NOT NULL"
)
QUEUE_SQL = """
WITH ended AS (
  SELECT job.task_name FROM procrastinate_jobs job JOIN procrastinate_events event ON event.job_id = job.id
  WHERE job.status = 'failed' AND event.type = 'failed' AND event.at > now() - interval '1 hour'
)
SELECT
  coalesce((SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers), 1e9) > %(silent)s,
  EXISTS (SELECT FROM procrastinate_jobs job JOIN procrastinate_events event ON event.job_id = job.id
          WHERE job.status = 'todo' AND event.type = 'deferred'
          AND greatest(event.at, job.scheduled_at) < now() - make_interval(secs => %(late)s)),
  EXISTS (SELECT FROM ended WHERE task_name ~ '^(payments|stripe_events|refunds|checkout)[.]'),
  EXISTS (SELECT FROM ended WHERE task_name ~ '^notifications[.]'),
  ARRAY(SELECT name FROM flag WHERE is_set AND (ends_at IS NULL OR ends_at > now()))
"""
# To whom the shop's own alerts go.
CONTACT_SQL = "SELECT contact_email FROM shop"
# What keeps mails from arriving, beside jobs that failed; `notifications.queries:count_given_up` asks the same.
MAIL_SQL = """
SELECT gate.state, gate.bounce_level, gate.untold_events,
  (SELECT count(*) FROM message WHERE message.state = 'dead' AND error_code <> ALL(%(unwanted)s)
   AND queued_at > %(given_up_since)s),
  (SELECT count(*) FROM message WHERE quota_on = %(today)s),
  EXISTS (SELECT FROM mail_suppression WHERE address_hash = %(contact)s)
FROM mail_gate gate
"""
# By flag, the graver first.
CHECKOUT_CAUSES = {OUTAGE_FLAG: "breaker_open", CHECKOUT_FLAG: "checkout_closed"}

OK = "ok"
DEGRADED = "degraded"
# Without these two the shop loses money or mails; without the others it works, slower or later (design §4.12).
VITAL = ("db", "queue")


class Check(TypedDict):
    """One dependency: `ok`, or the code of the cause; `degraded` where payments are not taken, with the cause."""

    status: str
    cause: NotRequired[str]


@dataclass(frozen=True)
class Readiness:
    """Every dependency's state; `is_ready` decides between 200 and 503."""

    checks: dict[str, Check] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        return all(self.checks[name]["status"] == OK for name in VITAL)

    @property
    def status(self) -> str:
        if not self.is_ready:
            return "down"
        return OK if all(check["status"] == OK for check in self.checks.values()) else DEGRADED


async def probe_database(settings: Settings) -> str:
    """`ok`, or why the database cannot serve: refused, auth, timeout, starting, migrating, error."""
    try:
        async with asyncio.timeout(BUDGET_SECONDS), await connect(settings) as connection:
            return await _probe_schema(connection)
    except TimeoutError:
        return "timeout"
    except psycopg.Error as exc:
        return cause_code(exc)


async def probe_all(settings: Settings) -> Readiness:
    """All five dependencies, at once, within the budget."""
    probed, redis = await asyncio.gather(_probe_queue(settings), probe_redis(settings))
    states = {"db": probed.db, "redis": redis, "queue": probed.queue, "stripe": probed.stripe, "mail": probed.mail}
    checks = {name: Check(status=status) for name, status in states.items()}
    if probed.mail not in (OK, "unknown", "failed_jobs"):
        checks["mail"] = Check(status=DEGRADED, cause=probed.mail)
    if probed.checkout is not None:
        checks["stripe"] = Check(status=DEGRADED, cause=probed.checkout)
    return Readiness(checks)


async def probe_redis(settings: Settings) -> str:
    """`ok`, or why the cache does not answer: timeout, refused."""
    client = Redis.from_url(settings.redis_url, socket_connect_timeout=BUDGET_SECONDS, socket_timeout=BUDGET_SECONDS)
    try:
        async with asyncio.timeout(BUDGET_SECONDS):
            await client.execute_command("PING")  # type: ignore[no-untyped-call]
    except TimeoutError:
        return "timeout"
    except (RedisError, OSError):
        return "refused"
    finally:
        await client.aclose()
    return OK


@dataclass(frozen=True)
class Probed:
    """What the database told; `checkout` is why customers cannot pay."""

    db: str
    queue: str = "unknown"
    stripe: str = "unknown"
    mail: str = "unknown"
    checkout: str | None = None


async def _probe_queue(settings: Settings) -> Probed:
    try:
        async with asyncio.timeout(BUDGET_SECONDS), await connect(settings) as connection:
            schema = await _probe_schema(connection)
            if schema != OK:
                return Probed(schema)
            cursor = await connection.execute(QUEUE_SQL, {"silent": WORKER_SILENT_SECONDS, "late": JOB_LATE_SECONDS})
            row = await cursor.fetchone()
            mail = await _probe_mail(connection, settings.brevo_daily_quota)
    except TimeoutError:
        return Probed("timeout")
    except psycopg.Error as exc:
        return Probed(cause_code(exc))
    is_silent, is_late, payments_failed, mail_failed, flags = row or (True, True, True, True, [])
    return Probed(
        OK,
        queue="no_worker" if is_silent else "late" if is_late else OK,
        stripe="failed_jobs" if payments_failed else OK,
        mail="failed_jobs" if mail_failed else mail,
        checkout=next((cause for flag, cause in CHECKOUT_CAUSES.items() if flag in flags), None),
    )


async def _probe_mail(connection: psycopg.AsyncConnection[TupleRow], quota: int) -> str:
    shop = await (await connection.execute(CONTACT_SQL)).fetchone()
    contact = compute_address_hash(shop[0]) if shop else None
    now = utc_now()
    given = {
        "today": compute_business_day(now),
        "contact": contact,
        "unwanted": list(NOBODY_WANTS),
        "given_up_since": now - GIVEN_UP_SHOWN,
    }
    row = await (await connection.execute(MAIL_SQL, given)).fetchone()
    gate, bounce_level, untold_events, dead, used_today, is_deaf = row or ("open", OK, 0, 0, 0, False)
    return compute_mail_health(
        gate=gate,
        dead=dead,
        bounce_level=bounce_level,
        used_today=used_today,
        quota=quota,
        untold_events=untold_events,
        is_contact_suppressed=is_deaf,
    )


async def connect(settings: Settings) -> psycopg.AsyncConnection[TupleRow]:
    """A connection of its own: a pool that is exhausted by slow requests is not a database that is down."""
    dsn = settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    return await psycopg.AsyncConnection.connect(dsn, autocommit=True, application_name="comptoir-health")


async def _probe_schema(connection: psycopg.AsyncConnection[TupleRow]) -> str:
    row = await (await connection.execute(SCHEMA_SQL)).fetchone()
    return OK if row and row[0] else "migrating"


def cause_code(failure: psycopg.Error) -> str:
    """Sort a connection failure; libpq gives a text and no code before the login."""
    text = str(failure).lower()
    if "password" in text or "authentication" in text or "role" in text:
        return "auth"
    if "starting up" in text or "shutting down" in text or "recovery" in text:
        return "starting"
    if "refused" in text or "no such file" in text or "could not translate" in text or "resolve" in text:
        return "refused"
    return "timeout" if "timeout" in text else "error"
