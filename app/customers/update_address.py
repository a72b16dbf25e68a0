"""The address book of a customer: each change holds the customer's row, so that there is one default of a kind."""

from typing import TypedDict

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core.db import Json
from app.core.ids import new_id
from app.customers import queries
from app.customers.errors import AddressNotFound
from app.customers.models import Customer, CustomerAddress
from app.customers.rules import check_address_count


class AddressChanges(TypedDict, total=False):
    """What a customer types; a key that is absent stays as it is."""

    address_name: str | None
    is_default_shipping: bool
    is_default_billing: bool
    first_name: str | None
    last_name: str | None
    phone: str | None
    company: str | None
    address_1: str | None
    address_2: str | None
    city: str | None
    country_code: str | None
    province: str | None
    postal_code: str | None
    details: Json | None


def get_address(session: Session, customer_id: str, address_id: str) -> CustomerAddress:
    """An address of this customer's book; raises `AddressNotFound` for anybody else's."""
    address = queries.find_address(session, customer_id, address_id)
    if address is None:
        raise AddressNotFound(address_id)
    return address


def add_address(session: Session, customer_id: str, changes: AddressChanges) -> Customer:
    """One more address; gives the customer with the whole book. Raises `TooManyAddresses`."""
    queries.lock_customer(session, customer_id)
    check_address_count(queries.count_addresses(session, customer_id))
    address = CustomerAddress(id=new_id("cuaddr"), customer_id=customer_id)
    _apply(session, address, changes)
    session.add(address)
    return _show_book(session, customer_id)


def update_address(session: Session, customer_id: str, address_id: str, changes: AddressChanges) -> Customer:
    """Change an address; gives the customer with the whole book. Raises `AddressNotFound`."""
    queries.lock_customer(session, customer_id)
    _apply(session, get_address(session, customer_id, address_id), changes)
    return _show_book(session, customer_id)


def remove_address(session: Session, customer_id: str, address_id: str) -> Customer:
    """Take an address out of the book; raises `AddressNotFound`."""
    queries.lock_customer(session, customer_id)
    session.delete(get_address(session, customer_id, address_id))
    return _show_book(session, customer_id)


def _show_book(session: Session, customer_id: str) -> Customer:
    session.flush()  # the book is read from the database, with what was just written
    return queries.get_with_addresses(session, customer_id)


def _apply(session: Session, address: CustomerAddress, changes: AddressChanges) -> None:
    """Set what is given; a new default takes the flag from the old one first: the database takes one of a kind."""
    for flag in ("is_default_shipping", "is_default_billing"):
        if changes.get(flag):
            others = (CustomerAddress.customer_id == address.customer_id, getattr(CustomerAddress, flag))
            session.execute(
                update(CustomerAddress).where(*others, CustomerAddress.id != address.id).values({flag: False})
            )
    for name, value in changes.items():
        setattr(address, name, value)
