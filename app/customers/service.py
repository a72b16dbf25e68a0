"""Remembers who buys."""

from typing import TypedDict

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.db import Base, Json
from app.core.ids import new_id
from app.core.versions import check_unchanged
from app.customers import queries
from app.customers.errors import CustomerKnown
from app.customers.models import Customer
from app.customers.rules import check_new_email

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


def create_customer(session: Session, email: str, details: CustomerDetails) -> Customer:
    """Note a buyer who has no account; raises `CustomerKnown`."""
    given = {"id": new_id("cus"), "email": email.lower(), "has_account": False}
    made: str | None = session.scalar(_NEW_GUEST, given)
    if made is None:
        raise CustomerKnown
    record_audit(session, "customer.create", made)
    return update_customer(session, made, details)


def correct_customer(
    session: Session, customer_id: str, details: CustomerDetails, email: str | None = None, if_match: str | None = None
) -> Customer:
    """Correct what is known of a customer, for whoever works here; gives the customer with the address book.

    Raises `CustomerNotFound`, `ChangedMeanwhile`, `CustomerKnown`, and what `check_new_email` refuses.
    """
    customer = queries.lock_known_customer(session, customer_id)
    check_unchanged(if_match, customer.updated_at)
    changed = [name for name, value in details.items() if getattr(customer, name) != value]
    if email is not None and email != customer.email:
        check_new_email(has_account=customer.has_account)
        if queries.find_guest_id(session, email) is not None:
            raise CustomerKnown
        customer.email = email
        changed.append("email")
    apply_details(customer, details)
    customer.updated_at = utc_now()
    if changed:  # which fields, and not what is in them: it is personal
        record_audit(session, "customer.update", customer.id, {"changed": sorted(changed)})
    session.flush()  # the book is read from the database
    return queries.get_with_addresses(session, customer.id)
