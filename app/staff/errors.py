"""Refusals about the people who work here."""

from collections.abc import Sequence

from app.core.errors import Refusal


class InvitationUnknown(Refusal):
    """The link was used, replaced or has expired."""

    status = 404
    type = "not_found"
    code = "invitation_unknown"


class PasswordTooWeak(Refusal):
    """The password could be guessed."""

    status = 400
    type = "invalid_data"
    code = "password_too_weak"


class LoginRefused(Refusal):
    """The same words for an unknown address and a wrong password."""

    status = 401
    type = "unauthorized"
    code = "login_refused"


class StaffUnknown(Refusal):
    """No such account."""

    status = 404
    type = "not_found"
    code = "staff_unknown"


class LastOwner(Refusal):
    """A shop without an owner could not be run any more."""

    status = 409
    type = "not_allowed"
    code = "last_owner"


class NotForThisRole(Refusal):
    """The account is known, and may not do this."""

    status = 403
    type = "not_allowed"
    code = "not_for_this_role"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(
            f"Your account may not do this: it takes the role {' or '.join(allowed)}. "
            "Ask an owner of the shop (comptoir staff add EMAIL --role ROLE)."
        )


class InviteNotFound(Refusal):
    """Nobody was invited under this id, or the link was used."""

    status = 404
    type = "not_found"
    code = "invite_not_found"


class AccountExists(Refusal):
    """Who has a password needs no invite."""

    type = "invalid_data"
    code = "account_exists"
    default_message = "A user account with this email exists already. For a lost password: comptoir staff add EMAIL."
