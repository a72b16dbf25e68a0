"""`comptoir mail`: what became of the mails, a test, and what to do when they do not arrive. No address is shown."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from app.cli.actor import name_of_caller
from app.cli.language import french_or_english, speaks_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.clock import utc_now
from app.core.context import acting_as
from app.core.db import unit_of_work
from app.core.settings import get_settings
from app.notifications import queries
from app.notifications.jobs import send
from app.notifications.models import Message
from app.notifications.queries import Wanted
from app.notifications.retry_message import (
    SHOWN_OF_HASH,
    Retried,
    allow_address,
    queue_test,
    retry_dead,
    retry_message,
)
from app.notifications.service import describe_shop
from app.notifications.watch_bounces import MailFigures, read_figures
from app.ops.jobs import read_sender_standing
from app.ops.rules import SENDER_VERIFIED

app = typer.Typer(no_args_is_help=True)

MOST_SHOWN = 200


class State(StrEnum):
    """Where a mail stands."""

    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"
    SUPPRESSED = "suppressed"


# What to do about a code, French then English; any other speaks for itself in docs/mail.md.
ADVICE = {
    "unauthorized": (
        "Brevo refuse la clé : corrigez BREVO_API_KEY, ou autorisez l'adresse de ce serveur chez Brevo.",
        "Brevo refuses the key: correct BREVO_API_KEY, or authorise this server's address at Brevo.",
    ),
    "permission_denied": (
        "Brevo n'autorise pas l'envoi pour ce compte ou cette adresse de serveur : voir son tableau de bord.",
        "Brevo does not let this account or this server's address send: see its dashboard.",
    ),
    "not_enough_credits": (
        "le quota Brevo du jour est épuisé : l'envoi reprend à minuit, ou changez d'offre.",
        "Brevo's quota of the day is used up: sending goes on at midnight, or change the plan.",
    ),
    "suppressed": (
        "cette adresse est bloquée après un rejet : comptoir mail allow la débloque.",
        "this address is suppressed since it bounced: comptoir mail allow lets it have mail.",
    ),
    "invalid_parameter": (
        "Brevo refuse l'adresse ou l'expéditeur : vérifiez BREVO_SENDER_EMAIL et l'adresse donnée.",
        "Brevo refuses the address or the sender: check BREVO_SENDER_EMAIL and the address given.",
    ),
}
SENDER_ADVICE = {
    "unverified": (
        "Brevo attend la preuve que l'adresse est la vôtre : ouvrir son courriel, ou Brevo > Senders > Verify.",
        "Brevo waits for the proof that the address is yours: open its mail, or Brevo > Senders > Verify.",
    ),
    "unknown": (
        "Brevo ne connaît pas BREVO_SENDER_EMAIL : comptoir setup l'y inscrit.",
        "Brevo does not know BREVO_SENDER_EMAIL: comptoir setup registers it.",
    ),
}
OUTAGE = (
    "Brevo ne répond pas : l'envoi est retenté tout seul, rien n'est perdu.",
    "Brevo does not answer: sending is tried again by itself, nothing is lost.",
)
REFUSED = (
    "Brevo refuse ce message pour de bon, le code dit pourquoi : corrigez, puis refaites un essai.",
    "Brevo refuses this message for good, the code says why: put it right, then test again.",
)

StateOption = Annotated[State | None, typer.Option("--state", help=french_or_english("Son état", "Its state"))]
TemplateOption = Annotated[str, typer.Option("--template", help=french_or_english("Son modèle", "Its template"))]
CountOption = Annotated[int, typer.Option("-n", min=1, max=MOST_SHOWN, help=french_or_english("Combien", "How many"))]
MessageArgument = Annotated[str, typer.Argument(help=french_or_english("Le message, msg_...", "The message, msg_..."))]
DeadOption = Annotated[
    bool, typer.Option("--dead", help=french_or_english("Tous ceux qui sont abandonnés", "All that were given up"))
]
ToOption = Annotated[
    str,
    typer.Option(
        "--to",
        help=french_or_english(
            "L'adresse ; mieux vaut la laisser demander : une ligne de commande se lit dans les journaux",
            "The address; better be asked for it: a command line is read in logs",
        ),
    ),
]


@app.command(
    "test",
    help=french_or_english(
        "Envoyer un e-mail d'essai, tout de suite, et dire ce que Brevo en a fait.",
        "Send a test mail, now, and say what Brevo did with it.",
    ),
)
def send_test(to: ToOption = "", as_json: JsonOption = False) -> None:
    address = to or ask_for_address(read_contact())
    with acting_as(name_of_caller()):
        message = send_test_mail(address)
    if as_json:
        print_json(_as_json(message, None))
    else:
        print_line(_explain(message))
    raise typer.Exit(0 if message.state == "sent" else 1)


@app.command(
    help=french_or_english(
        "Dire si Brevo laisse écrire sous l'adresse de la boutique ; sortie 1 sinon.",
        "Say whether Brevo lets the shop write under its address; exit 1 when it does not.",
    )
)
def sender(as_json: JsonOption = False) -> None:
    standing = read_sender_standing()
    if as_json:
        print_json({"standing": standing})
    elif standing == SENDER_VERIFIED:
        print_line(french_or_english("L'expéditeur est vérifié chez Brevo.", "The sender is verified at Brevo."))
    else:
        print_line(f"{standing} : {french_or_english(*SENDER_ADVICE[standing])}")
    raise typer.Exit(0 if standing == SENDER_VERIFIED else 1)


def read_contact() -> str:
    """The shop's own address."""
    with unit_of_work() as session:
        return str(describe_shop(session)["contact_email"])


