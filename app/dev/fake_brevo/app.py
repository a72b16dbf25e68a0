"""Puts the fake together. One more call: its handler here, its line in `contract/operations.py`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Lifespan

from app.core.clock import utc_now
from app.dev.contract.judge import brevo_operations
from app.dev.fake_brevo.calls import Calls, Observer
from app.dev.fake_brevo.control import control
from app.dev.fake_brevo.limits import Limits
from app.dev.fake_brevo.mail_events import MailEvent, MailEvents
from app.dev.fake_brevo.messages import Message, Messages, Quota, Sender, UsedKey
from app.dev.fake_brevo.pages import Pages
from app.dev.fake_brevo.refused import Json, Refused
from app.dev.fake_brevo.statistics import Statistics
from app.dev.fake_brevo.webhooks import Webhook, Webhooks
from app.dev.faults import Faults
from app.dev.journal import Journal
from app.dev.keys import ApiKey, ApiKeys

_KINDS = (ApiKey, MailEvent, Message, Quota, Sender, UsedKey, Webhook)


def create_app(
    *, state_file: Path | None = None, observer: Observer | None = None, api_key: str | None = None
) -> Starlette:
    """The fake as an ASGI app, under `/v3`. Any key is accepted unless one is given.

    `observer` is called with the operation's name during each call, before its answer.
    """
    journal, faults = Journal(state_file, _KINDS), Faults()
    keys = ApiKeys(journal, lambda key: key != "" and api_key in (None, key))
    limits = Limits(lambda: utc_now().timestamp())
    calls, messages, events = Calls(faults, keys, limits, observer), Messages(journal), MailEvents(journal)
    messages.on_accepted = events.deliver
    answering = (messages, Webhooks(journal), Statistics(messages, events))
    handlers = {name: handler for each in answering for name, handler in each.handlers().items()}
    return Starlette(
        routes=[
            *(
                Route(operation.path, calls.endpoint(operation, handlers[name]), methods=[operation.method])
                for name, operation in brevo_operations().items()
            ),
            *faults.routes(),
            *messages.controls(),
            *events.controls(),
            *_controls(calls, keys, limits),
            *Pages(messages).routes(),
        ],
        exception_handlers={HTTPException: _unknown_url},
        lifespan=_lifespan(journal),
    )


def _controls(calls: Calls, keys: ApiKeys, limits: Limits) -> list[Route]:
    async def list_requests(_given: Json) -> object:
        return list(calls.log)

    async def clear_requests(_given: Json) -> object:
        calls.log.clear()
        return []

    async def change_keys(given: Json) -> object:
        return keys.change(given)

    return [
        control("GET", "requests", list_requests),
        control("DELETE", "requests", clear_requests),
        control("POST", "keys", change_keys),
        control("POST", "limits", limits.change),
    ]


def _lifespan(journal: Journal) -> Lifespan[Starlette]:
    @asynccontextmanager
    async def run(_app: Starlette) -> AsyncIterator[None]:
        yield
        journal.close()

    return run


async def _unknown_url(_request: Request, _failure: Exception) -> Response:
    return Refused(404, "document_not_found", "Route not found").render()
