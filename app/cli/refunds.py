"""`comptoir refunds`: what waits for a person, what waits for Stripe, what came back."""

from enum import StrEnum
from typing import Annotated

import typer

from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.money import print_outcome, print_refunds, send_and_print
from app.cli.output import JsonOption
from app.core.db import unit_of_work
from app.refunds.queries import list_refunds_by_status
from app.refunds.service import approve_refund, decline_refund
from app.staff.rules import Role

app = typer.Typer(no_args_is_help=True)

# Whoever may type on the server is its owner (docs/decisions/0017).
ROLE: Role = "owner"


class Status(StrEnum):
    """Where a refund stands."""

    AWAITING_APPROVAL = "awaiting_approval"
    REQUESTED = "requested"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


RefundArgument = Annotated[
    str, typer.Argument(help=french_or_english("Le remboursement, ref_...", "The refund, ref_..."))
]
StatusOption = Annotated[Status | None, typer.Option("--status", help=french_or_english("Son état", "Its status"))]
MostOption = Annotated[int, typer.Option("-n", min=1, max=1000, help=french_or_english("Au plus", "At most"))]
NoteOption = Annotated[str, typer.Option("--note", help=french_or_english("Pourquoi", "Why"))]


@app.command(
    "list",
    help=french_or_english("Les remboursements, du plus récent au plus ancien.", "The refunds, newest first."),
)
def list_all(status: StatusOption = None, most: MostOption = 50, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        found = list_refunds_by_status(session, status.value if status else None, limit=most, offset=0)
    print_refunds(found, as_json=as_json)


@app.command(
    help=french_or_english("Valider un remboursement en attente et l'envoyer.", "Approve a waiting refund and send it.")
)
def approve(refund_id: RefundArgument, as_json: JsonOption = False) -> None:
    with acting_as_caller():
        with unit_of_work() as session:
            approve_refund(session, refund_id, ROLE)
        send_and_print(refund_id, as_json=as_json)


@app.command(
    help=french_or_english(
        "Écarter un remboursement en attente ; son montant est libéré.",
        "Set a waiting refund aside; its amount is free again.",
    )
)
def decline(refund_id: RefundArgument, note: NoteOption = "", as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        done = decline_refund(session, refund_id, ROLE, note or None)
    print_outcome(done, as_json=as_json)
