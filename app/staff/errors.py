"""Refusals about the people who work here."""

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
