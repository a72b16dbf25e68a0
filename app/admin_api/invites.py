"""`/admin/invites`: one-time links for people who are to work here. The owner's.

The link of an invite leads to a page of ours, `/app/invitation/TOKEN`, where the person chooses a password.
Source: store-api §11, decision 0026.
"""

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel

from app.admin_api.access import owner_router
from app.admin_api.schemas import AdminPageQuery, DeletedOut, PathId
from app.core.api_document import refusing
from app.core.bodies import Body, Email, PageOut
from app.core.db import SessionDep
from app.core.query import describe_query, query_of
from app.core.settings import get_settings
from app.staff.errors import InviteNotFound
from app.staff.models import StaffUser
from app.staff.queries import count_invited, get_invited_user, list_invited
from app.staff.rules import Role
from app.staff.service import invite_newcomer, invite_user_anew, remove_user

router = owner_router()


class InviteBody(Body):
    """Whom, and what they will be allowed to do."""

    email: Email
    role: Role = "staff"


class InviteOut(BaseModel):
    """`token` and `url` are there in the answer that made them, and never again."""

    id: str
    email: str
    role: str
    accepted: bool = False
    token: str | None = None
    url: str | None = None
    expires_at: datetime | None
    created_at: datetime


class InviteAnswer(BaseModel):
    """Medusa's envelope."""

    invite: InviteOut


class InvitesAnswer(PageOut):
    """A page of invites."""

    invites: list[InviteOut]


@router.get("/invites", response_model=InvitesAnswer, openapi_extra=describe_query(AdminPageQuery))
def read_invites(
    session: SessionDep, query: Annotated[AdminPageQuery, Depends(query_of(AdminPageQuery))]
) -> InvitesAnswer:
    """Who was invited and has chosen no password yet."""
    found = list_invited(session, query.q, limit=query.limit, offset=query.offset)
    return InvitesAnswer(
        invites=[_out(user) for user in found],
        count=count_invited(session, query.q),
        offset=query.offset,
        limit=query.limit,
    )


@router.post("/invites")
def create_invite(session: SessionDep, body: InviteBody) -> InviteAnswer:
    """Open an account; its link is good for three days and once."""
    user, token = invite_newcomer(session, body.email, body.role)
    return InviteAnswer(invite=_out(user, token))


@router.get("/invites/{invite_id}", responses=refusing(InviteNotFound))
def read_invite(session: SessionDep, invite_id: PathId) -> InviteAnswer:
    """One invite."""
    return InviteAnswer(invite=_out(get_invited_user(session, invite_id)))


@router.post("/invites/{invite_id}/resend", responses=refusing(InviteNotFound))
def resend_invite(session: SessionDep, invite_id: PathId) -> InviteAnswer:
    """Another link, good for three days; the former ends."""
    user = get_invited_user(session, invite_id)
    return InviteAnswer(invite=_out(user, invite_user_anew(session, user)))


@router.delete("/invites/{invite_id}", responses=refusing(InviteNotFound))
def delete_invite(session: SessionDep, invite_id: PathId) -> DeletedOut:
    """Take an invite back: its link opens nothing any more."""
    remove_user(session, get_invited_user(session, invite_id))
    return DeletedOut(id=invite_id, object="invite")


def _out(user: StaffUser, token: str | None = None) -> InviteOut:
    url = f"{get_settings().public_url}/app/invitation/{token}" if token else None
    return InviteOut(
        id=user.id,
        email=user.email,
        role=user.role,
        token=token,
        url=url,
        expires_at=user.invite_expires_at,
        created_at=user.created_at,
    )
