"""`comptoir setup`: what a fresh shop needs, from one file; may be run again."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.actor import acting_as_caller, name_of_caller
from app.cli.endpoint import HANDOVER, HandoverOption, print_repair, show_repair
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.db import unit_of_work
from app.core.settings import get_settings
from app.gateways.errors import VendorFailure
from app.gateways.stripe import get_stripe
from app.ops import set_up_shop as steps
from app.ops.repair_endpoint import Repaired, repair_endpoint

app = typer.Typer()

FileOption = Annotated[
    Path, typer.Option("--file", help=french_or_english("Le fichier de la boutique (TOML)", "The shop's file (TOML)"))
]


@app.callback(
    invoke_without_command=True,
    help=french_or_english("Préparer une boutique neuve, d'après un fichier.", "Set up a fresh shop, from a file."),
)
def setup(
    file: FileOption = Path("/etc/comptoir/setup.toml"),
    handover: HandoverOption = HANDOVER,
    as_json: JsonOption = False,
) -> None:
    wanted = steps.read_setup_file(file)
    steps.demand_writable_folder(handover)
    settings = get_settings()
    with unit_of_work(name_of_caller()) as session:
        result = steps.set_up_shop(session, wanted, settings)
    try:
        with acting_as_caller():
            repaired = repair_endpoint(get_stripe(), settings, handover)
    except VendorFailure as failure:
        raise steps.SetupRefused(
            f"la boutique est prête, mais Stripe a répondu {failure.code} : relancez comptoir setup. / "
            f"the shop is ready, but Stripe answered {failure.code}: run comptoir setup again."
        ) from None
    _print_result(result, repaired, as_json)


def _print_result(result: steps.SetupResult, repaired: Repaired, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "publishable_key": result.publishable_key,
                "invitation_url": result.invitation_url,
                "handover": repaired.waiting_file,
                "endpoint": show_repair(repaired),
            }
        )
        return
    print_line(french_or_english(f"Clé de la boutique : {result.publishable_key}", f"Key: {result.publishable_key}"))
    if result.invitation_url:
        print_line(french_or_english("Lien du premier compte, trois jours :", "First owner's link, three days:"))
        print_line(f"  {result.invitation_url}")
    print_repair(repaired)
