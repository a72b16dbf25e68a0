"""Who may call the Admin API: a member of staff, by the token of a login or by a session, or a program by its key.

Whoever works here reads; owner and staff write; accounts, keys and the seller's identity are the owner's.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from sqlalchemy.orm import Session

from app.core.callers import find_basic_token, find_caller
from app.core.context import current_actor
from app.core.db import SessionDep, unit_of_work
from app.core.errors import Unauthorized
from app.core.http import Access
from app.core.http import router as make_router
from app.core.versions import parse_if_match
from app.staff import queries
from app.staff.create_key import Caller, find_key_caller
from app.staff.errors import NotForThisRole
from app.staff.models import StaffUser
from app.staff.rules import OWNER_ALONE, WRITERS, check_allowed

MEDUSA_PREFIX = "/admin"


def get_staff(request: Request, session: SessionDep) -> StaffUser:
    """The person, read anew with each request so that a removed account stops at once; raises `Unauthorized`."""
    caller = find_caller(request, session)
    user = queries.find_staff_of(session, caller) if caller else None
    if user is None:
        raise Unauthorized
    return user


def find_caller_of(request: Request, session: Session) -> Caller | None:
    """The person or the program; a key is read with each request too, so that a revoked one stops at once."""
    token = find_basic_token(request)
    if token is not None:
        return find_key_caller(session, token)
    caller = find_caller(request, session)
    user = queries.find_staff_of(session, caller) if caller else None
    return Caller(f"staff:{user.id}", queries.role_of(user)) if user else None


def read_as(request: Request, session: SessionDep) -> Caller:
    """Whoever works here; raises `Unauthorized`."""
    caller = find_caller_of(request, session)
    if caller is None:
        raise Unauthorized
    return caller


def write_as(caller: Annotated[Caller, Depends(read_as)]) -> Caller:
    """Owner, staff, or a program that may write; raises `NotForThisRole`."""
    check_allowed(caller.role, WRITERS)
    return caller


def own_as(caller: Annotated[Caller, Depends(read_as)]) -> Caller:
    """The owner; raises `NotForThisRole`."""
    check_allowed(caller.role, OWNER_ALONE)
    return caller


def write_briefly_as(request: Request) -> Caller:
    """For routes that call a vendor, or open transactions of their own: none stays open behind it."""
    with unit_of_work() as session:
        return write_as(read_as(request, session))


def _acting(admit: Callable[..., Caller]) -> Callable[..., object]:
    """Asynchronous, so that the request's own context names who acts: a thread would keep it to itself."""

    async def act(caller: Annotated[Caller, Depends(admit)]) -> Caller:
        current_actor.set(caller.actor)
        return caller

    return act


_read, _write, _own = _acting(read_as), _acting(write_as), _acting(own_as)
_write_briefly = _acting(write_briefly_as)

StaffDep = Annotated[StaffUser, Depends(get_staff)]
ReaderDep = Annotated[Caller, Depends(_read)]
WriterDep = Annotated[Caller, Depends(_write)]
OwnerDep = Annotated[Caller, Depends(_own)]
BriefWriterDep = Annotated[Caller, Depends(_write_briefly)]
PERSON = Access("person", get_staff, refuses=(Unauthorized,))
READING = Access("staff", _read, refuses=(Unauthorized,))
WRITING = Access("staff_writing", _write, refuses=(Unauthorized, NotForThisRole))
OWNING = Access("owner", _own, refuses=(Unauthorized, NotForThisRole))
BRIEF_WRITING = Access("staff_writing", _write_briefly, refuses=(Unauthorized, NotForThisRole))


def reading_router() -> APIRouter:
    """Routes below `/admin` that change nothing: for everybody who works here."""
    return make_router(READING, prefix=MEDUSA_PREFIX)


def writing_router(*, calls_vendor: bool = False) -> APIRouter:
    """Routes below `/admin` that change something: for owner and staff, and for programs that may write.

    `calls_vendor`: no transaction is open when the route begins, it opens its own.
    """
    return make_router(BRIEF_WRITING if calls_vendor else WRITING, prefix=MEDUSA_PREFIX, calls_vendor=calls_vendor)


def owner_router() -> APIRouter:
    """Routes below `/admin` for the owner alone."""
    return make_router(OWNING, prefix=MEDUSA_PREFIX)


def read_if_match(if_match: Annotated[str | None, Header(max_length=200)] = None) -> str | None:
    """The version the caller believes to change (`app/core/versions.py`); None: whatever it is by now."""
    return parse_if_match(if_match)


IfMatchDep = Annotated[str | None, Depends(read_if_match)]
