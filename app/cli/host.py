"""`comptoir host`: on which machines the shop takes commands."""

from typing import Annotated

import typer

from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.db import unit_of_work
from app.ops.models import HostSeal
from app.ops.seal_host import list_seals, read_machine_hash, seal_host, unseal_hosts

app = typer.Typer(no_args_is_help=True)

ReasonOption = Annotated[str, typer.Option("--reason", min=1, help=french_or_english("Pourquoi", "Why"))]
AloneOption = Annotated[
    bool, typer.Option("--alone", help=french_or_english("Retirer les autres machines", "Take the others away"))
]


@app.command(
    help=french_or_english(
        "Accepter les commandes données sur cette machine : après un déménagement, une restauration.",
        "Take commands given on this machine: after a move, after a restore.",
    )
)
def seal(reason: ReasonOption, alone: AloneOption = False, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        found = seal_host(session, reason)
        taken = unseal_hosts(session, reason) if alone else 0
    if as_json:
        print_json({**_describe(found), "others_taken_away": taken})
        return
    print_line(french_or_english(f"{found.name} prend les commandes.", f"{found.name} takes commands."))


@app.command("list", help=french_or_english("Les machines de la boutique.", "The shop's machines."))
def list_all(as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        found = list_seals(session)
    if as_json:
        print_json([_describe(each) for each in found])
        return
    for each in found:
        here = french_or_english("  (ici)", "  (here)") if each.machine_hash == read_machine_hash() else ""
        print_line(f"{each.sealed_at:%Y-%m-%d %H:%M}  {each.name}  {each.sealed_by}  {each.reason}{here}")
    if not found:
        print_line(french_or_english("Aucune : comptoir setup scelle la première.", "None: comptoir setup seals one."))


def _describe(found: HostSeal) -> dict[str, object]:
    return {
        "name": found.name,
        "is_here": found.machine_hash == read_machine_hash(),
        "reason": found.reason,
        "sealed_by": found.sealed_by,
        "sealed_at": found.sealed_at,
    }
