"""`/admin/audit-log`: who did what to what, with what it was before and after. Ours; for everybody who works here."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel

from app.admin_api.access import reading_router
from app.admin_api.schemas import AdminPageQuery
from app.core.audit_log import AuditFilter, AuditLog, count_acts, list_acts
from app.core.bodies import Id, PageOut
from app.core.db import SessionDep
from app.core.query import describe_query, query_of

router = reading_router()


class ActsQuery(AdminPageQuery):
    """Which acts: of one thing, of one kind, of one person or program; the newest first."""

    subject: Id | None = None
    action: Id | None = None
    actor: Id | None = None


class ActOut(BaseModel):
    """One act; `request_id` is in the log and was in the answer's header."""

    id: int
    created_at: datetime
    actor: str
    request_id: str
    action: str
    subject: str
    details: dict[str, object]


class ActsAnswer(PageOut):
    """A page of acts."""

    audit_log: list[ActOut]


@router.get("/audit-log", response_model=ActsAnswer, openapi_extra=describe_query(ActsQuery))
def read_acts(session: SessionDep, query: Annotated[ActsQuery, Depends(query_of(ActsQuery))]) -> ActsAnswer:
    """A page of them."""
    wanted = AuditFilter(query.subject, query.action, query.actor, query.q)
    found = list_acts(session, wanted, limit=query.limit, offset=query.offset)
    return ActsAnswer(
        audit_log=[_out(act) for act in found],
        count=count_acts(session, wanted),
        offset=query.offset,
        limit=query.limit,
    )


def _out(act: AuditLog) -> ActOut:
    names = ("id", "created_at", "actor", "request_id", "action", "subject", "details")
    return ActOut(**{name: getattr(act, name) for name in names})
