"""Money that came, without a shop around it."""

from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.ids import new_id
from app.payments.models import Payment, PaymentCollection, PaymentSession


def make_payment(
    session: Session, amount_cents: int = 10_000, *, is_captured: bool = True, currency_code: str = "eur"
) -> Payment:
    """A payment by card, or one that is promised and has not come yet."""
    collection = PaymentCollection(id=new_id("pay_col"), amount_cents=amount_cents, currency_code=currency_code)
    attempt = PaymentSession(
        id=new_id("payses"),
        payment_collection_id=collection.id,
        provider_id="pp_stripe_stripe",
        amount_cents=amount_cents,
        currency_code=currency_code,
    )
    payment = Payment(
        id=new_id("pay"),
        payment_collection_id=collection.id,
        payment_session_id=attempt.id,
        provider_id=attempt.provider_id,
        payment_intent_id=new_id("pi"),
        amount_cents=amount_cents,
        currency_code=currency_code,
        captured_at=utc_now() if is_captured else None,
    )
    for row in (collection, attempt, payment):  # nothing relates them but their ids
        session.add(row)
        session.flush()
    return payment
