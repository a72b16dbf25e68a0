"""`/store/customers`: the end of a sign-up, and what customers see and say of themselves (store-api §9)."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Header, Query, Request, Response
from sqlalchemy.orm import Session

from app.core.api_document import refusing
from app.core.attempts import Attempt, limited
from app.core.auth import Principal
from app.core.client_address import find_visitor_address
from app.core.db import SessionDep
from app.core.errors import InvalidRequest, TooManyRequests
from app.core.fields import FieldTree, answer, parse_fields
from app.core.ratelimit import per_hour
from app.customers.errors import CustomerExists
from app.customers.models import Customer
from app.customers.queries import get_with_addresses
from app.customers.register_account import create_customer
from app.customers.schemas import CustomerOut, customer_out
from app.customers.service import CustomerDetails, update_customer
from app.orders.queries import OrderFilter, list_orders
from app.store_api.access import CustomerDep, RegisteredDep, store_router
from app.store_api.orders import LIST_FIELDS, compose_orders
from app.store_api.schemas import StoreQuery
from app.store_api.schemas_customers import NewCustomerBody, UpdateCustomerBody
from app.store_api.shapes_customer import CustomerAnswer

router = store_router(for_customers=True)
# Whoever has registered is nobody's customer yet.
sign_up_router = store_router(for_registered=True)

# The one closed list of the Store API (§2).
FIELDS = (*(name for name in CustomerOut.model_fields if name != "addresses"), "*addresses")
KNOWN = frozenset({*CustomerOut.model_fields, "orders"})
MOST_ORDERS = 100


Fields = Annotated[StoreQuery, Query()]


@sign_up_router.post("/customers", response_model=CustomerAnswer, responses=refusing(CustomerExists, TooManyRequests))
def sign_up(
    session: SessionDep,
    registered: RegisteredDep,
    body: NewCustomerBody,
    query: Fields,
    request: Request,
    x_medusa_locale: Annotated[str | None, Header(max_length=35)] = None,
) -> Response:
    """The customer of a registration. It says 422 where somebody has an account, so that few may be asked about."""
    tree = parse_customer_fields(query.fields)
    with limited(Response(), *_sign_ups(request, registered), session=session) as verdict:
        customer = create_customer(session, registered, body.email, _details(body), query.locale or x_medusa_locale)
    shown = show(session, customer, tree)
    shown.headers.update(verdict.headers)
    return shown


@router.get("/customers/me", response_model=CustomerAnswer)
def show_me(session: SessionDep, customer: CustomerDep, query: Fields) -> Response:
    """Who is logged in, with the address book; the orders on `*orders`."""
    tree = parse_customer_fields(query.fields)
    return show(session, get_with_addresses(session, customer.id), tree)


@router.post("/customers/me", response_model=CustomerAnswer)
def update_me(session: SessionDep, customer: CustomerDep, body: UpdateCustomerBody, query: Fields) -> Response:
    """Change what is given; what is absent stays."""
    tree = parse_customer_fields(query.fields)
    return show(session, update_customer(session, customer.id, _details(body)), tree)


def show(session: Session, customer: Customer, tree: FieldTree) -> Response:
    """The answer with the customer, and the newest orders where they were asked for."""
    document = customer_out(customer).model_dump(mode="json")
    if tree.wants("orders"):
        orders, _ = list_orders(session, OrderFilter(customer.id), limit=MOST_ORDERS, offset=0, order="-created_at")
        shown = compose_orders(session, orders, parse_fields(None, LIST_FIELDS), is_owner=True)
        document["orders"] = [order.model_dump(mode="json") for order in shown]
    return answer("customer", document, tree)


def parse_customer_fields(raw: str | None) -> FieldTree:
    """The fields of a customer; raises `InvalidRequest` for one that is not on the list."""
    tree = parse_fields(raw, FIELDS)
    unknown = sorted({*tree.children, *tree.removed} - KNOWN)
    if unknown:
        raise InvalidRequest(f"Requested fields [{', '.join(unknown)}] are not valid")
    return tree


def _sign_ups(request: Request, registered: Principal) -> Iterator[Attempt]:
    """As many as registrations, and a registration has a few."""
    yield Attempt(per_hour(10), "sign-up", registered.identity_id)
    address = find_visitor_address(request)
    if address is not None:
        yield Attempt(per_hour(120), "sign-up-hour", address)


def _details(body: UpdateCustomerBody) -> CustomerDetails:
    """What the body says; what it does not say is absent, not null."""
    given = body.model_fields_set
    details = CustomerDetails()
    if "first_name" in given:
        details["first_name"] = body.first_name
    if "last_name" in given:
        details["last_name"] = body.last_name
    if "phone" in given:
        details["phone"] = body.phone
    if "company_name" in given:
        details["company_name"] = body.company_name
    if "metadata" in given:
        details["details"] = body.metadata
    return details
