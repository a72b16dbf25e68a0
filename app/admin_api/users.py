"""`/admin/users/me`: who the bearer of this token is."""

from datetime import datetime

from pydantic import BaseModel

from app.admin_api.access import PERSON, StaffDep
from app.core.http import router as make_router

router = make_router(PERSON, prefix="/admin/users")


class UserShape(BaseModel):
    """A member of staff as Medusa's Admin reads one; names and picture are not kept here."""

    id: str
    email: str
    first_name: str | None = None
    last_name: str | None = None
    avatar_url: str | None = None
    created_at: datetime


class UserAnswer(BaseModel):
    """Medusa's envelope."""

    user: UserShape


@router.get("/me")
def get_me(user: StaffDep) -> UserAnswer:
    """The caller's own account."""
    return UserAnswer(user=UserShape(id=user.id, email=user.email, created_at=user.created_at))
