"""Who a request says is calling: a signed bearer token, or the cookie of a session. Both on every route alike."""

import base64
from datetime import timedelta

from fastapi import Request
from sqlalchemy.orm import Session

from app.core.auth import Principal, create_jwt, find_jwt_claims
from app.core.sessions import COOKIE_NAME, find_session_principal
from app.core.settings import get_settings

TOKEN_LIFETIME = timedelta(hours=24)
# Tokens of releases that did not count passwords yet.
FIRST_VERSION = 1


def create_bearer(principal: Principal) -> str:
    """A token good for 24 hours, or until the password changes (store-api §9)."""
    return create_jwt(get_settings(), describe(principal), TOKEN_LIFETIME)


def describe(principal: Principal) -> dict[str, object]:
    """What Medusa's clients find in a token and in `user`; opaque to them."""
    owner = {"user": "user_id"}.get(principal.actor_type, "customer_id")
    return {
        "actor_id": principal.actor_id,
        "actor_type": principal.actor_type,
        "auth_identity_id": principal.identity_id,
        "app_metadata": {owner: principal.actor_id, "roles": list(principal.roles)} if principal.actor_id else {},
        "user_metadata": {},
        "token_version": principal.token_version,
    }


def find_bearer(request: Request) -> Principal | None:
    """Who the bearer token names; None without one, or when it is bad, over or signed by somebody else."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    claims = find_jwt_claims(get_settings(), token) if scheme.lower() == "bearer" else None
    if claims is None:
        return None
    version = claims.get("token_version", FIRST_VERSION)
    return Principal(
        actor_type=str(claims.get("actor_type", "")),
        actor_id=str(claims.get("actor_id", "")),
        identity_id=str(claims.get("auth_identity_id", "")),
        token_version=version if isinstance(version, int) else 0,
    )


def find_basic_token(request: Request) -> str | None:
    """The secret key of a program, which Medusa's SDK sends as the name of `Basic`; None without one."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(given, validate=True).decode("ascii").partition(":")[0]
    except ValueError:  # neither base64 nor ASCII
        return ""


def find_caller(request: Request, session: Session) -> Principal | None:
    """The bearer token's owner, else the session's. `app/core/asgi.py` takes cookies off writes of other sites."""
    return find_bearer(request) or find_session_principal(session, request.cookies.get(COOKIE_NAME, ""))