def ask_for_address(proposed: str) -> str:
    """Typed at the terminal, or a line of standard input; nothing typed means the proposed one."""
    return str(typer.prompt(french_or_english("Adresse", "Address"), default=proposed, err=True))


def send_test_mail(address: str) -> Message:
    """Send a test there, now; the message as it is after the attempt. No transaction may be open."""
    with unit_of_work() as session:
        message_id = queue_test(session, address.strip(), "en" if speaks_english() else "fr")
    send(message_id)
    with unit_of_work() as session:
        return queries.get_message(session, message_id)


@app.command("list", help=french_or_english("Les derniers e-mails, sans adresse.", "The newest mails, no address."))
def list_mails(
    state: StateOption = None, template: TemplateOption = "", n: CountOption = 20, as_json: JsonOption = False
) -> None:
    with unit_of_work() as session:
        found = queries.list_messages(session, Wanted(state.value if state else None, template or None, n))
        told = queries.list_last_events(session, [message.id for message in found])
    if as_json:
        print_json([_as_json(message, told.get(message.id)) for message in found])
        return
    for message in found:
        news = " ".join(word for word in (message.error_code, told.get(message.id)) if word)
        print_line(
            f"{message.created_at:%Y-%m-%d %H:%M}Z  {message.state:10} {message.template:18} {message.id}  {news}"
        )


@app.command(
    help=french_or_english(
        "L'état de l'envoi : file, quota du jour, rejets.", "How mail is: queue, quota of the day, bounces."
    )
)
def stats(as_json: JsonOption = False) -> None:
    with unit_of_work() as session:
        figures = read_figures(session, utc_now(), get_settings().brevo_daily_quota)
    if as_json:
        print_json({**asdict(figures), "health": figures.health})
        return
    for line in _describe(figures):
        print_line(line)


