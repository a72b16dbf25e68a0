"""What an unpaid order keeps from others: its pieces, and the uses of its promotions."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.log import log_event
from app.orders.models import Order
from app.orders.service import mark_canceled
from app.payments.service import supersede_sessions
from app.promotions.service import release_uses
from app.stock.service import release


def cancel_order(session: Session, order: Order, at: datetime) -> bool:
    """Cancel an order whose cart and row are locked, and give back what it kept; whether that was news.

    A paid order stays as it is, and so does one that a person looks at: some money of it is here.
    """
    if order.paid_at is not None or order.review_reason is not None or order.canceled_at is not None:
        return False
    mark_canceled(order, at)
    supersede_sessions(session, order.payment_collection_id)
    release_uses(session, order.id)
    release(session, order.cart_id)
    log_event("unpaid order canceled", orderId=order.id)
    return True
