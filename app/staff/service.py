"""Accounts of the people who work here: invited by a one-time link, then a password of their own."""

from sqlalchemy.orm import Session

from app.core.auth import hash_password, hash_token, new_token, verify_password
from app.core.clock import utc_now
from app.core.ids import new_id
from app.staff import queries
from app.staff.errors import InvitationUnknown, LastOwner, LoginRefused, StaffUnknown
from app.staff.models import StaffUser
from app.staff.rules import INVITATION_LIFETIME, check_password


def invite(session: Session, email: str, role: str) -> str | None:
    """Open an account and return the one-time token of its link, or None when it already has a password.

    The token is said once and kept as a hash; inviting again before it was used replaces it.
    """
    user = queries.find_by_email(session, email)
    if user is not None and user.password_hash is not None:
        return None
    return invite_anew(session, email, role)


def invite_anew(session: Session, email: str, role: str) -> str:
    """The same, also for somebody who lost the password: the old one works until the link is used."""
    user = queries.find_by_email(session, email)
    if user is None:
        user = StaffUser(id=new_id("user"), email=email.strip().lower())
        session.add(user)
    user.role = role
    token = new_token()
    user.invite_token_hash = hash_token(token)
    user.invite_expires_at = utc_now() + INVITATION_LIFETIME
    return token


def remove(session: Session, email: str) -> None:
    """Close an account: its tokens stop with it. Raises `StaffUnknown`, `LastOwner`."""
    user = queries.find_by_email(session, email)
    if user is None:
        raise StaffUnknown("Personne n'a cette adresse : comptoir staff list. / Nobody has this address.")
    owners = [other for other in queries.lock_owners(session) if other.id != user.id]
    if user.role == "owner" and not owners:
        raise LastOwner("C'est le dernier compte propriétaire : ajoutez-en un autre d'abord. / The last owner stays.")
    session.delete(user)


def get_invited(session: Session, token: str) -> StaffUser:
    """The account whose invitation is still open; raises `InvitationUnknown`."""
    user = queries.find_invited(session, hash_token(token), utc_now())
    if user is None:
        raise InvitationUnknown(
            "Ce lien a déjà servi ou a expiré : comptoir staff add en donne un autre. / Used or expired link."
        )
    return user


def accept_invitation(session: Session, token: str, password: str) -> StaffUser:
    """Set the first password and close the invitation; raises `InvitationUnknown`, `PasswordTooWeak`."""
    user = get_invited(session, token)
    set_password(user, password)
    user.invite_token_hash = None
    user.invite_expires_at = None
    return user


def set_password(user: StaffUser, password: str) -> None:
    """Give the account this password; raises `PasswordTooWeak`."""
    check_password(password)
    user.password_hash = hash_password(password)


def authenticate(session: Session, email: str, password: str) -> StaffUser:
    """The account of this address and password; an unknown address takes the same time. Raises `LoginRefused`."""
    user = queries.find_by_email(session, email)
    is_right = verify_password(user.password_hash if user else None, password)
    if user is None or not is_right:
        raise LoginRefused("Invalid email or password")
    return user
