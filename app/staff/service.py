"""Accounts of the people who work here: invited by a one-time link, then a password of their own.

Passwords come as hashes: whoever hashes holds no transaction.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core.audit_log import record_audit, record_change
from app.core.auth import Principal, hash_token, new_token
from app.core.clock import utc_now
from app.core.ids import new_id
from app.core.sessions import end_sessions
from app.staff import queries
from app.staff.errors import AccountExists, InvitationUnknown, LastOwner
from app.staff.models import StaffUser
from app.staff.queries import ACTOR
from app.staff.rules import INVITATION_LIFETIME, Role

NEW_ROLE: Role = "staff"


@dataclass(frozen=True)
class Login:
    """What the database knows of an address that somebody wants to log in with."""

    principal: Principal
    password_hash: str | None


def invite(session: Session, email: str, role: Role) -> str | None:
    """Open an account and return the one-time token of its link, or None when it already has a password.

    The token is said once and kept as a hash; inviting again before it was used replaces it.
    """
    user = queries.find_by_email(session, email)
    if user is not None and user.password_hash is not None:
        return None
    return invite_anew(session, email, role)


def invite_anew(session: Session, email: str, role: Role | None) -> str:
    """The same, also for somebody who lost the password: the old one works until the link is used.

    Without a role an account keeps its own, and a new one is staff. Raises `LastOwner`.
    """
    user = queries.find_by_email(session, email)
    if user is None:
        user = _open_account(session, email, role or NEW_ROLE)
    elif role is not None:
        set_role(session, user, role)
    return invite_user_anew(session, user)


def invite_newcomer(session: Session, email: str, role: Role) -> tuple[StaffUser, str]:
    """Open an account for somebody who has none, or only an unused link; raises `AccountExists`."""
    user = queries.find_by_email(session, email)
    if user is not None and user.password_hash is not None:
        raise AccountExists
    if user is None:
        user = _open_account(session, email, role)
    else:
        set_role(session, user, role)
    return user, invite_user_anew(session, user)


def invite_user_anew(session: Session, user: StaffUser) -> str:
    """Another one-time link for an account; the former opens nothing any more."""
    token = new_token()
    user.invite_token_hash = hash_token(token)
    user.invite_expires_at = utc_now() + INVITATION_LIFETIME
    record_audit(session, "staff.invited", user.id, {"role": user.role})
    return token


def set_role(session: Session, user: StaffUser, role: Role) -> StaffUser:
    """Say what somebody may do, from their next request on; raises `LastOwner`."""
    if role != user.role:
        _keep_an_owner(session, user)
        record_change(session, "staff.role", user.id, {"role": user.role}, {"role": role})
        user.role = role
    return user


def remove(session: Session, email: str) -> None:
    """Close the account of an address; raises `StaffUnknown`, `LastOwner`."""
    remove_user(session, queries.get_by_email(session, email))


def remove_user(session: Session, user: StaffUser) -> None:
    """Close an account: its tokens and sessions stop with it. Raises `LastOwner`."""
    _keep_an_owner(session, user)
    end_sessions(session, user.id)
    record_audit(session, "staff.removed", user.id)
    session.delete(user)


def _open_account(session: Session, email: str, role: Role) -> StaffUser:
    user = StaffUser(id=new_id("user"), email=email.strip().lower(), role=role)
    session.add(user)
    session.flush()  # its instants are the database's
    return user


def _keep_an_owner(session: Session, leaving: StaffUser) -> None:
    others = [owner for owner in queries.lock_owners(session) if owner.id != leaving.id]
    if leaving.role == "owner" and not others:
        raise LastOwner("C'est le dernier compte propriétaire : ajoutez-en un autre d'abord. / The last owner stays.")


def get_invited(session: Session, token: str) -> StaffUser:
    """The account whose invitation is still open; raises `InvitationUnknown`."""
    user = queries.find_invited(session, hash_token(token), utc_now())
    if user is None:
        raise InvitationUnknown(
            "Ce lien a déjà servi ou a expiré : comptoir staff add en donne un autre. / Used or expired link."
        )
    return user


def accept_invitation(session: Session, token: str, password_hash: str) -> StaffUser:
    """Set a password and close the invitation; raises `InvitationUnknown`."""
    user = get_invited(session, token)
    user.password_hash = password_hash
    user.invite_token_hash = None
    user.invite_expires_at = None
    end_everywhere(session, user)
    return user


def end_everywhere(session: Session, user: StaffUser) -> None:
    """End every token and session given out so far, wherever they are kept."""
    user.token_version = StaffUser.token_version + 1
    end_sessions(session, user.id)


def find_login(session: Session, email: str) -> Login | None:
    """What to verify a password against. Changed meanwhile, the token that comes of it is one of an older version."""
    user = queries.find_by_email(session, email)
    return Login(principal_of(user), user.password_hash) if user else None


def principal_of(user: StaffUser) -> Principal:
    """Whom a token of this account names."""
    return Principal(ACTOR, user.id, user.id, user.token_version, roles=(user.role,))
