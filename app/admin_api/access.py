"""Who may call the Admin API: a member of staff, by the bearer token of a login or by a session."""

from typing import Annotated

from fastapi import Depends, Request

from app.core.callers import find_caller
from app.core.db import SessionDep, unit_of_work
from app.core.errors import Unauthorized
from app.core.http import Access
from app.staff import queries
from app.staff.models import StaffUser


def get_staff(request: Request, session: SessionDep) -> StaffUser:
    """The caller, read anew with each request so that a removed account stops at once; raises `Unauthorized`."""
    caller = find_caller(request, session)
    user = queries.find_staff_of(session, caller) if caller else None
    if user is None:
        raise Unauthorized
    return user


def identify_staff(request: Request) -> StaffUser:
    """The same for routes that call a vendor: no transaction stays open behind it; raises `Unauthorized`."""
    with unit_of_work() as session:
        return get_staff(request, session)


StaffDep = Annotated[StaffUser, Depends(get_staff)]
BriefStaffDep = Annotated[StaffUser, Depends(identify_staff)]
STAFF = Access("staff", get_staff, refuses=(Unauthorized,))
BRIEF_STAFF = Access("staff", identify_staff, refuses=(Unauthorized,))
