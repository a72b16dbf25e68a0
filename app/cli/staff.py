"""`comptoir staff`: who may log in, by one-time links; the command never sees a password."""

from enum import StrEnum
from typing import Annotated

import typer
from email_validator import EmailNotValidError, validate_email

from app.cli.actor import name_of_caller
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.db import unit_of_work
from app.core.settings import get_settings
from app.staff import queries, service

app = typer.Typer(no_args_is_help=True)


class Role(StrEnum):
    """What an account may do."""

    OWNER = "owner"
    STAFF = "staff"
    READONLY = "readonly"


EmailArgument = Annotated[str, typer.Argument(help=french_or_english("Adresse e-mail", "E-mail address"))]
RoleOption = Annotated[
    Role | None,
    typer.Option(
        "--role",
        help=french_or_english(
            "Son rôle ; sans lui, celui du compte, staff pour un nouveau",
            "What they may do; without it as before, staff for a new account",
        ),
    ),
]


@app.command(
    help=french_or_english(
        "Donner un lien à usage unique : nouveau compte, ou mot de passe perdu.",
        "Give a one-time link: a new account, or a lost password.",
    )
)
def add(email: EmailArgument, role: RoleOption = None, as_json: JsonOption = False) -> None:
    _check_address(email)
    with unit_of_work(name_of_caller()) as session:
        token = service.invite_anew(session, email, role.value if role else None)
    link = f"{get_settings().public_url}/app/invitation/{token}"
    if as_json:
        print_json({"invitation_url": link})
        return
    print_line(french_or_english("Lien à usage unique, trois jours :", "One-time link, three days:"))
    print_line(f"  {link}")


def _check_address(email: str) -> None:
    """An account that nobody can log in to helps nobody."""
    try:
        validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise typer.BadParameter(
            french_or_english("une adresse e-mail : nom@exemple.fr", "an e-mail address: name@example.com")
        ) from None


@app.command(help=french_or_english("Fermer un compte, tout de suite.", "Close an account, at once."))
def remove(email: EmailArgument, as_json: JsonOption = False) -> None:
    with unit_of_work(name_of_caller()) as session:
        service.remove(session, email)
    if as_json:
        print_json({"removed": True})
        return
    print_line(french_or_english("Compte fermé.", "Account closed."))


@app.command("list", help=french_or_english("Qui a un compte.", "Who has an account."))
def list_accounts(as_json: JsonOption = False) -> None:
    with unit_of_work(name_of_caller()) as session:
        rows = [
            {"email": user.email, "role": user.role, "has_password": user.password_hash is not None}
            for user in queries.list_staff(session)
        ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        waits = "" if row["has_password"] else french_or_english("  (lien en attente)", "  (link not used yet)")
        print_line(f"{row['email']}  {row['role']}{waits}")
