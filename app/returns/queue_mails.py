"""What a customer reads of a return or a withdrawal, and what the shop does."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.db import Json
from app.core.settings import get_settings
from app.core.words import Words
from app.notifications.queue_alert import queue_alert
from app.notifications.service import describe_shop, queue_mail
from app.orders.models import Order, OrderLine
from app.returns.compute_deadlines import compute_sending_end
from app.returns.models import OrderReturn, Withdrawal
from app.shipping.models import ShippingLocation, ShippingOption
from app.shop.rules import compute_business_day

APPROVED, REJECTED = "return_approved", "return_rejected"
LINK, ACKNOWLEDGED = "withdrawal_link", "withdrawal_acknowledged"
# A link to a page of ours, which any browser can use: the storefront may have a page of its own, and need not.
PAGE = "/retractation"


def queue_return_approved(session: Session, order: Order, parcel: OrderReturn) -> None:
    """Tell the customer that the pieces may come, where to and until when, once; without e-mail nobody hears."""
    declared_on = compute_business_day(parcel.created_at if parcel.is_withdrawal else utc_now())
    more: Json = {
        "send_by": compute_sending_end(declared_on).isoformat(),
        "address": list_return_address(session, parcel.shipping_option_id),
    }
    _queue_answer(session, order, parcel, APPROVED, more)


def queue_return_rejected(session: Session, order: Order, parcel: OrderReturn) -> None:
    """Tell the customer why not, in the shop's words."""
    _queue_answer(session, order, parcel, REJECTED, {"reason": parcel.rejection})


def queue_withdrawal_link(session: Session, order: Order, withdrawal: Withdrawal, token: str, life: timedelta) -> None:
    """Mail the order's address the second step; the order's number is all that it says of the order."""
    content: Json = {
        **describe_shop(session),
        "display_id": order.display_id,
        "hours": life // timedelta(hours=1),
    }
    link = f"{get_settings().public_url.rstrip('/')}{PAGE}/{token}"
    queue_mail(
        session,
        LINK,
        withdrawal.id,
        order.email or "",
        order.locale,
        content,
        secret={"link": link},
        expires_at=withdrawal.expires_at,
    )


def queue_acknowledgement(session: Session, order: Order, withdrawal: Withdrawal, statement: Json) -> None:
    """What was declared, at which instant: the durable medium of the law (art. L221-21)."""
    content: Json = {
        **describe_shop(session),
        **statement,
        "address": list_return_address(session, None) if statement["send_by"] else [],
    }
    queue_mail(session, ACKNOWLEDGED, withdrawal.id, order.email or "", order.locale, content)


def queue_withdrawal_alert(session: Session, order: Order, *, is_sent: bool) -> None:
    """Tell the shop, once: what comes back, and what must not leave any more."""
    back = Words(
        "attendez le colis ou une preuve d'expédition (comptoir returns list), puis remboursez : le délai est affiché "
        "par comptoir returns deadlines.",
        "wait for the parcel or a proof of dispatch (comptoir returns list), then refund: comptoir returns deadlines "
        "shows until when.",
    )
    unsent = Words(
        "n'expédiez rien de cette commande, et validez le remboursement qui attend (comptoir refunds list) : il est dû "
        "sous quatorze jours.",
        "send nothing of this order, and approve the refund that waits (comptoir refunds list): it is due within "
        "fourteen days.",
    )
    queue_alert(
        session,
        "withdrawal_declared",
        order.id,
        f"n° {order.display_id}",
        Words(
            "Un client s'est rétracté de sa commande ; l'accusé de réception est parti.",
            "A customer has withdrawn from an order; the acknowledgement has left.",
        ),
        back if is_sent else unsent,
    )


def describe_pieces(lines: Iterable[tuple[OrderLine, int]]) -> list[Json]:
    """Pieces by their names on the day of the purchase."""
    return [
        {"title": line.product_title, "variant": line.variant_title, "quantity": quantity}
        for line, quantity in lines
        if quantity
    ]


def list_return_address(session: Session, option_id: str | None) -> list[str]:
    """Where the way back leads, or the shop's one place; empty: the customer asks the shop."""
    option = session.get(ShippingOption, option_id) if option_id else None
    if option is not None and option.location_id is not None:
        return _address(session.get_one(ShippingLocation, option.location_id))
    places = session.scalars(select(ShippingLocation).limit(2)).all()
    return _address(places[0]) if len(places) == 1 else []


def _address(place: ShippingLocation) -> list[str]:
    town = f"{place.postal_code} {place.city}"
    rows = (place.name, place.address_1, place.address_2, town, place.country_code.upper())
    return [row for row in rows if row]


def _queue_answer(
    session: Session, order: Order, parcel: OrderReturn, template: str, more: Mapping[str, object]
) -> None:
    if order.email is None:
        return
    sold = {line.id: line for line in session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))}
    content: Json = {
        **describe_shop(session),
        "display_id": order.display_id,
        "return_number": parcel.display_id,
        "lines": describe_pieces((sold[line.order_line_id], line.quantity) for line in parcel.lines),
        **more,
    }
    queue_mail(session, template, parcel.id, order.email, order.locale, content)
