"""Puts the fake together. One more resource: its file, its handlers here, its lines in `contract/operations.py`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import stripe
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Lifespan

from app.dev.contract.judge import stripe_operations
from app.dev.fake_stripe.balance import BalanceTransaction, Ledger
from app.dev.fake_stripe.calls import Calls, Observer, Remembered
from app.dev.fake_stripe.charges import Charge, Charges
from app.dev.fake_stripe.checkout_sessions import CheckoutSessions
from app.dev.fake_stripe.controls import WebhookControls
from app.dev.fake_stripe.delivery import RETRY_SECONDS, Deliveries, Delivery
from app.dev.fake_stripe.disputes import Dispute, Disputes
from app.dev.fake_stripe.events import Event, Events
from app.dev.fake_stripe.intent_object import PaymentIntent
from app.dev.fake_stripe.pages import Pages
from app.dev.fake_stripe.payment_intents import PaymentIntents
from app.dev.fake_stripe.payouts import Payout, Payouts
from app.dev.fake_stripe.refunds import Refund, Refunds
from app.dev.fake_stripe.refused import Refused, render
from app.dev.fake_stripe.session_object import CheckoutSession
from app.dev.fake_stripe.session_pages import SessionPages
from app.dev.fake_stripe.subscription_object import Invoice, Subscription
from app.dev.fake_stripe.subscriptions import Subscriptions
from app.dev.fake_stripe.webhook_endpoints import WebhookEndpoint, WebhookEndpoints
from app.dev.faults import Faults
from app.dev.journal import Journal
from app.dev.keys import ApiKey

_KINDS = (
    ApiKey,
    BalanceTransaction,
    Charge,
    CheckoutSession,
    Delivery,
    Dispute,
    Event,
    Invoice,
    PaymentIntent,
    Payout,
    Refund,
    Remembered,
    Subscription,
    WebhookEndpoint,
)


@dataclass(frozen=True)
class GivenEndpoint:
    """A webhook endpoint that exists from the start."""

    url: str
    secret: str
    events: tuple[str, ...] = ("*",)


def create_app(
    *,
    given: GivenEndpoint | None = None,
    state_file: Path | None = None,
    observer: Observer | None = None,
    api_version: str = stripe.api_version,
    retry_seconds: Sequence[float] = RETRY_SECONDS,
) -> Starlette:
    """The fake as an ASGI app. `observer` is called with the operation's name during each call, before its answer."""
    journal, faults = Journal(state_file, _KINDS), Faults()
    calls = Calls(journal, faults, api_version, observer)
    deliveries = Deliveries(journal, retry_seconds)
    events = Events(journal, api_version, deliveries.pending_of)
    events.on_event, deliveries.events = deliveries.send, events
    endpoints, ledger = WebhookEndpoints(journal), Ledger(journal)
    if given is not None:
        endpoints.give(given.url, given.secret, list(given.events))
    intents, refunds = PaymentIntents(journal, events, ledger), Refunds(journal, events, ledger)
    sessions = CheckoutSessions(journal, events, intents)
    disputes, payouts = Disputes(journal, events, ledger), Payouts(journal, events, ledger)
    answering = (intents, Charges(journal), sessions, refunds, disputes, ledger, payouts, events, endpoints)
    handlers = {name: handler for each in answering for name, handler in each.handlers().items()}
    webhooks = WebhookControls(journal, events, deliveries, endpoints)
    controlled = (calls, webhooks, intents, sessions, refunds, disputes, payouts, Subscriptions(journal, events))
    routes = [
        *(
            Route(operation.path, calls.endpoint(operation, handlers[name]), methods=[operation.method])
            for name, operation in stripe_operations().items()
        ),
        *faults.routes(),
        *(route for each in controlled for route in each.controls()),
        *Pages(journal, intents, SessionPages(sessions), refunds).routes(),
    ]
    return Starlette(
        routes=routes,
        exception_handlers={HTTPException: _unknown_url},
        lifespan=_lifespan(journal, deliveries, sessions),
    )


def _lifespan(journal: Journal, deliveries: Deliveries, sessions: CheckoutSessions) -> Lifespan[Starlette]:
    @asynccontextmanager
    async def run(_app: Starlette) -> AsyncIterator[None]:
        deliveries.resume()
        sessions.resume()
        yield
        deliveries.stop()
        journal.close()

    return run


async def _unknown_url(request: Request, _failure: Exception) -> Response:
    message = f"Unrecognized request URL ({request.method}: {request.url.path})."
    return render(404, Refused(404, message).body, {})
