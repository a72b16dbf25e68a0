"""Money that came by transfer or in cash, which only a person can know: it ends where all late money ends."""

from sqlalchemy.orm import Session

from app.carts.queries import lock_cart
from app.checkout.queries import find_cart_id
from app.checkout.rules import Sum, check_capture
from app.checkout.settle_order import settle_order
from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.orders.queries import lock_order_of_cart
from app.payments.queries import get_known_payment, lock_session
from app.payments.service import mark_arrived
from app.staff.rules import Role


def record_manual_payment(session: Session, payment_id: str, role: Role, amount_cents: int | None = None) -> None:
    """Note that the whole of a manual payment has come, once: its order is paid. Repeating it changes nothing.

    No mail: the order was confirmed when it was placed (docs/decisions/0023). Raises `PaymentNotFound` and what
    `check_capture` refuses.
    """
    promised = get_known_payment(session, payment_id)
    check_capture(role, promised.provider_id, Sum(promised.amount_cents, promised.currency_code), amount_cents)
    cart = lock_cart(session, str(find_cart_id(session, promised.payment_collection_id)))
    order = lock_order_of_cart(session, cart.id)
    attempt = lock_session(session, promised.payment_session_id)
    receipt = mark_arrived(session, attempt, payment_id, utc_now())
    if receipt.is_new:
        details = {"order_id": order.id, "amount_cents": receipt.amount_cents, "currency_code": receipt.currency_code}
        record_audit(session, "payment.captured", payment_id, details)
    settle_order(session, order, attempt, receipt, utc_now())
