"""`/auth/session` and `/auth/token/refresh`: for customers and for members of staff alike (store-api §9)."""

from fastapi import Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.core.auth import Principal
from app.core.callers import create_bearer, describe, find_bearer
from app.core.db import Json, SessionDep
from app.core.errors import Unauthorized
from app.core.http import ANYONE
from app.core.http import router as make_router
from app.core.sessions import COOKIE_NAME, SESSION_LIFETIME, create_session, end_session, find_session_principal
from app.core.settings import get_settings
from app.customers.queries import find_identity_of
from app.customers.verify_login import end_everywhere, principal_of
from app.staff import service as staff_service
from app.staff.queries import find_staff_of
from app.store_api.auth_emailpass import SuccessAnswer, TokenAnswer

router = make_router(ANYONE, prefix="/auth", refuses=(Unauthorized,))


class SessionAnswer(BaseModel):
    """Who is logged in."""

    user: Json


@router.post("/session")
def open_session(request: Request, response: Response, session: SessionDep) -> SessionAnswer:
    """A cookie for the bearer token; one whose sign-up is not finished opens none."""
    principal = get_present(session, find_bearer(request))
    if not principal.actor_id:
        raise Unauthorized
    set_cookie(response, create_session(session, principal), int(SESSION_LIFETIME.total_seconds()))
    return SessionAnswer(user=describe(principal))


@router.delete("/session")
def close_session(request: Request, response: Response, session: SessionDep) -> SuccessAnswer:
    """End the session at once, here and wherever it was remembered."""
    cookie = request.cookies.get(COOKIE_NAME, "")
    principal = get_present(session, find_session_principal(session, cookie))
    if not end_session(session, cookie):
        _end_everywhere(session, principal)
    set_cookie(response, "", 0)
    return SuccessAnswer(success=True)


@router.post("/token/refresh")
def refresh(request: Request, session: SessionDep) -> TokenAnswer:
    """A new token, which knows the customer that a sign-up made meanwhile."""
    return TokenAnswer(token=create_bearer(get_present(session, find_bearer(request))))


def get_present(session: Session, named: Principal | None) -> Principal:
    """Whom a token or session names as that person is now; raises `Unauthorized` for nobody, or an older password."""
    found = _find_present(session, named) if named else None
    if found is None:
        raise Unauthorized
    return found


def _find_present(session: Session, named: Principal) -> Principal | None:
    user = find_staff_of(session, named)
    if user is not None:
        return staff_service.principal_of(user)
    identity = find_identity_of(session, named)
    return principal_of(identity) if identity else None


def _end_everywhere(session: Session, principal: Principal) -> None:
    """Redis could not be told and might remember the session: then nothing given out before counts any more."""
    user, identity = find_staff_of(session, principal), find_identity_of(session, principal)
    if user is not None:
        staff_service.end_everywhere(session, user)
    if identity is not None:
        end_everywhere(session, identity)


def set_cookie(response: Response, value: str, max_age_seconds: int) -> None:
    """The cookie of Medusa's name; from a storefront of another site it only travels as `SameSite=None; Secure`."""
    is_at_home = get_settings().is_development
    response.set_cookie(
        COOKIE_NAME,
        value,
        max_age=max_age_seconds,
        path="/",
        httponly=True,
        secure=not is_at_home,
        samesite="lax" if is_at_home else "none",
    )
