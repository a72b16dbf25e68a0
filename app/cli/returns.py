"""`comptoir returns`: parcels that come back. No stock moves; money does with `comptoir orders refund`."""

from enum import StrEnum
from typing import Annotated

import typer

from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.db import unit_of_work
from app.returns.models import OrderReturn
from app.returns.queries import get_return, list_returns
from app.returns.receive_return import mark_dispatched, receive_return
from app.returns.rules import CameIn

app = typer.Typer(no_args_is_help=True)


class Status(StrEnum):
    """Where a return stands."""

    REQUESTED = "requested"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    CANCELED = "canceled"


ReturnArgument = Annotated[
    str, typer.Argument(help=french_or_english("Le retour, return_...", "The return, return_..."))
]
StatusOption = Annotated[Status | None, typer.Option("--status", help=french_or_english("Son état", "Its status"))]
MostOption = Annotated[int, typer.Option("-n", min=1, max=1000, help=french_or_english("Au plus", "At most"))]
ProofOption = Annotated[
    str,
    typer.Option("--proof", help=french_or_english("Numéro de suivi ou récépissé", "Tracking number or receipt")),
]
ItemOption = Annotated[
    list[str] | None,
    typer.Option(
        "--item",
        help=french_or_english(
            "LIGNE=PIÈCES ou LIGNE=PIÈCES,INVENDABLES ; sans elle, tout, en bon état",
            "LINE=PIECES or LINE=PIECES,UNSALEABLE; without it, all of them, in good order",
        ),
    ),
]


@app.command(
    "list", help=french_or_english("Les retours, du plus récent au plus ancien.", "The returns, newest first.")
)
def list_all(status: StatusOption = None, most: MostOption = 50, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        found = list_returns(session, status.value if status else None, limit=most)
    if as_json:
        print_json([_describe(each) for each in found])
        return
    for each in found:
        _print_return(each)
    if not found:
        print_line(french_or_english("Aucun retour.", "No return."))


@app.command(help=french_or_english("Un retour et ses pièces.", "A return and its pieces."))
def show(return_id: ReturnArgument, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        found = get_return(session, return_id)
    _print_whole(found, as_json)


@app.command(
    help=french_or_english(
        "Noter la preuve d'expédition ; pour une rétractation elle permet de rembourser.",
        "Note the proof of dispatch; for a withdrawal it allows the refund.",
    )
)
def dispatch(return_id: ReturnArgument, proof: ProofOption, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        done = mark_dispatched(session, return_id, proof)
    _print_whole(done, as_json)


@app.command(
    help=french_or_english("Noter la réception, avec les pièces arrivées.", "Note the reception, with what came in.")
)
def receive(return_id: ReturnArgument, items: ItemOption = None, as_json: JsonOption = False) -> None:
    came = [_read_item(item) for item in items] if items else None
    with acting_as_caller(), unit_of_work() as session:
        done = receive_return(session, return_id, came)
    _print_whole(done, as_json)


def _read_item(typed: str) -> CameIn:
    line_id, _, counts = typed.partition("=")
    received, _, dismissed = counts.partition(",")
    if not (received.isdecimal() and (dismissed or "0").isdecimal()):
        raise typer.BadParameter(f"--item {typed}")
    return CameIn(line_id, int(received), int(dismissed or 0))


def _describe(found: OrderReturn) -> dict[str, object]:
    names = (
        "id", "display_id", "order_id", "status", "is_withdrawal", "proof_of_dispatch", "note", "created_at",
        "dispatched_at", "received_at",
    )  # fmt: skip
    lines = [
        {
            "id": line.id,
            "order_line_id": line.order_line_id,
            "quantity": line.quantity,
            "received_quantity": line.received_quantity,
            "dismissed_quantity": line.dismissed_quantity,
        }
        for line in found.lines
    ]
    return {**{name: getattr(found, name) for name in names}, "lines": lines}


def _print_return(found: OrderReturn) -> None:
    kind = french_or_english("rétractation", "withdrawal") if found.is_withdrawal else "commercial"
    proof = f"  {found.proof_of_dispatch}" if found.proof_of_dispatch else ""
    print_line(f"{found.created_at:%Y-%m-%d %H:%M}  {found.id}  {found.order_id}  {found.status}  {kind}{proof}")


def _print_whole(found: OrderReturn, as_json: bool) -> None:
    if as_json:
        print_json(_describe(found))
        return
    _print_return(found)
    for line in found.lines:
        print_line(f"  {line.id}  {line.received_quantity}+{line.dismissed_quantity}/{line.quantity}")
    if found.status != "requested":
        print_line(
            french_or_english("Ensuite : comptoir orders refund", "Next: comptoir orders refund")
            + f" {found.order_id} --return {found.id}"
        )
