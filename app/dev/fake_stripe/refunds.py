"""Refunds made by hand, as in the dashboard: money goes back, and nobody asked the shop first."""

from dataclasses import dataclass, replace

from app.core.clock import utc_now
from app.dev.fake_stripe.charges import Charge, render_charge
from app.dev.fake_stripe.events import Events
from app.dev.fake_stripe.ids import new_id
from app.dev.fake_stripe.refused import Json, Refused, no_such
from app.dev.journal import Journal, Kept


@dataclass(frozen=True, kw_only=True)
class Refund(Kept):
    """Money given back from one charge."""

    charge: str
    payment_intent: str
    amount: int
    currency: str
    created: int
    status: str = "succeeded"
    reason: str | None = None


class Refunds:
    """Gives money back, and says so."""

    def __init__(self, journal: Journal, events: Events) -> None:
        self._journal = journal
        self._events = events

    def refund_by_hand(self, charge_id: str, amount: int | None, *, is_delivered: bool = True) -> Json:
        """Give back `amount` of a charge, or all that is left; more than is left is refused."""
        charge = self._journal.find(Charge, charge_id)
        if charge is None:
            raise no_such("charge", charge_id, "charge")
        wanted = charge.amount_left if amount is None else amount
        _check_amount(wanted, charge)
        refund = Refund(
            id=new_id("re"),
            charge=charge.id,
            payment_intent=charge.payment_intent,
            amount=wanted,
            currency=charge.currency,
            created=int(utc_now().timestamp()),
            reason="requested_by_customer",
        )
        refunded = replace(charge, amount_refunded=charge.amount_refunded + wanted)
        self._journal.put(refund)
        self._journal.put(refunded)
        self._events.emit("charge.refunded", render_charge(refunded), is_delivered=is_delivered)
        self._events.emit("refund.created", render_refund(refund), is_delivered=is_delivered)
        return render_refund(refund)


def _check_amount(wanted: int, charge: Charge) -> None:
    if charge.amount_left == 0:
        raise Refused(400, f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
    if wanted <= 0:
        raise Refused(400, "Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if wanted > charge.amount_left:
        left = f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({charge.amount_left})"
        raise Refused(400, left, param="amount")


def render_refund(refund: Refund) -> Json:
    """The refund object."""
    return {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "balance_transaction": f"txn_{refund.id.removeprefix('re_')}",
        "charge": refund.charge,
        "created": refund.created,
        "currency": refund.currency,
        "destination_details": {"card": {"reference_status": "pending", "type": "refund"}, "type": "card"},
        "metadata": {},
        "payment_intent": refund.payment_intent,
        "reason": refund.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": refund.status,
        "transfer_reversal": None,
    }
