"""`/admin/customers`: who buys, with their address books. What somebody bought is kept: see `delete_customer`.

Source: store-api §11, decision 0032. Groups of customers are not built.
"""

# ruff: noqa: RUF012 - pydantic copies the defaults of a model, and so these lists are never shared

from typing import Annotated, Literal, cast

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.admin_api.access import IfMatchDep, reading_router, writing_router
from app.admin_api.schemas import AdminPageQuery, AdminQuery, DeletedOut, PathId
from app.admin_api.schemas_order import AddressBody
from app.core.api_document import refusing
from app.core.audit_log import record_audit
from app.core.bodies import MOST_IDS, Body, Email, Ids, Line, Metadata, PageOut
from app.core.db import SessionDep
from app.core.fields import answer, answer_page, parse_fields
from app.core.query import describe_query, query_of
from app.core.versions import ChangedMeanwhile, check_unchanged, etag_of
from app.customers.errors import CustomerNotFound
from app.customers.models import Customer
from app.customers.queries import CustomerSearch, get_customer, list_addresses, list_customers, lock_customer
from app.customers.schemas import CustomerAddressOut, CustomerOut, customer_address_out, customer_out
from app.customers.service import CustomerDetails, correct_customer, create_customer
from app.customers.update_address import AddressChanges, add_address, get_address, remove_address, update_address
from app.orders.delete_customer import delete_customer

reading = reading_router()
writing = writing_router()

Fields = Annotated[AdminQuery, Query()]
By = Literal[
    "id", "-id", "email", "-email", "first_name", "-first_name", "last_name", "-last_name", "created_at",
    "-created_at", "updated_at", "-updated_at",
]  # fmt: skip


class CustomersQuery(AdminPageQuery):
    """Which customers; newest first if nothing is said."""

    order: By = "-created_at"
    id: Ids = []
    email: Annotated[list[Line], Field(max_length=MOST_IDS)] = []
    has_account: bool | None = None


class CustomerBody(Body):
    """What is known of a customer; what is absent stays."""

    email: Email | None = None
    first_name: Line | None = None
    last_name: Line | None = None
    phone: Line | None = None
    company_name: Line | None = None
    metadata: Metadata | None = None


class NewCustomerBody(CustomerBody):
    """An address is what a customer is known by."""

    email: Email


class CustomerAddressBody(AddressBody):
    """An address of the book; a new default takes the flag from the old one."""

    address_name: Line | None = None
    is_default_shipping: bool = False
    is_default_billing: bool = False


class CustomerAnswer(BaseModel):
    """Medusa's envelope."""

    customer: CustomerOut


class CustomersAnswer(PageOut):
    """A page of customers."""

    customers: list[CustomerOut]


class AddressAnswer(BaseModel):
    """One address."""

    address: CustomerAddressOut


class AddressesAnswer(PageOut):
    """An address book."""

    addresses: list[CustomerAddressOut]


class AddressDeletedOut(DeletedOut):
    """What is gone, and the customer without it."""

    parent: CustomerOut


@reading.get("/customers", response_model=CustomersAnswer, openapi_extra=describe_query(CustomersQuery))
def list_all(session: SessionDep, query: Annotated[CustomersQuery, Depends(query_of(CustomersQuery))]) -> Response:
    """Customers; `q` is part of an e-mail, or the beginning of a name."""
    wanted = CustomerSearch(query.q, query.id, query.email, query.has_account)
    found, count = list_customers(session, wanted, limit=query.limit, offset=query.offset, order=query.order)
    shown = [customer_out(customer) for customer in found]
    tree = parse_fields(query.fields)
    return answer_page("customers", shown, tree, count=count, offset=query.offset, limit=query.limit)


@writing.post("/customers", response_model=CustomerAnswer, responses=refusing(CustomerNotFound))
def create(session: SessionDep, query: Fields, body: NewCustomerBody) -> Response:
    """Note somebody who has no account."""
    made = create_customer(session, body.email, _details(body))
    return _answer(session, made.id, query)


@reading.get("/customers/{customer_id}", response_model=CustomerAnswer)
def show(session: SessionDep, customer_id: PathId, query: Fields) -> Response:
    """One customer with the address book."""
    return _answer(session, customer_id, query)


