"""A customer whom nobody sold anything to may be forgotten; one with orders is kept with them."""

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from app.carts.models import Cart
from app.core.audit_log import record_audit
from app.core.versions import check_unchanged
from app.customers.errors import CustomerHasOrders
from app.customers.queries import lock_known_customer
from app.orders.models import Order


def delete_customer(session: Session, customer_id: str, if_match: str | None = None) -> None:
    """Forget a customer with address book and account; carts that were theirs are anybody's.

    Raises `CustomerNotFound`, `ChangedMeanwhile`, `CustomerHasOrders`.
    """
    customer = lock_known_customer(session, customer_id)
    check_unchanged(if_match, customer.updated_at)
    if session.scalar(select(exists().where(Order.customer_id == customer_id))):
        raise CustomerHasOrders
    session.execute(update(Cart).where(Cart.customer_id == customer_id).values(customer_id=None))
    record_audit(session, "customer.delete", customer_id, {"has_account": customer.has_account})
    session.delete(customer)
    session.flush()  # an order that was placed meanwhile is refused here
