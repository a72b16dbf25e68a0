"""`comptoir events endpoint`: is Stripe's endpoint as it must be, and what became of it when it was put right."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.settings import get_settings
from app.gateways.errors import VendorFailure
from app.gateways.stripe import get_stripe
from app.ops.compare_endpoint import list_endpoint_faults
from app.ops.repair_endpoint import Repaired, repair_endpoint
from app.ops.set_up_shop import demand_writable_folder
from app.stripe_events.errors import StripeUnanswered

HANDOVER = Path("/var/lib/comptoir/handover/stripe.env")
HandoverOption = Annotated[
    Path,
    typer.Option(
        "--handover",
        help=french_or_english(
            "Où laisser le secret du point d'entrée Stripe, s'il est créé",
            "Where to leave the secret of Stripe's endpoint, if it is created",
        ),
    ),
]


SyncOption = Annotated[
    bool,
    typer.Option("--sync", help=french_or_english("Le corriger, ou le remplacer", "Put it right, or replace it")),
]


def endpoint(sync: SyncOption = False, handover: HandoverOption = HANDOVER, as_json: JsonOption = False) -> None:
    """Compare, or put right first; `comptoir setup` does the latter too."""
    try:
        repaired = _repair(handover) if sync else Repaired()
        faults = list_endpoint_faults(get_stripe(), get_settings())
    except VendorFailure as failure:
        raise StripeUnanswered(failure.code) from None
    is_finished = not faults and repaired.is_finished
    if as_json:
        print_json({"is_as_wanted": is_finished, "faults": faults, **({"sync": show_repair(repaired)} if sync else {})})
    else:
        print_repair(repaired)
        _print_faults(faults, next_step="" if sync else "comptoir events endpoint --sync")
    raise typer.Exit(0 if is_finished else 1)


def _repair(handover: Path) -> Repaired:
    demand_writable_folder(handover)
    with acting_as_caller():
        return repair_endpoint(get_stripe(), get_settings(), handover)


def _print_faults(faults: list[str], next_step: str) -> None:
    if not faults:
        print_line(french_or_english("Le point d'entrée est celui qu'il faut.", "The endpoint is as it must be."))
        return
    print_line("\n".join(faults))
    if next_step:
        print_line(french_or_english(f"Ensuite : {next_step}", f"Next: {next_step}"))


def show_repair(repaired: Repaired) -> dict[str, object]:
    """What was done and what is left, for `--json`; no secret."""
    return {**asdict(repaired), "is_finished": repaired.is_finished}


def print_repair(repaired: Repaired) -> None:
    """The same for a person, with the next command; nothing when there was nothing to do."""
    if repaired.changed:
        print_line(
            french_or_english(
                f"Le point d'entrée {repaired.changed} est corrigé chez Stripe.",
                f"Endpoint {repaired.changed} is put right at Stripe.",
            )
        )
    if repaired.created:
        print_line(
            french_or_english(
                f"Point d'entrée Stripe créé : {repaired.created}.",
                f"Stripe's endpoint was created: {repaired.created}.",
            )
        )
    if repaired.switched_off:
        names = ", ".join(repaired.switched_off)
        print_line(french_or_english(f"Fermé, remplacé : {names}.", f"Switched off, replaced: {names}."))
    _print_next(repaired)


def _print_next(repaired: Repaired) -> None:
    if repaired.waiting_file:
        print_line(
            french_or_english(
                f"Son secret attend dans {repaired.waiting_file}. Sur un serveur déployé la suite est automatique ; "
                "ailleurs : mettez-le dans STRIPE_WEBHOOK_SECRET et l'ancien dans STRIPE_WEBHOOK_SECRET_PREVIOUS (avec "
                "sa fin _UNTIL), redémarrez, puis comptoir events endpoint --sync.",
                f"Its secret waits in {repaired.waiting_file}. On a deployed server the rest follows by itself; "
                "elsewhere: put it into STRIPE_WEBHOOK_SECRET and the old one into STRIPE_WEBHOOK_SECRET_PREVIOUS "
                "(with its end _UNTIL), restart, then comptoir events endpoint --sync.",
            )
        )
    if repaired.still_open:
        names = ", ".join(repaired.still_open)
        print_line(
            french_or_english(
                f"{names} reste ouvert : des processus n'ont pas lu le nouveau secret, ou aucun ne se voit d'ici. "
                "Ensuite : comptoir release restart, puis comptoir events endpoint --sync",
                f"{names} stays open: some processes have not read the new secret, or none is seen from here. "
                "Next: comptoir release restart, then comptoir events endpoint --sync",
            )
        )
