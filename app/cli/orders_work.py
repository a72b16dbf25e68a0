"""`comptoir orders list|ship|deliver|accept|cancel|complete`: what is done for an order, in one parcel.

Parcels of a part, and corrections, are the Admin's (`/admin/orders`).
"""

from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.checkout.accept_order import accept_order
from app.checkout.cancel_by_hand import cancel_by_hand
from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.money import show_cents
from app.cli.orders import app
from app.cli.output import JsonOption, confirm, print_json, print_line
from app.core.db import unit_of_work
from app.core.errors import InvalidRequest
from app.fulfilment.queries import list_fulfilments
from app.fulfilment.rules import Packed
from app.fulfilment.service import Label, Shipment, create_fulfilment, mark_delivered, mark_shipped
from app.orders.filter_orders import OrderSearch, list_found_orders
from app.orders.models import Order
from app.orders.queries import get_order, get_order_id
from app.orders.service import add_note, complete_order
from app.payments.queries import list_payments, list_refunds

LISTED = 20
MOST_LISTED = 200

OrderArgument = Annotated[
    str, typer.Argument(help=french_or_english("Commande : numéro ou identifiant", "Order: number or id"))
]
YesOption = Annotated[bool, typer.Option("--yes", help=french_or_english("Ne pas demander", "Do not ask"))]
ReasonOption = Annotated[
    str, typer.Option("--reason", help=french_or_english("Pourquoi ; noté avec la commande", "Why; noted with it"))
]
TextArgument = Annotated[str, typer.Argument(help=french_or_english("Numéro, e-mail ou nom", "Number, e-mail or name"))]
StatusOption = Annotated[str, typer.Option("--status", help="pending, requires_action, completed, canceled, archived")]
PiecesOption = Annotated[
    str,
    typer.Option(
        "--pieces",
        help="not_fulfilled, fulfilled, shipped, delivered, partially_fulfilled, partially_shipped...",
    ),
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=MOST_LISTED)]
TrackingOption = Annotated[
    str, typer.Option("--tracking", help=french_or_english("Numéro de suivi", "Tracking number"))
]
UrlOption = Annotated[
    str, typer.Option("--url", help=french_or_english("Page de suivi, https://", "Tracking page, https://"))
]
CarrierOption = Annotated[str, typer.Option("--carrier", help=french_or_english("Transporteur", "Carrier"))]
QuietOption = Annotated[
    bool, typer.Option("--no-mail", help=french_or_english("Sans prévenir le client", "Without telling the customer"))
]
AtOption = Annotated[
    datetime | None,
    typer.Option("--at", help=french_or_english("Depuis quand (heure UTC) ; sinon maintenant", "Since when (UTC)")),
]


@app.command(
    "list", help=french_or_english("Chercher des commandes, les plus récentes d'abord.", "Find orders, newest first.")
)
def list_found(
    text: TextArgument = "",
    status: StatusOption = "",
    pieces: PiecesOption = "",
    limit: LimitOption = LISTED,
    as_json: JsonOption = False,
) -> None:
    wanted = OrderSearch(
        text=text or None,
        statuses=[status] if status else [],
        fulfillment_statuses=[pieces] if pieces else [],
    )
    with acting_as_caller(), unit_of_work() as session:
        found, count = list_found_orders(session, wanted, limit=limit, offset=0, order="-created_at")
    if as_json:
        print_json({"orders": [_describe(order) for order in found], "count": count})
        return
    for order in found:
        total = show_cents(order.total_cents, order.currency_code)
        reason = f"  [{order.review_reason}]" if order.needs_review else ""
        print_line(f"{order.display_id:>8}  {order.created_at:%Y-%m-%d %H:%M}  {order.status}{reason}  {total}")
    print_line(french_or_english(f"{len(found)} sur {count}", f"{len(found)} of {count}"))


