"""`POST /auth/user/emailpass`: a member of staff trades address and password for a bearer token."""

from datetime import timedelta
from hashlib import sha256
from typing import Annotated

from fastapi import Request
from pydantic import BaseModel, ConfigDict, StringConstraints

from app.core.auth import create_jwt
from app.core.db import SessionDep
from app.core.errors import TooManyRequests
from app.core.http import ANYONE
from app.core.http import router as make_router
from app.core.ratelimit import get_limiter, per_minute
from app.core.settings import get_settings
from app.staff import service
from app.staff.models import StaffUser
from app.staff.rules import PASSWORD_MAXIMUM

router = make_router(ANYONE, prefix="/auth/user")

TOKEN_LIFETIME = timedelta(hours=24)
# Per account and address together: a stranger's attempts do not lock the owner out.
ATTEMPTS = per_minute(10)


class Credentials(BaseModel):
    """What a person types."""

    model_config = ConfigDict(extra="forbid", strict=True)

    email: Annotated[str, StringConstraints(max_length=320)]
    password: Annotated[str, StringConstraints(max_length=PASSWORD_MAXIMUM)]


class Token(BaseModel):
    """A bearer token, good for 24 hours."""

    token: str


@router.post("/emailpass")
def log_in(credentials: Credentials, request: Request, session: SessionDep) -> Token:
    """A token for the right password; 401 with the same words and in the same time for a wrong one or nobody's."""
    address = request.client.host if request.client else "unknown"
    account = sha256(credentials.email.strip().lower().encode()).hexdigest()
    verdict = get_limiter().hit(ATTEMPTS, "staff-login", address, account)
    if not verdict.is_allowed:
        raise TooManyRequests(verdict.retry_after_seconds)
    user = service.authenticate(session, credentials.email, credentials.password)
    return Token(token=create_jwt(get_settings(), claims_of(user), TOKEN_LIFETIME))


def claims_of(user: StaffUser) -> dict[str, object]:
    """What Medusa's clients expect in a token; opaque to them."""
    return {
        "actor_id": user.id,
        "actor_type": "user",
        "auth_identity_id": user.id,
        "app_metadata": {"user_id": user.id, "roles": [user.role]},
        "user_metadata": {},
    }
