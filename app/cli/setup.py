"""`comptoir setup`: what a fresh shop needs, from one file; may be run again."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.actor import name_of_caller
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.db import unit_of_work
from app.core.settings import get_settings
from app.gateways.errors import VendorFailure
from app.gateways.stripe import get_stripe
from app.ops import set_up_shop as steps

app = typer.Typer()

FileOption = Annotated[
    Path, typer.Option("--file", help=french_or_english("Le fichier de la boutique (TOML)", "The shop's file (TOML)"))
]
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


@app.callback(
    invoke_without_command=True,
    help=french_or_english("Préparer une boutique neuve, d'après un fichier.", "Set up a fresh shop, from a file."),
)
def setup(
    file: FileOption = Path("/etc/comptoir/setup.toml"),
    handover: HandoverOption = Path("/var/lib/comptoir/handover/stripe.env"),
    as_json: JsonOption = False,
) -> None:
    wanted = steps.read_setup_file(file)
    steps.demand_writable_folder(handover)
    settings = get_settings()
    with unit_of_work(name_of_caller()) as session:
        result = steps.set_up_shop(session, wanted, settings)
    try:
        secret = steps.subscribe_endpoint(get_stripe(), settings)
    except VendorFailure as failure:
        raise steps.SetupRefused(
            f"la boutique est prête, mais Stripe a répondu {failure.code} : relancez comptoir setup. / "
            f"the shop is ready, but Stripe answered {failure.code}: run comptoir setup again."
        ) from None
    if secret is not None:
        steps.write_handover(handover, secret)
    _print_result(result, handover if secret else None, as_json)


def _print_result(result: steps.SetupResult, handover: Path | None, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "publishable_key": result.publishable_key,
                "invitation_url": result.invitation_url,
                "handover": str(handover) if handover else None,
            }
        )
        return
    print_line(french_or_english(f"Clé de la boutique : {result.publishable_key}", f"Key: {result.publishable_key}"))
    if result.invitation_url:
        print_line(french_or_english("Lien du premier compte, trois jours :", "First owner's link, three days:"))
        print_line(f"  {result.invitation_url}")
    if handover:
        print_line(
            french_or_english(
                f"Point d'entrée Stripe créé ; son secret attend dans {handover}.",
                f"Stripe's endpoint was created; its secret waits in {handover}.",
            )
        )
