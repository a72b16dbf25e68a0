"""`comptoir orders`: all about the money of one order, noting that it came, giving it back. Amounts are in cents."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from app.checkout.errors import NothingPromised
from app.checkout.record_manual_payment import record_manual_payment
from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.money import describe_refund, print_refund, send_and_print, show_cents
from app.cli.output import JsonOption, confirm, print_json, print_line
from app.core.db import unit_of_work
from app.orders.get_money import get_money_facts
from app.orders.models import Order
from app.orders.queries import get_order_id, get_order_row
from app.payments.models import Dispute, Payment, PaymentEvent, Refund
from app.payments.queries import list_disputes, list_payments, list_refunds
from app.payments.rules import MANUAL_PROVIDER, compute_payment_standing
from app.refunds.errors import PaymentToChoose
from app.refunds.rules import Ground
from app.refunds.service import RefundAsk, preview_refund, request_refund
from app.staff.rules import Role
from app.stripe_events.queries import EventFilter, list_events

app = typer.Typer(no_args_is_help=True)

MOST_EVENTS = 100
# Whoever may type on the server is its owner (docs/decisions/0017).
ROLE: Role = "owner"

OrderArgument = Annotated[
    str, typer.Argument(help=french_or_english("Commande : numéro ou identifiant", "Order: number or id"))
]
AmountOption = Annotated[
    int | None,
    typer.Option("--amount", min=1, help=french_or_english("En centimes : 1250 = 12,50 €", "In cents: 1250 = €12.50")),
]
ReasonOption = Annotated[
    Ground | None, typer.Option("--reason", help=french_or_english("Le motif, sans retour", "The reason, if no return"))
]
ReturnOption = Annotated[
    str, typer.Option("--return", help=french_or_english("Le retour, return_...", "The return, return_..."))
]
NoteOption = Annotated[str, typer.Option("--note", help=french_or_english("L'explication", "The explanation"))]
PaymentOption = Annotated[
    str, typer.Option("--payment", help=french_or_english("Le paiement, s'il y en a plusieurs", "If there are several"))
]
YesOption = Annotated[bool, typer.Option("--yes", help=french_or_english("Ne pas demander", "Do not ask"))]


@app.command(
    help=french_or_english(
        "L'argent d'une commande : faits, paiements, remboursements, litiges, événements.",
        "The money of an order: facts, payments, refunds, disputes, events.",
    )
)
def show(named: OrderArgument, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        order = get_order_row(session, get_order_id(session, named))
        standing = compute_payment_standing(get_money_facts(session, order))
        payments = list_payments(session, order.payment_collection_id)
        payment_ids = [payment.id for payment in payments]
        refunds, disputes = list_refunds(session, payment_ids), list_disputes(session, payment_ids)
        events = list_events(session, EventFilter(about=order.id), MOST_EVENTS)
    if as_json:
        money = {
            "payments": [_describe_payment(payment) for payment in payments],
            "refunds": [describe_refund(refund) for refund in refunds],
            "disputes": [_describe_dispute(dispute) for dispute in disputes],
            "events": [_describe_event(event) for event in events],
        }
        print_json({**_describe_order(order), "standing": standing, **money})
        return
    _print_order(order, standing)
    _print_money(payments, refunds, disputes)
    for event in events:
        print_line(
            f"  {event.event_created_at:%Y-%m-%d %H:%M:%S}  {event.stripe_event_id}  {event.type}  {event.state}"
        )


@app.command(
    help=french_or_english(
        "Rembourser : un retour (--return) ou un motif (--reason) ; sans --amount, tout ce qui est dû.",
        "Give money back: a return (--return) or a reason (--reason); without --amount, all that is due.",
    )
)
def refund(
    named: OrderArgument,
    amount: AmountOption = None,
    reason: ReasonOption = None,
    return_id: ReturnOption = "",
    note: NoteOption = "",
    payment_id: PaymentOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    if as_json and not yes:
        raise typer.BadParameter(french_or_english("--json demande --yes", "--json needs --yes"))
    with acting_as_caller():
        with unit_of_work() as session:
            order = get_order_row(session, get_order_id(session, named))
            payment = _choose_payment(list_payments(session, order.payment_collection_id), payment_id)
            ask = RefundAsk(payment.id, amount, reason, return_id or None, note or None, ROLE)
            ask = replace(ask, amount_cents=preview_refund(session, ask).amount_cents)
        if not yes:
            _confirm(order, ask.amount_cents or 0, payment.currency_code)
        with unit_of_work() as session:
            refund_id = request_refund(session, ask).id
        send_and_print(refund_id, as_json=as_json)


@app.command(
    help=french_or_english(
        "Noter qu'un virement ou des espèces sont arrivés, en entier : la commande est payée.",
        "Note that a transfer or cash has come, all of it: the order is paid.",
    )
)
def paid(named: OrderArgument, yes: YesOption = False, as_json: JsonOption = False) -> None:
    if as_json and not yes:
        raise typer.BadParameter(french_or_english("--json demande --yes", "--json needs --yes"))
    with acting_as_caller():
        with unit_of_work() as session:
            order = get_order_row(session, get_order_id(session, named))
            payment = _get_promised(list_payments(session, order.payment_collection_id))
        if not yes and payment.captured_at is None:
            _confirm_arrival(order, payment)
        with unit_of_work() as session:
            record_manual_payment(session, payment.id, ROLE)
    if as_json:
        print_json({"order_id": order.id, "payment_id": payment.id, "was_paid": payment.captured_at is not None})
    elif payment.captured_at is not None:
        print_line(french_or_english("C'était déjà noté ; rien n'a changé.", "It was noted already; nothing changed."))
    else:
        print_line(french_or_english("Noté : la commande est payée.", "Noted: the order is paid."))


def _get_promised(payments: Sequence[Payment]) -> Payment:
    """The transfer or the cash that was agreed on; an order has one at most."""
    promised = next((payment for payment in payments if payment.provider_id == MANUAL_PROVIDER), None)
    if promised is None:
        raise NothingPromised
    return promised


def _confirm_arrival(order: Order, payment: Payment) -> None:
    amount = show_cents(payment.amount_cents, payment.currency_code)
    question = french_or_english(
        f"Commande {order.display_id} : {amount} sont arrivés en entier ?",
        f"Order {order.display_id}: has all of {amount} come?",
    )
    confirm(question)


def _choose_payment(payments: Sequence[Payment], named: str) -> Payment:
    """The one that is named, or the only one that something is left of."""
    left = [each for each in payments if each.captured_at and each.refund_committed_cents < each.amount_cents]
    fit = [each for each in payments if each.id == named] if named else left or payments
    if len(fit) != 1:
        raise PaymentToChoose([each.id for each in left or payments])
    return fit[0]


def _confirm(order: Order, due_cents: int, currency_code: str) -> None:
    amount = show_cents(due_cents, currency_code)
    question = french_or_english(
        f"Commande {order.display_id} : rembourser {amount} ?", f"Order {order.display_id}: give back {amount}?"
    )
    confirm(question)


def _describe_order(order: Order) -> dict[str, object]:
    names = (
        "id", "display_id", "status", "review_reason", "total_cents", "currency_code", "created_at", "paid_at",
        "is_paid_late", "canceled_at",
    )  # fmt: skip
    return {name: getattr(order, name) for name in names}


def _describe_payment(payment: Payment) -> dict[str, object]:
    names = (
        "id", "provider_id", "payment_intent_id", "charge_id", "amount_cents", "currency_code", "captured_at",
        "refund_committed_cents", "refunded_cents", "charge_refunded_cents",
    )  # fmt: skip
    return {name: getattr(payment, name) for name in names}


def _describe_dispute(dispute: Dispute) -> dict[str, object]:
    names = (
        "id", "stripe_dispute_id", "payment_id", "amount_cents", "currency_code", "status", "reason", "evidence_due_at",
        "withdrawn_at", "reinstated_at", "closed_at",
    )  # fmt: skip
    return {name: getattr(dispute, name) for name in names}


def _describe_event(event: PaymentEvent) -> dict[str, object]:
    names = ("stripe_event_id", "type", "state", "error_code", "event_created_at", "processed_at", "source")
    return {name: getattr(event, name) for name in names}


def _print_order(order: Order, standing: str) -> None:
    total = show_cents(order.total_cents, order.currency_code)
    number = french_or_english("Commande", "Order")
    print_line(f"{number} {order.display_id}  {order.id}  {total}  {standing}")
    print_line(f"  {order.status}" + (f"  [{order.review_reason}]" if order.review_reason else ""))


def _print_money(payments: Sequence[Payment], refunds: Sequence[Refund], disputes: Sequence[Dispute]) -> None:
    for payment in payments:
        captured = f"{payment.captured_at:%Y-%m-%d %H:%M}" if payment.captured_at else "-"
        amount = show_cents(payment.amount_cents, payment.currency_code)
        back = french_or_english("remboursé", "refunded") + f" {payment.refunded_cents}"
        print_line(f"  {captured}  {payment.id}  {payment.payment_intent_id or payment.provider_id}  {amount}  {back}")
    for each in refunds:
        print_refund(each)
    for dispute in disputes:
        due = f"  < {dispute.evidence_due_at:%Y-%m-%d}" if dispute.evidence_due_at else ""
        amount = show_cents(dispute.amount_cents, dispute.currency_code)
        print_line(f"  {dispute.stripe_dispute_id}  {amount}  {dispute.status}  {dispute.reason or ''}{due}")
