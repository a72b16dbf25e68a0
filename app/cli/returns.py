"""`comptoir returns`: parcels that come back. Stock moves by `inspect`, money by `comptoir orders refund`."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.cli import withdrawals
from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.db import unit_of_work
from app.orders.queries import get_order_id
from app.refunds.queries import sum_up_returns
from app.refunds.rules import ReturnMoney, compute_return_standing
from app.returns.answer_return import approve_return, cancel_return, reject_return
from app.returns.draft_return import create_whole
from app.returns.models import OrderReturn
from app.returns.queries import ReturnFilter, get_return, list_returns
from app.returns.receive_return import inspect_return, mark_dispatched, receive_return
from app.returns.rules import UNLOCKED_STATUSES, AskedLine, CameIn

app = typer.Typer(no_args_is_help=True)
# More pieces than that are in no parcel, and in no column.
MOST_DIGITS = 6


class Status(StrEnum):
    """Where a return stands."""

    OPEN = "open"
    REQUESTED = "requested"
    APPROVED = "approved"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"
    REJECTED = "rejected"
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


OrderArgument = Annotated[
    str, typer.Argument(help=french_or_english("La commande : son numéro ou son id", "The order: its number or its id"))
]
PiecesOption = Annotated[
    list[str],
    typer.Option("--item", help=french_or_english("LIGNE=PIÈCES, ordli_...", "LINE=PIECES, ordli_...")),
]
SpoiltOption = Annotated[
    list[str] | None,
    typer.Option(
        "--unsaleable",
        help=french_or_english(
            "LIGNE=PIÈCES à ne pas remettre en vente, retitem_...", "LINE=PIECES not to be sold again, retitem_..."
        ),
    ),
]
ReasonOption = Annotated[
    str,
    typer.Option("--reason", help=french_or_english("Pourquoi : le client lit ces mots", "Why: the customer reads it")),
]
ReasonIdOption = Annotated[
    str | None, typer.Option("--return-reason", help=french_or_english("Le motif, rr_...", "The reason, rr_..."))
]
NoteOption = Annotated[
    str | None,
    typer.Option(
        "--note",
        help=french_or_english(
            "Pourquoi l'accepter ; demandé après le délai légal", "Why it is accepted; asked for after the legal period"
        ),
    ),
]


@app.command(
    "list", help=french_or_english("Les retours, du plus récent au plus ancien.", "The returns, newest first.")
)
def list_all(status: StatusOption = None, most: MostOption = 50, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        wanted = ReturnFilter(statuses=(status.value,) if status else ())
        found, _ = list_returns(session, wanted, limit=most)
        money = sum_up_returns(session, [each.id for each in found])
    if as_json:
        print_json([_describe(each, money[each.id]) for each in found])
        return
    for each in found:
        _print_return(each, money[each.id])
    if not found:
        print_line(french_or_english("Aucun retour.", "No return."))


@app.command(help=french_or_english("Un retour, ses pièces et son argent.", "A return, its pieces and its money."))
def show(return_id: ReturnArgument, as_json: JsonOption = False) -> None:
    _print_outcome(lambda session: get_return(session, return_id), as_json)


@app.command(
    help=french_or_english(
        "Demander un retour pour un client : il est accepté et le client en est averti.",
        "Ask for a return on behalf of a customer: it is approved, and the customer told.",
    )
)
def create(
    order: OrderArgument,
    items: PiecesOption,
    reason_id: ReasonIdOption = None,
    note: NoteOption = None,
    as_json: JsonOption = False,
) -> None:
    asked = [AskedLine(line_id, pieces, reason_id) for line_id, pieces in _read_pieces("--item", items).items()]
    _print_outcome(lambda session: create_whole(session, get_order_id(session, order), asked, note), as_json)


@app.command(
    help=french_or_english("Accepter une demande de retour ; le client est averti.", "Approve a request; tells them.")
)
def approve(return_id: ReturnArgument, as_json: JsonOption = False) -> None:
    _print_outcome(lambda session: approve_return(session, return_id), as_json)


@app.command(
    help=french_or_english(
        "Refuser un retour, avec la raison que le client lira ; jamais après remboursement ou remise en rayon.",
        "Refuse a return, with the reason the customer reads; never once refunded or back on the shelf.",
    )
)
def reject(return_id: ReturnArgument, reason: ReasonOption, as_json: JsonOption = False) -> None:
    _print_outcome(lambda session: reject_return(session, return_id, reason), as_json)


@app.command(help=french_or_english("Annuler un retour qui ne viendra pas.", "Call off a return that will not come."))
def cancel(return_id: ReturnArgument, as_json: JsonOption = False) -> None:
    _print_outcome(lambda session: cancel_return(session, return_id), as_json)


@app.command(
    help=french_or_english(
        "Noter la preuve d'expédition ; pour une rétractation elle permet de rembourser.",
        "Note the proof of dispatch; for a withdrawal it allows the refund.",
    )
)
def dispatch(return_id: ReturnArgument, proof: ProofOption, as_json: JsonOption = False) -> None:
    _print_outcome(lambda session: mark_dispatched(session, return_id, proof), as_json)


@app.command(
    help=french_or_english("Noter la réception, avec les pièces arrivées.", "Note the reception, with what came in.")
)
def receive(return_id: ReturnArgument, items: ItemOption = None, as_json: JsonOption = False) -> None:
    came = [_read_item(item) for item in items] if items else None
    _print_outcome(lambda session: receive_return(session, return_id, came), as_json)


@app.command(
    help=french_or_english(
        "Contrôler ce qui est arrivé : les pièces vendables retournent en rayon, une seule fois.",
        "Inspect what came in: saleable pieces go back on the shelf, once.",
    )
)
def inspect(return_id: ReturnArgument, unsaleable: SpoiltOption = None, as_json: JsonOption = False) -> None:
    spoilt = _read_pieces("--unsaleable", unsaleable or [])
    _print_outcome(lambda session: inspect_return(session, return_id, spoilt), as_json)


def _print_outcome(act: Callable[[Session], OrderReturn], as_json: bool) -> None:
    """Do it in the caller's name, and show what the return is now, with its money."""
    with acting_as_caller(), unit_of_work() as session:
        done = act(session)
        money = _read_money(session, done)
    _print_whole(done, money, as_json)


