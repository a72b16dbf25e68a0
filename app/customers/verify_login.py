"""Logging in, around the hash: what to verify against, and who it is. The hash itself is for the route, outside."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core.auth import Principal
from app.core.sessions import end_sessions
from app.customers import queries
from app.customers.models import AuthIdentity
from app.customers.queries import ACTOR


@dataclass(frozen=True)
class Login:
    """What the database knows of an address that somebody wants to log in with."""

    principal: Principal
    password_hash: str


def find_login(session: Session, email: str) -> Login | None:
    """What to verify a password against. Changed meanwhile, the token that comes of it is one of an older version."""
    identity = queries.find_identity_by_email(session, email)
    return Login(principal_of(identity), identity.password_hash) if identity else None


def principal_of(identity: AuthIdentity) -> Principal:
    """Whom this identity is, as of its present password."""
    return Principal(ACTOR, identity.customer_id or "", identity.id, identity.token_version)


def set_password(session: Session, identity: AuthIdentity, password_hash: str) -> None:
    """Another password: every token and session of the old one ends with this transaction."""
    identity.password_hash = password_hash
    end_everywhere(session, identity)


def end_everywhere(session: Session, identity: AuthIdentity) -> None:
    """End every token and session of an identity, wherever they are kept."""
    identity.token_version += 1
    end_sessions(session, identity.id)
