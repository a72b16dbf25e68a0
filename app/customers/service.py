"""Remembers who buys."""

from typing import TypedDict

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.db import Base, Json
from app.core.ids import new_id
from app.customers import queries
from app.customers.models import Customer

_customer = Base.metadata.tables[Customer.__tablename__]
_NEW_GUEST = insert(_customer).on_conflict_do_nothing(index_elements=["email", "has_account"]).returning(_customer.c.id)
_GUEST_ID = select(_customer.c.id).where(
    _customer.c.email == bindparam("email"), _customer.c.has_account == bindparam("has_account")
)


class CustomerDetails(TypedDict, total=False):
    """What customers say of themselves; a key that is absent stays as it is."""

    first_name: str | None
    last_name: str | None
    phone: str | None
    company_name: str | None
    details: Json | None


def record_guest(session: Session, email: str) -> str:
    """The id of the guest customer with this address, made if there is none; two carts at once make one."""
    given = {"id": new_id("cus"), "email": email.lower(), "has_account": False}
    made: str | None = session.scalar(_NEW_GUEST, given)
    return made or session.scalars(_GUEST_ID, given).one()


def update_customer(session: Session, customer_id: str, details: CustomerDetails) -> Customer:
    """Change what customers say of themselves; gives the customer with the address book."""
    apply_details(queries.lock_customer(session, customer_id), details)
    return queries.get_with_addresses(session, customer_id)


def apply_details(customer: Customer, details: CustomerDetails) -> None:
    """Set what is given."""
    for name, value in details.items():
        setattr(customer, name, value)