def _read_pieces(option: str, typed: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in typed:
        line_id, _, pieces = each.partition("=")
        if not pieces.isdecimal() or len(pieces) > MOST_DIGITS:
            raise typer.BadParameter(f"{option} {each}")
        found[line_id] = int(pieces)
    return found


def _read_item(typed: str) -> CameIn:
    line_id, _, counts = typed.partition("=")
    received, _, dismissed = counts.partition(",")
    is_long = max(len(received), len(dismissed)) > MOST_DIGITS
    if is_long or not (received.isdecimal() and (dismissed or "0").isdecimal()):
        raise typer.BadParameter(f"--item {typed}")
    return CameIn(line_id, int(received), int(dismissed or 0))


def _describe(found: OrderReturn, money: ReturnMoney) -> dict[str, object]:
    names = (
        "id", "display_id", "order_id", "status", "is_withdrawal", "proof_of_dispatch", "rejection", "note",
        "created_at", "approved_at", "dispatched_at", "received_at", "inspected_at", "rejected_at", "canceled_at",
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
    return {
        **{name: getattr(found, name) for name in names},
        "standing": compute_return_standing(found.status, money),
        "refund_status": money.word,
        "refunded_cents": money.refunded_cents,
        "promised_cents": money.promised_cents,
        "lines": lines,
    }


def _print_return(found: OrderReturn, money: ReturnMoney) -> None:
    kind = french_or_english("rétractation", "withdrawal") if found.is_withdrawal else "commercial"
    standing = compute_return_standing(found.status, money)
    proof = f"  {found.proof_of_dispatch}" if found.proof_of_dispatch else ""
    print_line(f"{found.created_at:%Y-%m-%d %H:%M}  {found.id}  {found.order_id}  {standing}  {kind}{proof}")


def _read_money(session: Session, found: OrderReturn) -> ReturnMoney:
    return sum_up_returns(session, [found.id])[found.id]


def _print_whole(found: OrderReturn, money: ReturnMoney, as_json: bool) -> None:
    if as_json:
        print_json(_describe(found, money))
        return
    _print_return(found, money)
    for line in found.lines:
        print_line(f"  {line.id}  {line.received_quantity}+{line.dismissed_quantity}/{line.quantity}")
    if found.status in UNLOCKED_STATUSES and money.word in ("none", "failed"):
        print_line(
            french_or_english("Ensuite : comptoir orders refund", "Next: comptoir orders refund")
            + f" {found.order_id} --return {found.id}"
        )


# The verbs of the law stand in a file of their own.
app.command(help=withdrawals.DEADLINES_HELP)(withdrawals.deadlines)
app.command(help=withdrawals.INFORMED_HELP)(withdrawals.informed)
app.command(help=withdrawals.EXCLUDE_HELP)(withdrawals.exclude)