@app.command(
    help=french_or_english(
        "Tout ce qui reste d'une commande payée part, en un colis ; le client est prévenu une fois.",
        "All that is left of a paid order leaves in one parcel; its customer is told once.",
    )
)
def ship(
    named: OrderArgument,
    tracking: TrackingOption = "",
    url: UrlOption = "",
    carrier: CarrierOption = "",
    no_mail: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    labels = _read_labels(tracking, url, carrier)
    with acting_as_caller(), unit_of_work() as session:
        order_id = get_order_id(session, named)
        parcel_id = _find_packed(get_order(session, order_id), session) or _pack_rest(session, order_id)
        mark_shipped(session, order_id, parcel_id, Shipment(labels, tells_customer=not no_mail))
    said = french_or_english("Parti.", "Shipped.")
    _print({"order_id": order_id, "fulfillment_id": parcel_id}, said, as_json=as_json)


@app.command(
    help=french_or_english(
        "Les colis partis d'une commande sont arrivés : le délai de rétractation court.",
        "The parcels of an order that left have arrived: the withdrawal period runs.",
    )
)
def deliver(named: OrderArgument, at: AtOption = None, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        order_id = get_order_id(session, named)
        parcels = list_fulfilments(session, [order_id])[order_id]
        sent = [each.id for each in parcels if each.shipped_at is not None and each.delivered_at is None]
        for parcel_id in sent:
            mark_delivered(session, order_id, parcel_id, at.replace(tzinfo=at.tzinfo or UTC) if at else None)
    said = french_or_english(f"Colis arrivés : {len(sent)}", f"Parcels delivered: {len(sent)}")
    _print({"order_id": order_id, "fulfillment_ids": sent}, said, as_json=as_json)


@app.command(
    help=french_or_english(
        "Une commande à vérifier est bonne : ses pièces sont prises, son client prévenu.",
        "An order to be looked at is fine: its pieces are taken, its customer is told.",
    )
)
def accept(named: OrderArgument, reason: ReasonOption, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        order_id = get_order_id(session, named)
        accept_order(session, order_id)
        add_note(session, order_id, reason)
    _print({"order_id": order_id}, french_or_english("Acceptée.", "Accepted."), as_json=as_json)


@app.command(
    help=french_or_english(
        "Annuler une commande dont rien n'est parti ; son argent attend qu'on l'approuve (comptoir refunds).",
        "Cancel an order of which nothing left; its money waits to be approved (comptoir refunds).",
    )
)
def cancel(named: OrderArgument, reason: ReasonOption, yes: YesOption = False, as_json: JsonOption = False) -> None:
    if as_json and not yes:
        raise typer.BadParameter(french_or_english("--json demande --yes", "--json needs --yes"))
    with acting_as_caller():
        with unit_of_work() as session:
            order = get_order(session, get_order_id(session, named))
        if not yes:
            number = order.display_id
            confirm(french_or_english(f"Annuler la commande {number} ?", f"Cancel order {number}?"))
        cancel_by_hand(order.id)
        with unit_of_work() as session:
            add_note(session, order.id, reason)
            payments = list_payments(session, order.payment_collection_id)
            refunds = list_refunds(session, [payment.id for payment in payments])
    waiting = [refund for refund in refunds if refund.status == "awaiting_approval"]
    if not as_json:
        for refund in waiting:
            amount = show_cents(refund.amount_cents, refund.currency_code)
            print_line(
                french_or_english(
                    f"{amount} à rendre attendent : comptoir refunds approve {refund.id}",
                    f"{amount} wait to go back: comptoir refunds approve {refund.id}",
                )
            )
    said = french_or_english("Annulée.", "Canceled.")
    _print({"order_id": order.id, "refund_ids": [refund.id for refund in waiting]}, said, as_json=as_json)


@app.command(help=french_or_english("Tout est fait pour cette commande.", "Everything is done for this order."))
def complete(named: OrderArgument, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        order_id = get_order_id(session, named)
        complete_order(session, order_id)
    _print({"order_id": order_id}, french_or_english("Terminée.", "Completed."), as_json=as_json)


def _print(document: dict[str, object], said: str, *, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        print_line(said)


def _read_labels(tracking: str, url: str, carrier: str) -> list[Label]:
    if url and not url.startswith("https://"):
        raise typer.BadParameter(french_or_english("--url commence par https://", "--url begins with https://"))
    if (url or carrier) and not tracking:
        raise typer.BadParameter(french_or_english("--tracking manque", "--tracking is missing"))
    return [Label(tracking, url or None, None, carrier or None)] if tracking else []


def _find_packed(order: Order, session: Session) -> str | None:
    """The parcel that is packed and here, if there is one; two of them are the Admin's to send."""
    here = [
        each.id
        for each in list_fulfilments(session, [order.id])[order.id]
        if each.shipped_at is None and each.canceled_at is None
    ]
    return here[0] if here else None


def _pack_rest(session: Session, order_id: str) -> str:
    lines = get_order(session, order_id).lines
    left = [Packed(line.id, line.quantity - line.fulfilled_quantity) for line in lines]
    rest = [each for each in left if each.quantity > 0]
    if not rest:
        raise InvalidRequest(
            french_or_english("Tout est déjà parti de cette commande.", "Everything of this order has left already.")
        )
    return create_fulfilment(session, order_id, rest).id


def _describe(order: Order) -> dict[str, object]:
    names = (
        "id", "display_id", "status", "review_reason", "reviewed_at", "total_cents", "currency_code", "created_at",
        "paid_at", "canceled_at",
    )  # fmt: skip
    return {name: getattr(order, name) for name in names}
