"""The page behind the one-time link of `comptoir setup`: the owner chooses a password."""

from typing import Annotated

from fastapi import Form
from fastapi.responses import HTMLResponse

from app.admin.pages import render_page
from app.core.db import SessionDep
from app.core.http import ANYONE
from app.core.http import router as make_router
from app.staff import service
from app.staff.errors import InvitationUnknown, PasswordTooWeak
from app.staff.rules import PASSWORD_MINIMUM

# The 256 random bits in the address are the right to be here.
router = make_router(ANYONE, prefix="/app/invitation")


@router.get("/{token}", response_class=HTMLResponse)
def show_invitation(token: str, session: SessionDep) -> HTMLResponse:
    """The form, or a sentence that says how to get another link."""
    try:
        user = service.get_invited(session, token)
    except InvitationUnknown:
        return _expired()
    return render_page("invitation.html", email=user.email, problem=None, minimum=PASSWORD_MINIMUM)


@router.post("/{token}", response_class=HTMLResponse)
def accept_invitation(token: str, session: SessionDep, password: Annotated[str, Form()] = "") -> HTMLResponse:
    """Keep the password and close the link; a weak password changes nothing and shows the form again."""
    try:
        user = service.accept_invitation(session, token, password)
    except InvitationUnknown:
        return _expired()
    except PasswordTooWeak as refusal:
        email = service.get_invited(session, token).email
        return render_page("invitation.html", 400, email=email, problem=refusal.message, minimum=PASSWORD_MINIMUM)
    return render_page(
        "message.html",
        title="Votre mot de passe est enregistré",
        text=f"Il ouvre le compte {user.email}. Vous pouvez fermer cette page.",
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
