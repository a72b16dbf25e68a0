"""Remembers who buys."""

from typing import TypedDict

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.db import Json
from app.core.ids import new_id
from app.customers import queries
from app.customers.models import Customer


class CustomerDetails(TypedDict, total=False):
    """What customers say of themselves; a key that is absent stays as it is."""

    first_name: str | None
    last_name: str | None
    phone: str | None
    company_name: str | None
    details: Json | None


def record_guest(session: Session, email: str) -> Customer:
    """The guest customer with this address, made if there is none; two carts at once make one."""
    address = email.lower()
    guest = insert(Customer).values(id=new_id("cus"), email=address, has_account=False)
    session.execute(guest.on_conflict_do_nothing(index_elements=["email", "has_account"]))
    return session.scalars(select(Customer).where(Customer.email == address, Customer.has_account.is_(False))).one()


def update_customer(session: Session, customer_id: str, details: CustomerDetails) -> Customer:
    """Change what customers say of themselves; gives the customer with the address book."""
    apply_details(queries.lock_customer(session, customer_id), details)
    return queries.get_with_addresses(session, customer_id)


def apply_details(customer: Customer, details: CustomerDetails) -> None:
    """Set what is given."""
    for name, value in details.items():
        setattr(customer, name, value)
