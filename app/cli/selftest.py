"""`comptoir selftest`: prove after a deploy or a rotation that payments are heard of and that mails arrive.

No shop is changed by it: no order, no money, no stock. No secret and no address is shown or taken as an argument.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

import typer

from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.mail import ADVICE, OUTAGE, SENDER_ADVICE, ask_for_address, read_contact, send_test_mail
from app.cli.output import JsonOption, print_json, print_line
from app.cli.selftest_words import MARKS, TITLES, TOLD_ADVICE, WEBHOOK_ADVICE
from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.settings import Settings, get_settings
from app.gateways.errors import VendorFailure
from app.gateways.stripe import get_stripe
from app.notifications.queries import list_told_events
from app.ops.jobs import read_sender_standing
from app.ops.prove_webhook import Step, compare_secret, compute_fingerprint, prove_webhook
from app.ops.rules import SENDER_VERIFIED

app = typer.Typer(no_args_is_help=True)

# Where the web processes listen behind nginx.
WEB_ADDRESS = "http://127.0.0.1:9000"
POLL_SECONDS = 0.5
NOT_DELIVERED = ("hard_bounce", "soft_bounce", "blocked", "invalid_email", "spam", "error")
MOST_SECONDS = 600
Advice = Mapping[str, tuple[str, str]]
EMAIL_ADVICE: Advice = {**ADVICE, **SENDER_ADVICE, **TOLD_ADVICE}

CompareOption = Annotated[
    bool,
    typer.Option(
        "--compare",
        help=french_or_english(
            "Demander aussi le secret que montre Stripe, et le comparer ; il n'est ni affiché ni gardé",
            "Ask for the secret that Stripe shows as well, and compare it; it is neither shown nor kept",
        ),
    ),
]


def read_address(given: str) -> str:
    """An address one can connect to; raises `typer.BadParameter`, which shows nothing of it."""
    with suppress(ValueError):
        parts = urlsplit(given)
        if parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port):
            return given
    raise typer.BadParameter("http://127.0.0.1:9000")


BehindOption = Annotated[
    str,
    typer.Option(
        "--behind", callback=read_address, help=french_or_english("La boutique sans nginx", "The shop without nginx")
    ),
]
AskOption = Annotated[
    bool,
    typer.Option(
        "--ask",
        help=french_or_english(
            "Demander une adresse ; sinon l'essai va au contact de la boutique",
            "Ask for an address; otherwise the test goes to the shop's contact",
        ),
    ),
]
WaitOption = Annotated[
    int,
    typer.Option(
        "--wait",
        min=0,
        max=MOST_SECONDS,
        help=french_or_english("Secondes pendant lesquelles Brevo est écouté", "Seconds during which Brevo is heard"),
    ),
]


@app.command(
    help=french_or_english(
        "Prouver le chemin du webhook de Stripe, avec le vrai secret, par l'adresse publique ; sortie 1 sinon.",
        "Prove the way of Stripe's webhook, with the real secret, by the public address; exit 1 if not.",
    )
)
def payment(compare: CompareOption = False, behind: BehindOption = WEB_ADDRESS, as_json: JsonOption = False) -> None:
    settings = get_settings()
    compared = [compare_secret(_ask_for_secret(), settings)] if compare else []
    with acting_as_caller():
        proof = prove_webhook(get_stripe(), settings, behind)
        steps = [*compared, *proof.steps]
        _note("selftest.payment", proof.event_id, steps)
    if not as_json:
        print_line(_describe_secrets(settings))
    document = {"event_id": proof.event_id, "secrets": _fingerprints(settings)}
    _end(steps, WEBHOOK_ADVICE, document, as_json=as_json)


@app.command(
    help=french_or_english(
        "Envoyer un e-mail d'essai et dire ce que Brevo en a fait, expéditeur compris ; sortie 1 en cas d'échec.",
        "Send a test mail and say what Brevo did with it, the sender included; exit 1 when something fails.",
    )
)
def email(ask: AskOption = False, wait: WaitOption = 60, as_json: JsonOption = False) -> None:
    address = ask_for_address(read_contact()) if ask else read_contact()
    with acting_as_caller():
        steps = [_prove_sender()]
        message = send_test_mail(address)
        steps.append(Step("sent", "ok" if message.state == "sent" else "failed", message.error_code or ""))
        if message.state == "sent" and wait:
            steps.append(_wait_for_news(message.id, timedelta(seconds=wait)))
        _note("selftest.email", message.id, steps)
    _end(steps, EMAIL_ADVICE, {"message_id": message.id}, as_json=as_json)


def _ask_for_secret() -> str:
    """Typed unseen, or one line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    return str(typer.prompt(french_or_english("Secret chez Stripe", "Secret at Stripe"), hide_input=True, err=True))


