"""A guest's order for an account: asked for by the customer, answered by whoever reads the mail of the order's address.

That somebody signed up with an address proves nothing; the link that was sent there does.
"""

from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.auth import hash_token, new_token
from app.core.clock import utc_now
from app.core.ids import new_id
from app.core.settings import get_settings
from app.customers.models import Customer
from app.notifications.service import describe_shop, queue_mail
from app.orders import queries
from app.orders.errors import TransferNotFound, TransferTokenInvalid
from app.orders.models import Order, OrderTransfer
from app.orders.rules import TRANSFER_LIFETIME, Transferable, check_open_without_login, check_transferable

TEMPLATE = "order_transfer"


def request_transfer(session: Session, order_id: str, customer_id: str, description: str | None) -> Order:
    """Ask the order's address; asking again replaces the former link. Raises what `check_transferable` does."""
    order = queries.lock_order(session, order_id)
    owner = session.get(Customer, order.customer_id) if order.customer_id else None
    check_transferable(
        Transferable(order.id, order.email, order.customer_id, bool(owner and owner.has_account)), customer_id
    )
    check_open_without_login(order.id, order.created_at, utc_now())
    for former in queries.list_open_transfers(session, order.id):
        if former.customer_id == customer_id:
            _end(former, "canceled")
    session.flush()  # the database takes one open request of a customer for an order
    token = new_token()
    transfer = OrderTransfer(
        id=new_id("ordtr"),
        order_id=order.id,
        customer_id=customer_id,
        description=description,
        token_hash=hash_token(token),
        expires_at=utc_now() + TRANSFER_LIFETIME,
    )
    session.add(transfer)
    _queue_mail(session, order, transfer, token)
    return order


def accept_transfer(session: Session, order_id: str, token: str) -> Order:
    """The order is the customer's who asked; nobody else's request stands. Raises `TransferTokenInvalid`."""
    order, transfer = _get_answered(session, order_id, token)
    order.customer_id = transfer.customer_id
    _end(transfer, "accepted")
    for other in queries.list_open_transfers(session, order.id):
        if other.id != transfer.id:
            _end(other, "canceled")
    record_audit(session, "order.transferred", order.id, {"customer_id": transfer.customer_id})
    return order


def decline_transfer(session: Session, order_id: str, token: str) -> Order:
    """The order stays where it is, and the link is used. Raises `TransferTokenInvalid`."""
    order, transfer = _get_answered(session, order_id, token)
    _end(transfer, "declined")
    return order


def cancel_transfer(session: Session, order_id: str, customer_id: str) -> Order:
    """The customer does not want it any more; raises `TransferNotFound`, also for an order that is not there."""
    waiting = [each for each in queries.list_open_transfers(session, order_id) if each.customer_id == customer_id]
    if not waiting:
        raise TransferNotFound
    order = queries.lock_order(session, order_id)
    for transfer in waiting:
        session.refresh(transfer)
        if transfer.state != "requested":  # answered while we waited for the lock
            raise TransferNotFound
        _end(transfer, "canceled")
    return order


def _get_answered(session: Session, order_id: str, token: str) -> tuple[Order, OrderTransfer]:
    order = queries.lock_order(session, order_id)
    transfer = queries.find_open_transfer(session, order_id, hash_token(token), utc_now())
    if transfer is None:
        raise TransferTokenInvalid
    return order, transfer


def _end(transfer: OrderTransfer, state: str) -> None:
    transfer.state = state
    transfer.ended_at = utc_now()


def _queue_mail(session: Session, order: Order, transfer: OrderTransfer, token: str) -> None:
    queue_mail(
        session,
        TEMPLATE,
        transfer.id,
        order.email or "",
        order.locale,
        {
            **describe_shop(session),
            "display_id": order.display_id,
            "description": transfer.description,
            "days": TRANSFER_LIFETIME.days,
        },
        secret={"link": f"{get_settings().storefront_base}/order/{order.id}/transfer/{token}"},
        expires_at=transfer.expires_at,
    )
