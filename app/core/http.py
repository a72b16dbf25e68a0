"""Routers that say who may call them, and the stack around the application."""

import inspect
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass

import anyio
from anyio.lowlevel import RunVar
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.params import Form
from fastapi.routing import APIRoute

from app.core.api_document import refusing
from app.core.asgi import BodyCap, CatchAll, CorsByPrefix, RequestEnvelope
from app.core.context import current_actor
from app.core.errors import Refusal, TooManyRequests
from app.core.query_strings import flatten_arrays
from app.core.rendering import install_error_rendering
from app.core.settings import Settings
from app.core.strict_json import as_json_request

MAX_BODY_BYTES = 1_000_000
# What a vendor brings, by path: an event of Stripe holds whole objects, one of Brevo a few words.
WEBHOOK_BYTES = {"/stripe/webhook": 512 * 1024, "/hooks": 512 * 1024, "/brevo/webhook": 64 * 1024}
# What staff brings: ten pictures of a telephone at once; fifty thousand lines, with what a form puts around them.
FILE_OF_LINES_BYTES = 51_000_000
UPLOAD_BYTES = {
    "/admin/uploads": 32 * 1024 * 1024,
    **dict.fromkeys((f"/admin/{kind}/import" for kind in ("products", "prices", "stock")), FILE_OF_LINES_BYTES),
}
ACCESS_TAG = "access:"

# As many as the engine has connections. One more would wait for a connection in a thread while the request that holds
# the connection waits for a thread.
DATABASE_TURNS = 15
_turns: RunVar[anyio.CapacityLimiter] = RunVar("comptoir_database_turns")
# Routes that call a vendor hold a thread and no connection while they wait: they have turns of their own, so that a
# Stripe that hangs never keeps the catalogue waiting.
VENDOR_TURNS = 10
_vendor_turns: RunVar[anyio.CapacityLimiter] = RunVar("comptoir_vendor_turns")
# Routes that work on a password: one hashes (it has the memory for that, app/core/auth.py) while the other reads. A
# flood of logins waits for these two, never in the catalogue's way; who finds so many waiting is told to come back.
PASSWORD_TURNS = 2
MOST_PASSWORDS_WAITING = 40
_password_turns: RunVar[anyio.CapacityLimiter] = RunVar("comptoir_password_turns")
# Forms with files: two of them are read at once, so that memory and disk hold no more than two largest bodies.
UPLOAD_TURNS = 2
_upload_turns: RunVar[anyio.CapacityLimiter] = RunVar("comptoir_upload_turns")


@dataclass(frozen=True)
class Access:
    """Who may call a router: a name, which is also the actor of its transactions, the check (None: anyone), its no."""

    name: str
    dependency: Callable[..., object] | None = None
    refuses: Sequence[type[Refusal]] = ()


ANYONE = Access("anyone")


class StrictRoute(APIRoute):
    """Strict JSON and the SDK's arrays in; at most as many database requests at once as there are connections."""

    def turns(self) -> anyio.CapacityLimiter:
        """The turns this route waits for."""
        return database_turns()

    def get_route_handler(self) -> Callable[[Request], Coroutine[object, object, Response]]:
        handle = super().get_route_handler()
        reads_json = self.body_field is not None and not isinstance(self.body_field.field_info, Form)
        waits_turn = not inspect.iscoroutinefunction(self.endpoint)

        async def handle_strictly(request: Request) -> Response:
            flat = flatten_arrays(request)
            strict = await as_json_request(flat) if reads_json else flat
            if not waits_turn:
                return await handle(strict)
            async with self.turns():
                return await handle(strict)

        return handle_strictly


class VendorRoute(StrictRoute):
    """A route that calls Stripe between two transactions: it waits for the vendor's turns, not the database's."""

    def turns(self) -> anyio.CapacityLimiter:
        return vendor_turns()


class PasswordRoute(StrictRoute):
    """A route that hashes a password between two transactions: it waits for turns of its own, and not for ever."""

    def turns(self) -> anyio.CapacityLimiter:
        limiter = password_turns()
        if limiter.statistics().tasks_waiting >= MOST_PASSWORDS_WAITING:
            raise TooManyRequests(1)
        return limiter


def database_turns() -> anyio.CapacityLimiter:
    """The event loop's turns at the database."""
    return _limiter(_turns, DATABASE_TURNS)


def vendor_turns() -> anyio.CapacityLimiter:
    """The event loop's turns at calling vendors."""
    return _limiter(_vendor_turns, VENDOR_TURNS)


def password_turns() -> anyio.CapacityLimiter:
    """The event loop's turns at passwords."""
    return _limiter(_password_turns, PASSWORD_TURNS)


def upload_turns() -> anyio.CapacityLimiter:
    """The event loop's turns at forms with files."""
    return _limiter(_upload_turns, UPLOAD_TURNS)


def _limiter(variable: RunVar[anyio.CapacityLimiter], tokens: int) -> anyio.CapacityLimiter:
    limiter = variable.get(None)
    if limiter is None:
        limiter = anyio.CapacityLimiter(tokens)
        variable.set(limiter)
    return limiter


def router(
    access: Access,
    *,
    prefix: str = "",
    calls_vendor: bool = False,
    hashes_passwords: bool = False,
    refuses: Sequence[type[Refusal]] = (),
) -> APIRouter:
    """A router whose every route is for `access`; there is no other way to make one.

    Routes that touch the database are plain `def`; an `async def` route takes no turn and must not touch it.
    `calls_vendor` is for routes that talk to Stripe with no transaction open, `hashes_passwords` for those that do so;
    `refuses` says what every route of it may refuse beside what `app/core/api_document.py` knows.
    """
    route_class = VendorRoute if calls_vendor else PasswordRoute if hashes_passwords else StrictRoute

    async def act() -> None:
        current_actor.set(access.name)

    checks = [access.dependency] if access.dependency else []
    waits_for_passwords = [TooManyRequests] if hashes_passwords else []
    return APIRouter(
        prefix=prefix,
        route_class=route_class,
        dependencies=[Depends(act), *(Depends(check) for check in checks)],
        tags=[f"{ACCESS_TAG}{access.name}"],
        responses=refusing(*access.refuses, *waits_for_passwords, *refuses),
        redirect_slashes=False,
    )


def install_stack(app: FastAPI, settings: Settings) -> None:
    """Put the stack of `app/core/asgi.py` around the application, and the error shape inside it."""
    install_error_rendering(app)
    origins: Mapping[str, tuple[str, ...]] = {
        "/store": settings.store_cors,
        "/v1": settings.store_cors,
        "/admin": settings.admin_cors,
        "/auth": settings.auth_cors,
    }
    # The last one added is the outermost.
    app.add_middleware(BodyCap, default=MAX_BODY_BYTES, by_prefix={**WEBHOOK_BYTES, **UPLOAD_BYTES})
    app.add_middleware(CatchAll)
    app.add_middleware(CorsByPrefix, origins=origins)
    app.add_middleware(RequestEnvelope)
