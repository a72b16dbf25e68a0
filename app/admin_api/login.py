"""`POST /auth/user/emailpass`: a member of staff trades address and password for a bearer token."""

from typing import Annotated

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from app.core.attempts import limited, list_login_attempts
from app.core.auth import verify_password
from app.core.callers import create_bearer
from app.core.client_address import find_visitor_address
from app.core.db import unit_of_work
from app.core.http import ANYONE
from app.core.http import router as make_router
from app.staff import service
from app.staff.errors import LoginRefused
from app.staff.rules import PASSWORD_MAXIMUM

router = make_router(ANYONE, prefix="/auth/user", hashes_passwords=True, refuses=(LoginRefused,))


class Credentials(BaseModel):
    """What a person types."""

    model_config = ConfigDict(extra="forbid", strict=True)

    email: Annotated[str, StringConstraints(max_length=320)]
    password: Annotated[str, StringConstraints(max_length=PASSWORD_MAXIMUM)]


class Token(BaseModel):
    """A bearer token, good for 24 hours."""

    token: str


@router.post("/emailpass")
def log_in(credentials: Credentials, request: Request, response: Response) -> Token:
    """A token for the right password; 401 with the same words and after the same work for a wrong one or nobody's."""
    email = credentials.email.strip().lower()
    with limited(response, *list_login_attempts("staff", find_visitor_address(request), email)):
        with unit_of_work() as session:
            login = service.find_login(session, email)
        is_right = verify_password(login.password_hash if login else None, credentials.password)
        if login is None or not is_right:
            raise LoginRefused("Invalid email or password")
        return Token(token=create_bearer(login.principal))
