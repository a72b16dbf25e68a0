"""The customer hears that a parcel left, once."""

from sqlalchemy.orm import Session

from app.core.db import Json
from app.fulfilment.models import Fulfilment
from app.notifications.service import describe_shop, queue_mail
from app.orders.models import Order

TEMPLATE = "shipment_sent"


def queue_shipment_sent(session: Session, order: Order, parcel: Fulfilment) -> None:
    """Ask for the mail in the transaction that ships the parcel; an order without e-mail gets none.

    The order is whole, and its lines count this parcel already.
    """
    if order.email is not None:
        content = {**describe_shop(session), **_describe(order, parcel)}
        queue_mail(session, TEMPLATE, parcel.id, order.email, order.locale, content)


def _describe(order: Order, parcel: Fulfilment) -> Json:
    numbers = [label.tracking_number for label in parcel.labels]
    return {
        "display_id": order.display_id,
        "first_name": order.shipping_address.first_name if order.shipping_address else None,
        "is_partial": any(line.requires_shipping and line.shipped_quantity < line.quantity for line in order.lines),
        "lines": [
            {"title": each.sold.product_title, "variant": each.sold.variant_title, "quantity": each.quantity}
            for each in parcel.lines
        ],
        "carrier": next((label.carrier for label in parcel.labels if label.carrier), None),
        "tracking_number": ", ".join(numbers) or None,
        "tracking_link": next((label.tracking_url for label in parcel.labels if label.tracking_url), None),
    }