def _prove_sender() -> Step:
    try:
        standing = read_sender_standing()
    except VendorFailure as failure:
        return Step("sender", "failed", failure.code)
    return Step("sender", "ok") if standing == SENDER_VERIFIED else Step("sender", "failed", standing)


def _wait_for_news(message_id: str, patience: timedelta) -> Step:
    """What Brevo's webhook tells of the test: its end, or how far it came when the time is over."""
    ends_at = utc_now() + patience
    while True:
        with unit_of_work() as session:
            told = list_told_events(session, message_id)
        if "delivered" in told:
            return Step("told", "ok", value="delivered")
        lost = [event for event in NOT_DELIVERED if event in told]
        if lost:
            return Step("told", "failed", "not_delivered", lost[0])
        if utc_now() >= ends_at:
            on_its_way = Step("told", "unproven", "on_its_way", ", ".join(sorted(told)))
            return on_its_way if told else Step("told", "failed", "webhook_silent")
        time.sleep(POLL_SECONDS)


def _note(act: str, subject: str, steps: Sequence[Step]) -> None:
    with unit_of_work() as session:
        record_audit(session, act, subject, {"steps": {step.name: step.code or step.status for step in steps}})


def _end(steps: Sequence[Step], advice: Advice, document: Mapping[str, object], *, as_json: bool) -> NoReturn:
    """Show what was tried, and end: 1 if something failed."""
    is_kept = all(step.status != "failed" for step in steps)
    if as_json:
        print_json({"is_kept": is_kept, **document, "steps": [_as_json(step, advice) for step in steps]})
    else:
        _print_steps(steps, advice)
    raise typer.Exit(0 if is_kept else 1)


def _fingerprints(settings: Settings) -> dict[str, str | None]:
    current, *previous = map(compute_fingerprint, settings.webhook_secrets(utc_now()))
    return {"current": current, "previous": next(iter(previous), None)}


def _describe_secrets(settings: Settings) -> str:
    found, until = _fingerprints(settings), settings.stripe_webhook_secret_previous_until
    line = french_or_english(f"Secret du webhook : {found['current']}", f"Webhook secret: {found['current']}")
    if found["previous"] is None or until is None:
        return line
    when = f"{found['previous']}, {until:%Y-%m-%d %H:%M}Z"
    return f"{line} {french_or_english(f'(précédent, jusqu’à : {when})', f'(previous, until: {when})')}"


def _as_json(step: Step, advice: Advice) -> dict[str, object]:
    return {**asdict(step), "title": french_or_english(*TITLES[step.name]), "next": _advise(step, advice)}


def _advise(step: Step, advice: Advice) -> str:
    return "" if step.status == "ok" else french_or_english(*advice.get(step.code, OUTAGE))


def _print_steps(steps: Sequence[Step], advice: Advice) -> None:
    for step in steps:
        said = " ".join(each for each in (step.code, step.value) if each)
        title = french_or_english(*TITLES[step.name])
        print_line(f"{french_or_english(*MARKS[step.status])}  {title}{f' [{said}]' if said else ''}")
        if step.status != "ok":
            print_line(f"  → {_advise(step, advice)}")
