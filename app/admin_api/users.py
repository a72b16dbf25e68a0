"""`/admin/users`: who works here. Everybody reads their own account; the others are the owner's.

Source: store-api §11, decision 0026.
"""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Response
from pydantic import BaseModel

from app.admin_api.access import PERSON, IfMatchDep, StaffDep, owner_router
from app.admin_api.schemas import AdminPageQuery, DeletedOut, PathId
from app.core.api_document import refusing
from app.core.bodies import Body, PageOut
from app.core.db import SessionDep
from app.core.http import router as make_router
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, check_unchanged, etag_of
from app.staff.errors import LastOwner
from app.staff.models import StaffUser
from app.staff.queries import count_users, get_user, list_users
from app.staff.rules import Role
from app.staff.service import remove_user, set_role

router = make_router(PERSON, prefix="/admin/users")
owning = owner_router()


class UserShape(BaseModel):
    """A member of staff as Medusa's Admin reads one, and what they may do; names and picture are not kept here."""

    id: str
    email: str
    role: str
    first_name: str | None = None
    last_name: str | None = None
    avatar_url: str | None = None
    created_at: datetime


class UserAnswer(BaseModel):
    """Medusa's envelope."""

    user: UserShape


class UsersAnswer(PageOut):
    """A page of accounts."""

    users: list[UserShape]


class UserBody(Body):
    """What of an account its owner may change: what it may do."""

    role: Role


class UsersQuery(AdminPageQuery):
    """Which accounts."""

    order: Literal["email", "-email"] = "email"


@router.get("/me")
def get_me(user: StaffDep) -> UserAnswer:
    """The caller's own account."""
    return UserAnswer(user=user_out(user))


@owning.get("/users", response_model=UsersAnswer, openapi_extra=describe_query(UsersQuery))
def read_users(session: SessionDep, query: Annotated[UsersQuery, Depends(query_of(UsersQuery))]) -> UsersAnswer:
    """Those with a password; who was only invited is among the invites."""
    found = list_users(session, query.q, query.order, limit=query.limit, offset=query.offset)
    return UsersAnswer(
        users=[user_out(user) for user in found],
        count=count_users(session, query.q),
        offset=query.offset,
        limit=query.limit,
    )


@owning.get("/users/{user_id}")
def read_user(session: SessionDep, user_id: PathId, response: Response) -> UserAnswer:
    """One account."""
    user = get_user(session, user_id)
    response.headers["ETag"] = etag_of(user.updated_at)
    return UserAnswer(user=user_out(user))


@owning.post("/users/{user_id}", responses=refusing(LastOwner, ChangedMeanwhile))
def change_user(session: SessionDep, user_id: PathId, body: UserBody, if_match: IfMatchDep) -> UserAnswer:
    """Say what somebody may do, from the next request on."""
    user = get_user(session, user_id)
    check_unchanged(if_match, user.updated_at)
    return UserAnswer(user=user_out(set_role(session, user, body.role)))


@owning.delete("/users/{user_id}", responses=refusing(LastOwner))
def delete_user(session: SessionDep, user_id: PathId) -> DeletedOut:
    """Close an account: its tokens and sessions stop with it."""
    remove_user(session, get_user(session, user_id))
    return DeletedOut(id=user_id, object="user")


def user_out(user: StaffUser) -> UserShape:
    """An account for the wire."""
    return UserShape(id=user.id, email=user.email, role=user.role, created_at=user.created_at)