@app.command(
    help=french_or_english(
        "Relancer un e-mail abandonné, ou tous (--dead) ; un lien périmé ne repart pas.",
        "Have a mail leave again that was given up, or all of them (--dead); a link that is over does not.",
    )
)
def retry(message: MessageArgument = "", dead: DeadOption = False, as_json: JsonOption = False) -> None:
    if bool(message) == dead:
        raise typer.BadParameter(french_or_english("un message, ou --dead", "one message, or --dead"))
    with unit_of_work(name_of_caller()) as session:
        if message:
            retry_message(session, message)
        retried = retry_dead(session) if dead else Retried(1, 0)
    if as_json:
        print_json(asdict(retried))
        return
    print_line(french_or_english(f"Relancés : {retried.count}.", f"Leaving again: {retried.count}."))
    if retried.left:
        print_line(french_or_english(f"Périmés, laissés : {retried.left}.", f"Over, left alone: {retried.left}."))


@app.command(
    help=french_or_english(
        "Les adresses bloquées après un rejet : leur empreinte, pourquoi, depuis quand.",
        "The addresses suppressed since a bounce: their hash, why, since when.",
    )
)
def suppressions(as_json: JsonOption = False) -> None:
    with unit_of_work() as session:
        found = queries.list_suppressions(session)
    if as_json:
        print_json([{"hash": each.address_hash, "reason": each.reason, "since": each.since_at} for each in found])
        return
    for each in found:
        print_line(f"{each.since_at:%Y-%m-%d %H:%M}Z  {each.reason:14} {each.address_hash[:SHOWN_OF_HASH]}")


@app.command(
    help=french_or_english(
        "Débloquer une adresse : elle est demandée, jamais donnée sur la ligne de commande.",
        "Let an address have mail again: it is asked for, never given on the command line.",
    )
)
def allow(as_json: JsonOption = False) -> None:
    address = typer.prompt(french_or_english("Adresse", "Address"), err=True)
    with unit_of_work(name_of_caller()) as session:
        reason = allow_address(session, address)
    if as_json:
        print_json({"allowed": True, "reason": reason})
        return
    print_line(french_or_english(f"Adresse débloquée (était : {reason}).", f"Address allowed (was: {reason})."))


def _as_json(message: Message, told: str | None) -> dict[str, object]:
    shown = ("id", "template", "object_id", "state", "attempts", "error_code", "created_at", "sent_at", "expires_at")
    found = {name: getattr(message, name) for name in (*shown, "provider_message_id")}
    return {**found, "told": told}


def _explain(message: Message) -> str:
    if message.state == "sent":
        return french_or_english(
            "Brevo a accepté le message : il doit arriver d'ici une minute (voir aussi les indésirables).",
            "Brevo took the message: it should arrive within a minute (look among the junk too).",
        )
    code = message.error_code or "?"
    advice = ADVICE.get(code, REFUSED if message.state == "dead" else OUTAGE)
    return f"{message.state} ({code}) : {french_or_english(*advice)}"


def _describe(figures: MailFigures) -> list[str]:
    waits = f", {figures.code}, {figures.since_at:%Y-%m-%d %H:%M}Z" if figures.gate != "open" else ""
    day, week = (f"{each.rate:.1%} / {each.requests}" for each in (figures.day, figures.week))
    rates = french_or_english(f"24 h : {day}, 7 j : {week}", f"24 h: {day}, 7 d: {week}")
    states = ", ".join(f"{state} {count}" for state, count in sorted(figures.states.items()))
    return [
        french_or_english(f"État : {figures.health}", f"Health: {figures.health}"),
        french_or_english(f"File : {figures.gate}{waits}", f"Queue: {figures.gate}{waits}"),
        french_or_english(
            f"Quota du jour : {figures.used_today} / {figures.quota}",
            f"Quota of the day: {figures.used_today} / {figures.quota}",
        ),
        french_or_english(f"Rejets ({figures.bounce_level}) {rates}", f"Bounces ({figures.bounce_level}) {rates}"),
        french_or_english(
            f"Adresses bloquées : {figures.suppressed_addresses}",
            f"Suppressed addresses: {figures.suppressed_addresses}",
        ),
        f"Messages : {states}",
    ]
