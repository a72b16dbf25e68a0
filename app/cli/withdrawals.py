"""What the law says of withdrawals, as verbs of `comptoir returns`: deadlines, who was told, what is excluded."""

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.db import unit_of_work
from app.orders.queries import get_order_id
from app.refunds.list_deadlines import RefundDeadline, list_refund_deadlines
from app.returns.exclude_product import exclude_product
from app.returns.rules import EXCLUDED_LABELS
from app.returns.tell_rights import mark_informed

DEADLINES_HELP = french_or_english(
    "Les rétractations à rembourser, la plus urgente d'abord : jusqu'à quand, et ce qu'un retard coûte.",
    "Withdrawals to refund, the most urgent first: until when, and what a delay costs.",
)
INFORMED_HELP = french_or_english(
    "Noter quand un client a été informé de son droit de rétractation, sinon que par l'e-mail de confirmation.",
    "Note when a customer was told of the right to withdraw, otherwise than by the confirmation mail.",
)
EXCLUDE_HELP = french_or_english(
    "Exclure un produit du droit de rétractation (article L221-28), ou l'y remettre ; pour les achats à venir.",
    "Exclude a product from withdrawal (article L221-28), or include it again; for purchases to come.",
)


class Reason(StrEnum):
    """Why nobody may withdraw; `none`: everybody may."""

    MADE_TO_ORDER = "made_to_order"
    PERISHABLE = "perishable"
    UNSEALED_HYGIENE = "unsealed_hygiene"
    UNSEALED_MEDIA = "unsealed_media"
    PERFORMED_SERVICE = "performed_service"
    DATED_SERVICE = "dated_service"
    NONE = "none"


MostOption = Annotated[int, typer.Option("-n", min=1, max=500, help=french_or_english("Au plus", "At most"))]
OrderArgument = Annotated[
    str, typer.Argument(help=french_or_english("La commande : son numéro ou son id", "The order: its number or its id"))
]
DayOption = Annotated[
    datetime, typer.Option("--on", formats=["%Y-%m-%d"], help=french_or_english("Quel jour", "On which day"))
]
WhyOption = Annotated[str, typer.Option("--reason", help=french_or_english("Comment il l'a été", "How they were told"))]
ProductArgument = Annotated[
    str,
    typer.Argument(help=french_or_english("Le produit : son handle ou son id", "The product: its handle or its id")),
]
BecauseOption = Annotated[Reason, typer.Option("--because", help=french_or_english("Pourquoi", "Why"))]


def deadlines(most: MostOption = 100, as_json: JsonOption = False) -> None:
    """Withdrawals whose money has not wholly gone back."""
    with acting_as_caller(), unit_of_work() as session:
        found = list_refund_deadlines(session, limit=most)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    for each in found:
        print_line(_describe(each))
    if not found:
        print_line(french_or_english("Rien à rembourser.", "Nothing to refund."))


def informed(order: OrderArgument, on: DayOption, reason: WhyOption, as_json: JsonOption = False) -> None:
    """An order's customer knows of the right since that day."""
    with acting_as_caller(), unit_of_work() as session:
        end_on = mark_informed(session, get_order_id(session, order), on.date(), reason)
    if as_json:
        print_json({"order": order, "informed_on": on.date(), "withdrawal_end": end_on})
        return
    until = f"{end_on:%d/%m/%Y}" if end_on else french_or_english("pas encore livrée", "not delivered yet")
    print_line(french_or_english("Rétractation jusqu'au", "Withdrawal until") + f" {until}")


def exclude(product: ProductArgument, because: BecauseOption, as_json: JsonOption = False) -> None:
    """A product from which nobody may withdraw any more, or everybody again."""
    reason = None if because is Reason.NONE else because.value
    with acting_as_caller(), unit_of_work() as session:
        done = exclude_product(session, product, reason)
    if as_json:
        print_json({"id": done.id, "handle": done.handle, "withdrawal_excluded_reason": reason})
        return
    print_line(f"{done.handle}  {french_or_english(*EXCLUDED_LABELS[reason]) if reason else '-'}")


def _describe(found: RefundDeadline) -> str:
    cost = found.surcharge
    until = f"{found.due_on:%Y-%m-%d}" if found.due_on else french_or_english("attend le colis", "awaits the parcel")
    late = ""
    if cost.kind == "legal_rate":
        late = french_or_english(
            f"  {cost.days_late} j de retard : + intérêt légal", f"  {cost.days_late} d late: + legal interest"
        )
    elif cost.kind != "none":
        late = french_or_english(
            f"  {cost.days_late} j de retard : + {cost.amount_cents} ({cost.percent} %)",
            f"  {cost.days_late} d late: + {cost.amount_cents} ({cost.percent} %)",
        )
    return f"{until}  #{found.display_id}  {found.about}  {found.status}  {found.due_cents} {found.currency_code}{late}"
