"""`/store/customers/me/addresses`: the address book of who is logged in; nobody else's is ever found (store-api §9)."""

from typing import Annotated, cast

from fastapi import Path, Query, Response
from sqlalchemy.orm import Session

from app.core.db import SessionDep
from app.core.fields import answer, answer_page, parse_fields
from app.customers.models import Customer
from app.customers.queries import list_addresses
from app.customers.schemas import customer_address_out, customer_out
from app.customers.update_address import AddressChanges, add_address, get_address, remove_address, update_address
from app.store_api.access import CustomerDep, store_router
from app.store_api.customers import parse_customer_fields, show
from app.store_api.schemas import StoreQuery
from app.store_api.schemas_customers import AddressesQuery, CustomerAddressBody
from app.store_api.shapes_customer import AddressAnswer, AddressDeletedAnswer, AddressesAnswer, CustomerAnswer

router = store_router(for_customers=True)

AddressId = Annotated[str, Path()]
Fields = Annotated[StoreQuery, Query()]


@router.get("/customers/me/addresses", response_model=AddressesAnswer)
def list_own_addresses(
    session: SessionDep, customer: CustomerDep, query: Annotated[AddressesQuery, Query()]
) -> Response:
    """A page of one's own addresses."""
    addresses, count = list_addresses(
        session,
        customer.id,
        limit=query.limit,
        offset=query.offset,
        cities=query.city,
        country_codes=query.country_code,
        postal_codes=query.postal_code,
        text=query.q,
        order=query.order,
    )
    shown = [customer_address_out(address) for address in addresses]
    tree = parse_fields(query.fields)
    return answer_page("addresses", shown, tree, count=count, offset=query.offset, limit=query.limit)


@router.post("/customers/me/addresses", response_model=CustomerAnswer)
def create_address(session: SessionDep, customer: CustomerDep, body: CustomerAddressBody, query: Fields) -> Response:
    """One more address; a new default takes the flag from the old one."""
    return _show(session, add_address(session, customer.id, _changes(body)), query)


@router.get("/customers/me/addresses/{address_id}", response_model=AddressAnswer)
def show_address(session: SessionDep, customer: CustomerDep, address_id: AddressId, query: Fields) -> Response:
    """One address."""
    address = get_address(session, customer.id, address_id)
    return answer("address", customer_address_out(address), parse_fields(query.fields))


@router.post("/customers/me/addresses/{address_id}", response_model=CustomerAnswer)
def change_address(
    session: SessionDep, customer: CustomerDep, address_id: AddressId, body: CustomerAddressBody, query: Fields
) -> Response:
    """Change what is given; what is absent stays."""
    return _show(session, update_address(session, customer.id, address_id, _changes(body)), query)


@router.delete("/customers/me/addresses/{address_id}")
def delete_address(
    session: SessionDep, customer: CustomerDep, address_id: AddressId, _query: Fields
) -> AddressDeletedAnswer:
    """Take an address out of the book."""
    parent = customer_out(remove_address(session, customer.id, address_id))
    return AddressDeletedAnswer(id=address_id, object="address", deleted=True, parent=parent)


def _show(session: Session, customer: Customer, query: StoreQuery) -> Response:
    return show(session, customer, parse_customer_fields(query.fields))


def _changes(body: CustomerAddressBody) -> AddressChanges:
    """What the body says; what it does not say is absent. A null flag says nothing."""
    given = body.model_dump(exclude_unset=True)
    if "metadata" in given:
        given["details"] = given.pop("metadata")
    flags = ("is_default_shipping", "is_default_billing")
    return cast(
        AddressChanges, {name: value for name, value in given.items() if name not in flags or value is not None}
    )
