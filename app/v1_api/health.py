"""Health routes: liveness without database, database, every dependency (design §5)."""

from typing import Annotated

from fastapi import Depends, Response
from pydantic import BaseModel

from app.core.clock import utc_now
from app.core.http import ANYONE
from app.core.http import router as make_router
from app.core.settings import Settings, get_settings
from app.ops.health import OK, probe_all, probe_database

router = make_router(ANYONE)

SettingsDep = Annotated[Settings, Depends(get_settings)]


class Liveness(BaseModel):
    """The keys that the shop's monitoring reads."""

    status: str
    timestamp: str
    version: str


class DatabaseHealth(Liveness):
    """`cause` is null, or refused, auth, timeout, starting, migrating, error."""

    cause: str | None = None


class DependencyHealth(BaseModel):
    """`ok`, or the code of the cause; `degraded` and a cause while nobody can pay (breaker_open, checkout_closed)."""

    status: str
    cause: str | None = None


class Readiness(Liveness):
    """`ok`, `degraded` (200) or `down` (503), with each dependency."""

    checks: dict[str, DependencyHealth]


def now() -> str:
    """ISO 8601 UTC with milliseconds, as every date on the wire."""
    return utc_now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


@router.get("/health")
async def health(settings: SettingsDep) -> Liveness:
    """The process answers; nothing else is asked."""
    return Liveness(status=OK, timestamp=now(), version=settings.comptoir_release)


@router.get("/health/db", responses={503: {"model": DatabaseHealth}})
async def health_db(settings: SettingsDep, response: Response) -> DatabaseHealth:
    """The database answers and holds a schema, within a second."""
    state = await probe_database(settings)
    response.status_code = 200 if state == OK else 503
    cause = None if state == OK else state
    status = OK if state == OK else "down"
    return DatabaseHealth(status=status, timestamp=now(), version=settings.comptoir_release, cause=cause)


@router.get("/health/ready", responses={503: {"model": Readiness}}, response_model_exclude_none=True)
@router.get("/api/health", include_in_schema=False, response_model_exclude_none=True)
async def health_ready(settings: SettingsDep, response: Response) -> Readiness:
    """Database, Redis, queue, Stripe and mail."""
    readiness = await probe_all(settings)
    response.status_code = 200 if readiness.is_ready else 503
    checks = {name: DependencyHealth(**check) for name, check in readiness.checks.items()}
    return Readiness(status=readiness.status, timestamp=now(), version=settings.comptoir_release, checks=checks)
