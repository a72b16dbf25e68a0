"""`comptoir checkout`: stop taking payments, take them again; whether customers can pay, and what the last outage was.

Whoever has paid already still gets their order, and Stripe's events are applied as always.
"""

from datetime import datetime, timedelta
from typing import Annotated, cast

import typer

from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.cli.since import UNITS, WHILE
from app.core.clock import utc_now
from app.core.db import Json, unit_of_work
from app.ops.checkout_gate import close_checkout, open_checkout
from app.ops.queries import read_checkout_state
from app.shop.rules import BUSINESS_TIME

app = typer.Typer(no_args_is_help=True)

ReasonOption = Annotated[
    str, typer.Option("--reason", help=french_or_english("Pourquoi, pour l'audit", "Why, for the audit"))
]
ForOption = Annotated[
    str,
    typer.Option("--for", help=french_or_english("Combien de temps : 30m, 2h, 1d", "For how long: 30m, 2h, 1d")),
]


@app.command(
    help=french_or_english(
        "Ne plus prendre de paiement, dès l'appel suivant ; catalogue, paniers et webhooks continuent.",
        "Take no more payments, from the next call on; catalogue, carts and webhooks go on.",
    )
)
def close(reason: ReasonOption, closed_for: ForOption = "", as_json: JsonOption = False) -> None:
    if not reason.strip():
        raise typer.BadParameter(french_or_english("une raison, s'il vous plaît", "a reason, please"))
    ends_at = utc_now() + _read_while(closed_for) if closed_for else None
    with acting_as_caller(), unit_of_work() as session:
        close_checkout(session, reason.strip(), ends_at)
    if as_json:
        print_json({"is_open": False, "until": ends_at and ends_at.isoformat()})
        return
    until = french_or_english("jusqu'à", "until") + f" {_show(ends_at)}" if ends_at else ""
    print_line(french_or_english("Paiement fermé", "Checkout closed") + (f" {until}." if until else "."))
    print_line(french_or_english("Pour rouvrir : comptoir checkout open", "To open again: comptoir checkout open"))


@app.command("open", help=french_or_english("Prendre de nouveau les paiements.", "Take payments again."))
def open_again(as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        was_closed = open_checkout(session)
    if as_json:
        print_json({"is_open": True, "was_closed": was_closed})
    elif was_closed:
        print_line(french_or_english("Paiement ouvert.", "Checkout open."))
    else:
        print_line(french_or_english("Le paiement était déjà ouvert.", "The checkout was open already."))


@app.command(
    help=french_or_english(
        "Dire si les clients peuvent payer, et ce que fut la dernière coupure de Stripe.",
        "Say whether customers can pay, and what the last outage of Stripe was.",
    )
)
def status(as_json: JsonOption = False) -> None:
    with unit_of_work() as session:
        state = read_checkout_state(session)
    if as_json:
        print_json(state.as_json())
        return
    for line in _describe_closure(state.closure) + _describe_outage(state.outage, state.last_outage):
        print_line(line)


def _describe_closure(closure: Json | None) -> list[str]:
    if closure is None:
        return [french_or_english("Paiement ouvert.", "Checkout open.")]
    until = closure["until"]
    ends = _show(datetime.fromisoformat(str(until))) if until else french_or_english("nouvel ordre", "further notice")
    since = _show(datetime.fromisoformat(str(closure["since"])))
    return [
        french_or_english(
            f"Paiement FERMÉ depuis {since}, jusqu'à {ends}, par {closure['actor']} : {closure['reason']}",
            f"Checkout CLOSED since {since}, until {ends}, by {closure['actor']}: {closure['reason']}",
        ),
        french_or_english("Pour rouvrir : comptoir checkout open", "To open again: comptoir checkout open"),
    ]


def _describe_outage(outage: Json | None, last: Json | None) -> list[str]:
    if outage is not None:
        since = _show(datetime.fromisoformat(str(outage["since"])))
        return [
            french_or_english(
                f"Stripe ne répond PAS depuis {since} ({outage['code']}) : réessayé toutes les 30 s, rien à faire ici.",
                f"Stripe does NOT answer since {since} ({outage['code']}): tried every 30 s, nothing to do here.",
            )
        ]
    lines = [french_or_english("Stripe répond.", "Stripe answers.")]
    if last is None:
        return lines
    began_at, ended_at = (_show(datetime.fromisoformat(str(last[name]))) for name in ("began_at", "ended_at"))
    numbers = cast(list[int], last["orders"])
    orders = ", ".join(map(str, numbers)) or french_or_english("aucune", "none")
    return [
        *lines,
        french_or_english(
            f"Dernière coupure : du {began_at} au {ended_at} ({last['code']}), {last['refused']} appels refusés, "
            f"{last['left_open']} tentatives sans réponse, commandes touchées : {orders}.",
            f"Last outage: from {began_at} to {ended_at} ({last['code']}), {last['refused']} calls refused, "
            f"{last['left_open']} attempts unanswered, orders touched: {orders}.",
        ),
    ]


def _read_while(given: str) -> timedelta:
    found = WHILE.fullmatch(given)
    if found is None:
        raise typer.BadParameter(french_or_english("une durée : 30m, 2h, 1d", "a while: 30m, 2h, 1d"))
    return int(found[1]) * UNITS[found[2]]


def _show(instant: datetime) -> str:
    return f"{instant.astimezone(BUSINESS_TIME):%Y-%m-%d %H:%M} (Paris)"
