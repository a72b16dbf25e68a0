"""`comptoir stock`: pieces that are there, that come, that were counted. A delivery adds, a count corrects."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.db import unit_of_work
from app.core.errors import InvalidRequest
from app.stock.errors import UnknownSku
from app.stock.list_stock import StockFilter, StockItem, list_movements, list_stock, list_stock_by_sku
from app.stock.models import StockMovement
from app.stock.queries import list_names
from app.stock.receive_delivery import DeliveredLine, list_delivered_lines, parse_delivery, receive_delivery
from app.stock.service import record_count

app = typer.Typer(no_args_is_help=True)

MOST_BYTES = 1_000_000

PiecesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="SKU:+N", help=french_or_english("SKU:+10, un ou plusieurs", "SKU:+10, one or more")),
]
FileOption = Annotated[
    Path | None,
    typer.Option(
        "--file",
        help=french_or_english("Un bon de livraison : SKU;10 par ligne", "A delivery note: SKU;10 on each line"),
    ),
]
FileArgument = Annotated[
    Path, typer.Argument(help=french_or_english("Un texte, SKU;10 par ligne", "A text, SKU;10 on each line"))
]
SkuArgument = Annotated[str, typer.Argument(help="SKU")]
CountArgument = Annotated[int, typer.Argument(min=0, help=french_or_english("Pièces comptées", "Pieces counted"))]
WordsArgument = Annotated[list[str] | None, typer.Argument(help=french_or_english("SKU ou titre", "SKU or title"))]
ReferenceOption = Annotated[
    str, typer.Option("--reference", help=french_or_english("Bon de livraison", "Delivery note"))
]
NoteOption = Annotated[str, typer.Option("--note", help=french_or_english("Pourquoi", "Why"))]
MostOption = Annotated[int, typer.Option("-n", min=1, max=1000, help=french_or_english("Au plus", "At most"))]


@app.command(
    help=french_or_english(
        "Ce qu'une livraison changerait ; rien n'est changé.", "What a delivery would change; nothing is changed."
    )
)
def plan(file: FileArgument, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        lines = list_delivered_lines(session, parse_delivery(_read_lines(file)))
    _print_lines(lines, as_json)


@app.command(
    help=french_or_english(
        "Ajouter des pièces livrées à ce qui est en rayon : tout, ou rien.",
        "Add delivered pieces to what is on the shelf: all of them, or none.",
    )
)
def receive(
    pieces: PiecesArgument = None,
    file: FileOption = None,
    reference: ReferenceOption = "",
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    if bool(pieces) == (file is not None):
        raise typer.BadParameter(french_or_english("des SKU:+10, ou --file", "either SKU:+10 or --file"))
    written = _read_lines(file) if file is not None else pieces or []
    with acting_as_caller(), unit_of_work() as session:
        lines = receive_delivery(session, parse_delivery(written), reference=reference or None, note=note or None)
    _print_lines(lines, as_json)


@app.command(
    help=french_or_english(
        "Noter combien de pièces quelqu'un a comptées : l'écart devient une correction.",
        "Note how many pieces somebody counted: the difference becomes a correction.",
    )
)
def count(sku: SkuArgument, counted: CountArgument, note: NoteOption, as_json: JsonOption = False) -> None:
    if not note.strip():
        raise typer.BadParameter(french_or_english("--note dit pourquoi", "--note says why"))
    with acting_as_caller(), unit_of_work() as session:
        item = _find(list_stock_by_sku(session, [sku]), sku)
        delta = record_count(session, item.variant_id, counted, note.strip())
    line = DeliveredLine(item.variant_id, sku, counted - delta, delta)
    _print_lines([line], as_json)


@app.command(help=french_or_english("Les pièces par variante.", "The pieces of each variant."))
def show(words: WordsArgument = None, most: MostOption = 50, as_json: JsonOption = False) -> None:
    wanted = StockFilter(text=" ".join(words or ()), order="sku")
    with acting_as_caller(), unit_of_work() as session:
        found, matching = list_stock(session, wanted, limit=most, offset=0)
    if as_json:
        print_json([_describe(item) for item in found])
        return
    for item in found:
        promised = french_or_english(f"dont {item.reserved} promises", f"{item.reserved} of them promised")
        print_line(f"{item.stocked:>7}  {promised}  {item.sku or item.variant_id}  {item.product_title} · {item.title}")
    if matching > len(found):
        print_line(french_or_english(f"… {matching} en tout (-n)", f"… {matching} in all (-n)"))
    if not found:
        print_line(french_or_english("Aucune variante comptée.", "No variant that is counted."))


@app.command(
    help=french_or_english(
        "Chaque mouvement d'une variante, ou de toutes, du plus récent au plus ancien.",
        "Every movement of a variant, or of all, newest first.",
    )
)
def movements(
    sku: Annotated[str | None, typer.Argument(help="SKU")] = None, most: MostOption = 50, as_json: JsonOption = False
) -> None:
    with acting_as_caller(), unit_of_work() as session:
        item = _find(list_stock_by_sku(session, [sku]), sku) if sku else None
        found, _ = list_movements(session, item.variant_id if item else None, limit=most, offset=0)
        names = list_names(session, {movement.variant_id for movement in found})
    if as_json:
        print_json([_describe_movement(movement, names) for movement in found])
        return
    for movement in found:
        said = " ".join(part for part in (movement.reference, movement.note) if part)
        print_line(
            f"{movement.created_at:%Y-%m-%d %H:%M}  {movement.delta:+d}  {names[movement.variant_id]}"
            f"  {movement.reason}  {movement.actor}  {said}".rstrip()
        )
    if not found:
        print_line(french_or_english("Aucun mouvement.", "No movement."))


def _read_lines(file: Path) -> list[str]:
    """A delivery note as text; raises `InvalidRequest` for what cannot be one."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except OSError as exc:
        raise InvalidRequest(french_or_english(f"{file} ne se lit pas.", f"{file} cannot be read.")) from exc
    if len(raw) > MOST_BYTES or b"\0" in raw:
        raise InvalidRequest(
            french_or_english(
                "Un bon de livraison est un texte de 1 Mo au plus ; comptoir products import prend les gros fichiers.",
                "A delivery note is a text of 1 MB at most; comptoir products import takes large files.",
            )
        )
    try:
        return raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace").splitlines()


def _find(found: dict[str, StockItem], sku: str) -> StockItem:
    if sku not in found:
        raise UnknownSku([sku])
    return found[sku]


def _print_lines(lines: Sequence[DeliveredLine], as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {"sku": line.sku, "before": line.stocked, "change": line.quantity, "after": line.stocked_after}
                for line in lines
            ]
        )
        return
    for line in lines:
        print_line(f"{line.sku}  {line.stocked} {line.quantity:+d} = {line.stocked_after}")


def _describe(item: StockItem) -> dict[str, object]:
    return {
        "sku": item.sku,
        "variant_id": item.variant_id,
        "product": item.product_title,
        "variant": item.title,
        "stocked": item.stocked,
        "reserved": item.reserved,
        "available": item.stocked - item.reserved,
    }


def _describe_movement(movement: StockMovement, names: dict[str, str]) -> dict[str, object]:
    columns = ("delta", "reason", "reference", "note", "return_line_id", "actor", "created_at")
    return {"sku": names[movement.variant_id], **{name: getattr(movement, name) for name in columns}}
