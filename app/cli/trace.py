"""`comptoir trace`: what happened to a payment, an order, an event or a request, and what to do about it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english, speaks_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.words import Words
from app.runbook.trace import Trace, trace, trace_person
from app.runbook.trace_log import LOG_FOLDER
from app.runbook.trace_words import KINDS

app = typer.Typer()

NamedArgument = Annotated[
    str,
    typer.Argument(
        help=french_or_english(
            "evt_, cs_, pi_, re_, commande (numéro ou identifiant), panier, requête",
            "evt_, cs_, pi_, re_, order (number or id), cart, request",
        )
    ),
]
EmailOption = Annotated[
    bool,
    typer.Option(
        "--email",
        help=french_or_english(
            "Chercher par l'adresse du client, demandée au clavier : jamais sur la ligne de commande",
            "Search by the customer's address, asked for at the keyboard: never on the command line",
        ),
    ),
]
LogsOption = Annotated[
    Path,
    typer.Option(
        "--logs", help=french_or_english("Dossier des journaux de l'application", "Folder of the application's logs")
    ),
]


@app.callback(
    invoke_without_command=True,
    context_settings={"allow_interspersed_args": True},  # options may follow the id
    help=french_or_english(
        "Dire ce qu'est devenu un paiement, et quoi faire. Ne change rien ; sortie 1 s'il y a à faire.",
        "Say what became of a payment, and what to do. Changes nothing; exit 1 when there is something to do.",
    ),
)
def show(
    named: NamedArgument = "", email: EmailOption = False, logs: LogsOption = LOG_FOLDER, as_json: JsonOption = False
) -> None:
    if "@" in named:
        raise typer.BadParameter(
            french_or_english("une adresse se tape après --email.", "an address is typed after --email.")
        )
    if email == bool(named):
        raise typer.BadParameter(french_or_english("un identifiant, ou --email.", "an id, or --email."))
    with acting_as_caller():
        traces = trace_person(_ask_for_address(), logs) if email else [trace(named, logs)]
    if as_json:
        print_json([_as_json(each) for each in traces] if email else _as_json(traces[0]))
    else:
        _print(traces)
    raise typer.Exit(0 if traces and all(each.verdict.is_quiet for each in traces) else 1)


def _ask_for_address() -> str:
    """From the keyboard or a pipe; it is in no argument, no log and no answer."""
    if sys.stdin.isatty():
        sys.stderr.write(french_or_english("Adresse e-mail du client : ", "Customer's e-mail address: "))
        sys.stderr.flush()
    return sys.stdin.readline()


def _print(traces: list[Trace]) -> None:
    if not traces:
        print_line(french_or_english("Rien sous cette adresse.", "Nothing under this address."))
    for each in traces:
        print_line(f"{each.named}  {_title(each)}".rstrip())
        for entry in each.timeline if len(traces) == 1 else ():
            said = f"{_text(KINDS[entry.kind]):10}{_text(entry.what)}  {_text(entry.detail)}"
            print_line(f"  {entry.at:%Y-%m-%d %H:%M:%S}  {said}".rstrip())
        print_line(f"  = {each.verdict.code} : {_text(each.advice.sentence)}")
        print_line(f"  → {_text(each.advice.next_step)}")


def _title(found: Trace) -> str:
    order = french_or_english("commande", "order")
    return f"{order} #{found.display_id} {found.order_id}" if found.order_id else found.cart_id or ""


def _text(words: Words) -> str:
    return words.en if speaks_english() else words.fr


def _as_json(found: Trace) -> dict[str, object]:
    return {
        "named": found.named,
        "verdict": found.verdict.code,
        "about": found.verdict.about,
        "sentence": _text(found.advice.sentence),
        "next": _text(found.advice.next_step),
        "order_id": found.order_id,
        "display_id": found.display_id,
        "cart_id": found.cart_id,
        "timeline": [
            {"at": entry.at, "kind": entry.kind, "what": entry.what.en, "detail": entry.detail.en}
            for entry in found.timeline
        ],
    }
