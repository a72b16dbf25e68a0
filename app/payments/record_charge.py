"""What Stripe says of a charge as a whole: how much of it went back, whoever asked for it."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.gateways.stripe import StripeCharge
from app.payments.models import Payment
from app.payments.queries import lock_refunds
from app.payments.record_refund import follow_refunds


def record_charge(session: Session, payment: Payment, told: StripeCharge, told_at: datetime) -> None:
    """The amount is cumulative: the newer word wins, of two at one second the larger (payments §2.2).

    The payment's row is locked. Repeating it changes nothing.
    """
    payment.charge_id = told.id
    before = (payment.charge_told_at.timestamp() if payment.charge_told_at else 0.0, payment.charge_refunded_cents)
    if (told_at.timestamp(), told.amount_refunded_cents) > before:
        payment.charge_told_at, payment.charge_refunded_cents = told_at, told.amount_refunded_cents
    follow_refunds(payment, lock_refunds(session, payment.id))
    session.flush()  # whoever reads by a statement finds it
