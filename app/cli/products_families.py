"""`comptoir products families`: what the metadata of a family of products must be. `products tags`: what follows."""

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from app.catalogue.check_metadata import FamilyDefinition
from app.catalogue.errors import InvalidMetadata
from app.catalogue.queries import get_product_id, list_families
from app.catalogue.set_family import TagChange, assign_tags, get_family, list_misfits, remove_family, set_family
from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.db import unit_of_work

app = typer.Typer(
    no_args_is_help=True,
    help=french_or_english("Les familles : ce que disent les métadonnées.", "Families: what metadata says."),
)

LARGEST_DEFINITION = 200_000
NameArgument = Annotated[str, typer.Argument(help=french_or_english("Le nom, tel lunettes", "The name, as lunettes"))]
FileArgument = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help=french_or_english("Le fichier JSON", "The JSON file"))
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help=french_or_english("Montrer sans rien changer", "Show, change nothing"))
]
ProductsArgument = Annotated[
    list[str] | None,
    typer.Argument(help=french_or_english("Produits ; sans eux, tous", "Products; without them, all")),
]


@app.command("list", help=french_or_english("Les familles de la boutique.", "The families of the shop."))
def list_all(as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        found = list_families(session)
    if as_json:
        print_json({name: _describe(definition) for name, definition in found.items()})
        return
    for name, definition in found.items():
        print_line(f"{name}  {', '.join(definition.properties)}")
    if not found:
        print_line(french_or_english("Aucune famille : les métadonnées sont libres.", "No family: metadata is free."))


@app.command(help=french_or_english("La définition d'une famille, en JSON.", "The definition of a family, as JSON."))
def show(name: NameArgument, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        print_json(_describe(get_family(session, name)))


@app.command(
    "set",
    help=french_or_english("Décrire une famille, ou la décrire à nouveau.", "Describe a family, or describe it anew."),
)
def describe(name: NameArgument, file: FileArgument, as_json: JsonOption = False) -> None:
    definition = _read(file)
    with acting_as_caller(), unit_of_work() as session:
        set_family(session, name, definition)
        misfits = list_misfits(session)
    if as_json:
        print_json({"name": name, "misfits": [vars(each) for each in misfits]})
        return
    print_line(french_or_english(f"Famille {name} enregistrée.", f"Family {name} kept."))
    for each in misfits:
        print_line(f"  {each.handle}  {each.problem}")


@app.command(help=french_or_english("Oublier une famille ; ses produits restent.", "Forget a family; products stay."))
def remove(name: NameArgument, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        remove_family(session, name)
    if as_json:
        print_json({"name": name, "removed": True})
        return
    print_line(french_or_english(f"Famille {name} oubliée.", f"Family {name} forgotten."))


@app.command(
    help=french_or_english(
        "Les produits dont les métadonnées ne suivent pas leur famille.",
        "The products whose metadata does not fit their family.",
    )
)
def check(as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        misfits = list_misfits(session)
    if as_json:
        print_json([vars(each) for each in misfits])
    else:
        for each in misfits:
            print_line(f"{each.handle}  {each.problem}")
        if not misfits:
            print_line(french_or_english("Toutes les métadonnées sont bonnes.", "All metadata is good."))
    raise typer.Exit(int(bool(misfits)))


def tags(named: ProductsArgument = None, dry_run: DryRunOption = False, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        product_ids = [get_product_id(session, each) for each in named or ()]
        changes = assign_tags(session, product_ids, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "changes": [vars(each) for each in changes]})
        return
    for change in changes:
        print_line(f"{change.handle}  {_show(change)}")
    if not changes:
        print_line(french_or_english("Rien à changer.", "Nothing to change."))
    elif dry_run:
        print_line(french_or_english("Rien n'a été changé (--dry-run).", "Nothing was changed (--dry-run)."))


def _show(change: TagChange) -> str:
    return " ".join([*(f"+{each}" for each in change.added), *(f"-{each}" for each in change.removed)])


def _describe(definition: FamilyDefinition) -> dict[str, object]:
    return definition.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _read(file: Path) -> FamilyDefinition:
    """Raises `InvalidMetadata` for what is no definition."""
    if file.stat().st_size > LARGEST_DEFINITION:
        raise InvalidMetadata(f"{file.name}: > {LARGEST_DEFINITION} octets / bytes")
    try:
        return FamilyDefinition.model_validate(json.loads(file.read_text("utf-8")))
    except ValidationError as wrong:
        told = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in wrong.errors()[:3])
        raise InvalidMetadata(f"{file.name}: {told}") from None
    except (UnicodeDecodeError, ValueError, RecursionError) as wrong:
        raise InvalidMetadata(f"{file.name}: JSON illisible / not readable as JSON") from wrong
