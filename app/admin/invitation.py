"""The page behind the one-time link of `comptoir setup`: the owner chooses a password."""

from typing import Annotated

from fastapi import Form
from fastapi.responses import HTMLResponse

from app.admin.pages import render_page
from app.core.api_document import Document
from app.core.auth import hash_password
from app.core.db import SessionDep, unit_of_work
from app.core.http import ANYONE
from app.core.http import router as make_router
from app.staff import service
from app.staff.errors import InvitationUnknown, PasswordTooWeak
from app.staff.rules import PASSWORD_MINIMUM, check_password

# The 256 random bits in the address are the right to be here.
router = make_router(ANYONE, prefix="/app/invitation")
password_router = make_router(ANYONE, prefix="/app/invitation", hashes_passwords=True)
# Here a refusal is a page too.
PAGE: Document = {"content": {"text/html": {}}}


@router.get("/{token}", response_class=HTMLResponse, responses={404: PAGE})
def show_invitation(token: str, session: SessionDep) -> HTMLResponse:
    """The form, or a sentence that says how to get another link."""
    try:
        user = service.get_invited(session, token)
    except InvitationUnknown:
        return _expired()
    return render_page("invitation.html", email=user.email, problem=None, minimum=PASSWORD_MINIMUM)


@password_router.post("/{token}", response_class=HTMLResponse, responses={400: PAGE, 404: PAGE})
def accept_invitation(token: str, password: Annotated[str, Form()] = "") -> HTMLResponse:
    """Keep the password and close the link; a weak password changes nothing and shows the form again."""
    try:
        with unit_of_work() as session:
            email = service.get_invited(session, token).email
        check_password(password)
        password_hash = hash_password(password)
        with unit_of_work() as session:
            service.accept_invitation(session, token, password_hash)
    except InvitationUnknown:
        return _expired()
    except PasswordTooWeak as refusal:
        return render_page("invitation.html", 400, email=email, problem=refusal.message, minimum=PASSWORD_MINIMUM)
    return render_page(
        "message.html",
        title="Votre mot de passe est enregistré",
        text=f"Il ouvre le compte {email}. Vous pouvez fermer cette page.",
        english="Your password is saved. You may close this page.",
    )


def _expired() -> HTMLResponse:
    return render_page(
        "message.html",
        404,
        title="Ce lien ne vaut plus",
        text="Il a déjà servi ou a plus de trois jours. Sur le serveur, comptoir staff add en donne un autre.",
        english="This link was used or is older than three days. On the server, comptoir staff add gives another.",
    )
