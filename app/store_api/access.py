"""Who may call the Store API: a storefront, by the publishable key of its sales channel."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from starlette.concurrency import run_in_threadpool

from app.core.auth import Principal
from app.core.callers import find_bearer, find_caller
from app.core.db import SessionDep
from app.core.errors import Unauthorized
from app.core.http import Access, StrictRoute
from app.core.http import router as make_router
from app.customers.errors import AlreadyCustomer
from app.customers.models import Customer
from app.customers.queries import find_customer_of, find_identity_of
from app.shop.errors import PublishableKeyMissing
from app.shop.find_key import StorefrontKey, find_kept_key, get_key_alone, get_storefront_key
from app.store_api.keeping import Handler, keeping_answers


async def get_publishable_key(
    session: SessionDep, x_publishable_api_key: Annotated[str | None, Header()] = None
) -> StorefrontKey:
    """The key that the storefront sends; raises `PublishableKeyMissing`, `PublishableKeyInvalid`.

    Asynchronous, for it is known nearly always; a revoked one is forgotten with everything shared.
    """
    token = x_publishable_api_key
    if not token:
        raise PublishableKeyMissing
    kept = find_kept_key(token)
    return kept if kept is not None else await run_in_threadpool(get_storefront_key, session, token)


# The router's own check is this same dependency: asked twice, looked up once.
KeyDep = Annotated[StorefrontKey, Depends(get_publishable_key)]
STOREFRONT = Access("storefront", get_publishable_key)


def find_customer(request: Request, session: SessionDep) -> Customer | None:
    """The customer of the bearer token or of the session; a bad token is nobody, as on every open route (§2)."""
    caller = find_caller(request, session)
    return find_customer_of(session, caller) if caller else None


OptionalCustomerDep = Annotated[Customer | None, Depends(find_customer)]


def get_customer(customer: OptionalCustomerDep) -> Customer:
    """The customer who is logged in; raises `Unauthorized`."""
    if customer is None:
        raise Unauthorized
    return customer


CustomerDep = Annotated[Customer, Depends(get_customer)]


def require_customer(_key: KeyDep, _customer: CustomerDep) -> None:
    """Both: the storefront by its key, and the customer by a token or a session."""


CUSTOMER = Access("customer", require_customer, refuses=(Unauthorized,))


def get_registered(request: Request, session: SessionDep) -> Principal:
    """Whoever registered; raises `Unauthorized`, and `AlreadyCustomer` for a token of a finished sign-up."""
    caller = find_bearer(request)
    identity = find_identity_of(session, caller) if caller else None
    if caller is None or identity is None:
        raise Unauthorized
    if identity.customer_id is not None:
        raise AlreadyCustomer
    return caller


RegisteredDep = Annotated[Principal, Depends(get_registered)]


def require_registered(_key: KeyDep, _registered: RegisteredDep) -> None:
    """Both: the storefront by its key, and the token of a registration."""


REGISTERED = Access("registered", require_registered, refuses=(Unauthorized,))


async def require_publishable_key(x_publishable_api_key: Annotated[str | None, Header()] = None) -> None:
    """The same check in a transaction of its own: a request's session would stay open while the vendor answers."""
    token = x_publishable_api_key
    if not token:
        raise PublishableKeyMissing
    if find_kept_key(token) is None:
        await run_in_threadpool(get_key_alone, token)


STOREFRONT_TO_VENDOR = Access("storefront", require_publishable_key)


class CatalogueRoute(StrictRoute):
    """Answers what it may from the cache, before anything else."""

    def get_route_handler(self) -> Handler:
        return keeping_answers(super().get_route_handler())


def catalogue_router() -> APIRouter:
    """A router below `/store` for what every visitor sees alike; its routes say with `Keeping` what may be kept."""
    router = make_router(STOREFRONT, prefix="/store")
    router.route_class = CatalogueRoute
    router.responses[HTTPStatus.NOT_MODIFIED] = {"description": HTTPStatus.NOT_MODIFIED.phrase}
    return router


def store_router(*, calls_vendor: bool = False, for_customers: bool = False, for_registered: bool = False) -> APIRouter:
    """A router below `/store` for storefronts with a key; for visitors who are logged in, or are signing up, too."""
    access = STOREFRONT_TO_VENDOR if calls_vendor else STOREFRONT
    access = CUSTOMER if for_customers else REGISTERED if for_registered else access
    return make_router(access, prefix="/store", calls_vendor=calls_vendor)
