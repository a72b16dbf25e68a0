"""Puts the fake together. One more call: its handler here, its line in `contract/operations.py`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Lifespan

from app.dev.contract.judge import brevo_operations
from app.dev.fake_brevo.calls import Calls, Observer
from app.dev.fake_brevo.messages import Message, Messages, Sender, UsedKey
from app.dev.fake_brevo.pages import Pages
from app.dev.fake_brevo.refused import Json, Refused
from app.dev.faults import Faults
from app.dev.journal import Journal


def create_app(
    *, state_file: Path | None = None, observer: Observer | None = None, api_key: str | None = None
) -> Starlette:
    """The fake as an ASGI app, under `/v3`. Any key is accepted unless one is given.

    `observer` is called with the operation's name during each call, before its answer.
    """
    journal, faults = Journal(state_file, (Message, UsedKey, Sender)), Faults()
    calls, messages = Calls(faults, api_key, observer), Messages(journal)
    handlers = {
        "send_transac_email": messages.send,
        "create_sender": messages.create_sender,
        "get_senders": messages.list_senders,
    }
    routes = [
        Route(operation.path, calls.endpoint(operation, handlers[name]), methods=[operation.method])
        for name, operation in brevo_operations().items()
    ]
    return Starlette(
        routes=[*routes, *faults.routes(), *_controls(messages, calls), *Pages(messages).routes()],
        exception_handlers={HTTPException: _unknown_url},
        lifespan=_lifespan(journal),
    )


def _controls(messages: Messages, calls: Calls) -> list[Route]:
    async def list_messages(_request: Request) -> Response:
        return JSONResponse([_render(message) for message in messages.list_messages()])

    async def list_requests(_request: Request) -> Response:
        return JSONResponse(list(calls.log))

    return [Route("/_test/messages", list_messages), Route("/_test/requests", list_requests)]


def _render(message: Message) -> Json:
    return {"messageId": message.id, "acceptedAt": message.accepted_at, **message.content}


def _lifespan(journal: Journal) -> Lifespan[Starlette]:
    @asynccontextmanager
    async def run(_app: Starlette) -> AsyncIterator[None]:
        yield
        journal.close()

    return run


async def _unknown_url(_request: Request, _failure: Exception) -> Response:
    return Refused(404, "document_not_found", "Route not found").render()