@writing.post("/customers/{customer_id}", response_model=CustomerAnswer, responses=refusing(ChangedMeanwhile))
def correct(
    session: SessionDep, customer_id: PathId, query: Fields, body: CustomerBody, if_match: IfMatchDep
) -> Response:
    """Correct what is known; the e-mail of an account stays its customer's."""
    correct_customer(session, customer_id, _details(body), body.email, if_match)
    return _answer(session, customer_id, query)


@writing.delete("/customers/{customer_id}", responses=refusing(ChangedMeanwhile))
def delete(session: SessionDep, customer_id: PathId, if_match: IfMatchDep) -> DeletedOut:
    """Forget somebody who never bought anything."""
    delete_customer(session, customer_id, if_match)
    return DeletedOut(id=customer_id, object="customer")


@reading.get("/customers/{customer_id}/addresses", response_model=AddressesAnswer)
def list_book(session: SessionDep, customer_id: PathId, query: Annotated[AdminPageQuery, Query()]) -> Response:
    """An address book."""
    customer = get_customer(session, customer_id)
    found, count = list_addresses(session, customer.id, limit=query.limit, offset=query.offset, text=query.q)
    shown = [customer_address_out(address) for address in found]
    tree = parse_fields(query.fields)
    return answer_page("addresses", shown, tree, count=count, offset=query.offset, limit=query.limit)


@writing.post("/customers/{customer_id}/addresses", response_model=CustomerAnswer)
def create_address(session: SessionDep, customer_id: PathId, query: Fields, body: CustomerAddressBody) -> Response:
    """One more address."""
    add_address(session, get_customer(session, customer_id).id, _changes(body))
    record_audit(session, "customer.address_add", customer_id)
    return _answer(session, customer_id, query)


@reading.get("/customers/{customer_id}/addresses/{address_id}", response_model=AddressAnswer)
def show_address(session: SessionDep, customer_id: PathId, address_id: PathId, query: Fields) -> Response:
    """One address of this customer."""
    found = get_address(session, customer_id, address_id)
    shown = answer("address", customer_address_out(found), parse_fields(query.fields))
    shown.headers["ETag"] = etag_of(found.updated_at)
    return shown


@writing.post(
    "/customers/{customer_id}/addresses/{address_id}",
    response_model=CustomerAnswer,
    responses=refusing(ChangedMeanwhile),
)
def correct_address(
    session: SessionDep,
    customer_id: PathId,
    address_id: PathId,
    query: Fields,
    body: CustomerAddressBody,
    if_match: IfMatchDep,
) -> Response:
    """Correct what is given."""
    lock_customer(session, get_customer(session, customer_id).id)
    check_unchanged(if_match, get_address(session, customer_id, address_id).updated_at)
    changes = _changes(body)
    update_address(session, customer_id, address_id, changes)
    record_audit(session, "customer.address_update", customer_id, {"address": address_id, "fields": sorted(changes)})
    return _answer(session, customer_id, query)


@writing.delete("/customers/{customer_id}/addresses/{address_id}")
def delete_address(session: SessionDep, customer_id: PathId, address_id: PathId) -> AddressDeletedOut:
    """Take an address out of the book."""
    parent = customer_out(remove_address(session, get_customer(session, customer_id).id, address_id))
    record_audit(session, "customer.address_remove", customer_id, {"address": address_id})
    return AddressDeletedOut(id=address_id, object="customer_address", parent=parent)


def _answer(session: Session, customer_id: str, query: AdminQuery) -> Response:
    session.flush()  # the book is read from the database, with what was just written
    customer: Customer = get_customer(session, customer_id)
    found = answer("customer", customer_out(customer), parse_fields(query.fields))
    found.headers["ETag"] = etag_of(customer.updated_at)
    return found


def _details(body: CustomerBody) -> CustomerDetails:
    given = body.model_dump(exclude_unset=True, exclude={"email"})
    if "metadata" in given:
        given["details"] = given.pop("metadata")
    return cast("CustomerDetails", given)


def _changes(body: CustomerAddressBody) -> AddressChanges:
    given = body.model_dump(exclude_unset=True)
    if "metadata" in given:
        given["details"] = given.pop("metadata")
    return cast("AddressChanges", given)
