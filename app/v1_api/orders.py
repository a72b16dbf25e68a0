"""Orders that exist before their payment: made from a cart, paid on Stripe's page by whoever has the link."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from app.checkout.errors import DetailsMissing, TooManyAttempts
from app.checkout.open_order_page import open_order_page
from app.checkout.place_unpaid_order import place_unpaid_order
from app.checkout.refresh_order import refresh_order
from app.checkout.rules import compute_return_urls
from app.core.api_document import refusing
from app.core.client_address import find_visitor_address
from app.core.clock import utc_now
from app.core.db import SessionDep, unit_of_work
from app.core.errors import Conflict, NotFound, TooManyRequests
from app.core.http import ANYONE
from app.core.http import router as make_router
from app.core.ratelimit import get_limiter, per_minute
from app.core.settings import get_settings
from app.orders.queries import get_order
from app.orders.rules import check_open_without_login
from app.payments.errors import CheckoutUnavailable
from app.v1_api.access import STOREFRONT
from app.v1_api.errors import in_own_words
from app.v1_api.shapes_order import OrderAnswer, order_answer

# A person clicks; a server that makes links makes some each second. Each of them asks Stripe, or keeps pieces.
ORDERS_PER_MINUTE = 120
ASKED_PER_MINUTE = 12

OrderId = Annotated[str, Path(max_length=100)]


def limit_orders(request: Request) -> None:
    """Of one address; each order keeps pieces from others for a while."""
    address = find_visitor_address(request)
    if address is not None:  # of a visitor whose trusted storefront does not say who it is
        _limit(ORDERS_PER_MINUTE, "v1_orders", address)


def limit_asking(order_id: OrderId) -> None:
    """Of one order, whoever asks: each call may go on to Stripe."""
    _limit(ASKED_PER_MINUTE, "v1_order", order_id)


def _limit(amount: int, *caller: str) -> None:
    verdict = get_limiter().hit(per_minute(amount), *caller)
    if not verdict.is_allowed:
        raise TooManyRequests(
            verdict.retry_after_seconds,
            "Trop de demandes : réessayez dans une minute. / Too many requests: please try again in a minute.",
        )


storefront_router = make_router(STOREFRONT, prefix="/v1", refuses=(TooManyRequests,))
link_router = make_router(ANYONE, prefix="/v1")
paying_router = make_router(ANYONE, prefix="/v1", calls_vendor=True, refuses=(TooManyRequests, CheckoutUnavailable))


class StrictBody(BaseModel):
    """Nothing that nobody reads."""

    model_config = ConfigDict(extra="forbid")


class NewOrderBody(StrictBody):
    """Which cart becomes an order."""

    cart_id: Annotated[str, Field(min_length=1, max_length=100)]


class CheckoutBody(StrictBody):
    """Where Stripe sends its customer: below an origin of the storefront; without them, to its page of the order."""

    success_url: Annotated[str | None, Field(max_length=2000)] = None
    cancel_url: Annotated[str | None, Field(max_length=2000)] = None


class CheckoutOut(BaseModel):
    """Stripe's page for an order: send the customer to `url` before `expires_at`."""

    order_id: str
    checkout_session_id: str
    url: str
    expires_at: datetime


@storefront_router.post(
    "/orders",
    dependencies=[Depends(limit_orders)],
    responses=refusing(CheckoutUnavailable, DetailsMissing, NotFound, Conflict),
)
def create_order(body: NewOrderBody) -> OrderAnswer:
    """Make an order of a cart, to be paid by link; the same cart always gives the same order.

    Its prices stand from now on, its pieces are kept for half an hour, then while somebody pays. Unpaid after seven
    days it is canceled.
    """
    with in_own_words():
        order_id = place_unpaid_order(body.cart_id).id
    with unit_of_work() as session:
        return order_answer(session, get_order(session, order_id))


@link_router.get("/orders/{order_id}")
def show_order(session: SessionDep, order_id: OrderId) -> OrderAnswer:
    """The order for whoever has its link, for thirty days; `payment_status` says where its money stands."""
    with in_own_words():
        order = get_order(session, order_id)
        check_open_without_login(order.id, order.created_at, utc_now())
    return order_answer(session, order)


@paying_router.post(
    "/orders/{order_id}/checkout", dependencies=[Depends(limit_asking)], responses=refusing(TooManyAttempts, Conflict)
)
def open_checkout(order_id: OrderId, body: CheckoutBody | None = None) -> CheckoutOut:
    """Stripe's page to pay the order; while one is open, the same one. The price is the order's."""
    given, settings = body or CheckoutBody(), get_settings()
    with in_own_words():
        urls = compute_return_urls(
            order_id, given.success_url, given.cancel_url, settings.storefront_base, settings.store_cors
        )
        page = open_order_page(order_id, urls)
    return CheckoutOut(
        order_id=order_id, checkout_session_id=page.checkout_session_id, url=page.url, expires_at=page.expires_at
    )


@paying_router.post("/orders/{order_id}/refresh", dependencies=[Depends(limit_asking)])
def refresh(order_id: OrderId) -> OrderAnswer:
    """The order after asking Stripe how its payment stands: for the page to which the customer comes back."""
    with in_own_words():
        refresh_order(order_id)
    with unit_of_work() as session:
        return order_answer(session, get_order(session, order_id))
