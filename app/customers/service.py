"""Remembers who buys."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.customers.models import Customer


def record_guest(session: Session, email: str) -> Customer:
    """The guest customer with this address, made if there is none; two carts at once make one."""
    address = email.lower()
    guest = insert(Customer).values(id=new_id("cus"), email=address, has_account=False)
    session.execute(guest.on_conflict_do_nothing(index_elements=["email", "has_account"]))
    return session.scalars(select(Customer).where(Customer.email == address, Customer.has_account.is_(False))).one()
