"""Who may call the Admin API: a member of staff, by the bearer token of a login."""

from typing import Annotated

from fastapi import Depends, Request

from app.core.auth import find_jwt_claims
from app.core.db import SessionDep
from app.core.errors import Unauthorized
from app.core.http import Access
from app.core.settings import get_settings
from app.staff import queries
from app.staff.models import StaffUser


def get_staff(request: Request, session: SessionDep) -> StaffUser:
    """The caller, read anew with each request so that a removed account stops at once; raises `Unauthorized`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    claims = find_jwt_claims(get_settings(), token) if scheme.lower() == "bearer" else None
    if claims is None or claims.get("actor_type") != "user":
        raise Unauthorized
    user = queries.find_by_id(session, str(claims.get("actor_id")))
    if user is None:
        raise Unauthorized
    return user


StaffDep = Annotated[StaffUser, Depends(get_staff)]
STAFF = Access("staff", get_staff)
