"""Amounts and refunds as a command shows them: the cents that are typed, and what they come to."""

from collections.abc import Sequence
from contextlib import suppress

import typer
from babel.numbers import format_currency

from app.cli.language import french_or_english
from app.cli.output import print_json, print_line
from app.core.db import unit_of_work
from app.core.money import to_wire
from app.payments.models import Refund
from app.payments.queries import get_refund
from app.refunds.send_refund import try_refund


def show_cents(cents: int, currency_code: str) -> str:
    """`1250 = 12,50 €`: whoever types cents sees at once when there are two noughts too many (design §4.4)."""
    locale = french_or_english("fr_FR", "en_GB")
    return f"{cents} = {format_currency(to_wire(cents, currency_code), currency_code.upper(), locale=locale)}"


def describe_refund(refund: Refund) -> dict[str, object]:
    """A refund for `--json`: no personal data."""
    names = (
        "id", "payment_id", "return_id", "origin", "amount_cents", "currency_code", "reason", "note", "status",
        "pending_reason", "error_code", "stripe_refund_id", "requested_by", "approved_by", "created_at", "ended_at",
    )  # fmt: skip
    return {name: getattr(refund, name) for name in names}


def print_refund(refund: Refund) -> None:
    """One line of a refund."""
    ground = refund.return_id or refund.reason or refund.origin
    cause = f"  [{refund.error_code or refund.pending_reason}]" if refund.error_code or refund.pending_reason else ""
    amount = show_cents(refund.amount_cents, refund.currency_code)
    print_line(f"{refund.created_at:%Y-%m-%d %H:%M}  {refund.id}  {amount}  {refund.status}  {ground}{cause}")


def print_refunds(refunds: Sequence[Refund], *, as_json: bool) -> None:
    """A list of refunds, or that there is none."""
    if as_json:
        print_json([describe_refund(refund) for refund in refunds])
        return
    for refund in refunds:
        print_refund(refund)
    if not refunds:
        print_line(french_or_english("Aucun remboursement.", "No refund."))


def send_and_print(refund_id: str, *, as_json: bool) -> None:
    """Make the attempt to send a refund, with no transaction open, show where it stands, and end: 1 if refused."""
    with suppress(KeyboardInterrupt):  # it is promised already, and the worker sends it: whoever gave up must read that
        try_refund(refund_id)
    with unit_of_work() as session:
        done = get_refund(session, refund_id)
    print_outcome(done, as_json=as_json)
    raise typer.Exit(int(done.status == "failed"))


def print_outcome(refund: Refund, *, as_json: bool) -> None:
    """Where a refund stands after the attempt of this command, and what comes next."""
    if as_json:
        print_json(describe_refund(refund))
        return
    print_refund(refund)
    nexts = {
        "succeeded": ("L'argent est parti ; le client est prévenu.", "The money has left; the customer is told."),
        "pending": ("Stripe l'a pris en charge ; la suite arrive d'elle-même.", "Stripe has it; the rest follows."),
        "requested": (
            "Stripe n'a pas répondu ; le worker le renvoie, une seule fois payé. Ne le refaites pas.",
            "Stripe did not answer; the worker sends it again and pays once. Do not repeat it.",
        ),
        "failed": (
            "Stripe le refuse ; le montant est libéré. Convenez d'un autre moyen avec le client.",
            "Stripe refuses it; the amount is free again. Agree on another way with the customer.",
        ),
        "canceled": ("Écarté ; le montant est libéré.", "Set aside; the amount is free again."),
    }
    print_line(french_or_english(*nexts[refund.status]))
