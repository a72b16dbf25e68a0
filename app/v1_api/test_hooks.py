"""`/_test/*`: what tests of a whole running shop turn. Mounted where test keys are allowed, never in production.

They come with that relaxation (app/core/settings.py); on a host nginx answers 404 for them, so only loopback gets here.
"""

from typing import Annotated

from fastapi import Depends, Path, Query
from pydantic import BaseModel

from app.core.api_document import refusing
from app.core.errors import Refusal
from app.core.http import Access
from app.core.http import router as make_router
from app.core.settings import Settings, get_settings
from app.core.shared_redis import RedisAway
from app.ops.wait_for_jobs import wait_for_jobs
from app.stripe_events.fail_event import clear_failure, set_failure

LONGEST_WAIT_SECONDS = 120

router = make_router(Access("tester"), prefix="/_test")

SettingsDep = Annotated[Settings, Depends(get_settings)]
EventId = Annotated[str, Path(pattern=r"^evt_\w+$", max_length=255)]


class NotKept(Refusal):
    """The order could not be kept: without Redis nobody would follow it."""

    status = 503
    type = "unexpected_state"
    code = "redis_away"
    default_message = "Redis ne répond pas : rien n'est changé. / Redis does not answer: nothing was changed."


class EventFailure(BaseModel):
    """Whether the processing of this event fails from now on."""

    event_id: str
    fails: bool


class Unfinished(BaseModel):
    """So many jobs of one name that are due (`todo`) or running (`doing`)."""

    name: str
    status: str
    count: int


class Idle(BaseModel):
    """`left` is empty when the queue is idle; else what there was still to do when the time was over."""

    is_idle: bool
    left: list[Unfinished]


@router.put("/events/{event_id}/failure", responses=refusing(NotKept), include_in_schema=False)
def fail_event(event_id: EventId) -> EventFailure:
    """Have the processing of this event fail, whoever brings it, until told otherwise."""
    try:
        set_failure(event_id)
    except RedisAway:
        raise NotKept from None
    return EventFailure(event_id=event_id, fails=True)


@router.delete("/events/{event_id}/failure", responses=refusing(NotKept), include_in_schema=False)
def let_event_pass(event_id: EventId) -> EventFailure:
    """Have it succeed again: the next delivery, sweep or replay applies it."""
    try:
        clear_failure(event_id)
    except RedisAway:
        raise NotKept from None
    return EventFailure(event_id=event_id, fails=False)


@router.get("/jobs/idle", include_in_schema=False)
async def wait_until_idle(
    settings: SettingsDep, timeout_seconds: Annotated[float, Query(ge=0, le=LONGEST_WAIT_SECONDS)] = 30
) -> Idle:
    """Answer once no job is due or running, or when the time is over."""
    left = await wait_for_jobs(settings, timeout_seconds)
    return Idle(
        is_idle=not left, left=[Unfinished(name=each.name, status=each.status, count=each.count) for each in left]
    )
