"""Every route says who may call it and what it answers."""

import inspect
from collections.abc import Iterator

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.core.db import SessionDep
from app.core.http import ACCESS_TAG, ANYONE, router
from app.core.settings import Settings
from app.main import create_app
from tests.architecture.source import Module, calls, modules, parse, refuse

SHAPELESS = (None, dict, list, object)


def routes(app: FastAPI | APIRouter) -> list[APIRoute]:
    """The routes of the application, those inside included routers too."""
    found: list[APIRoute] = []
    for route in app.routes:
        if isinstance(route, APIRoute):
            found.append(route)
        elif isinstance(inner := getattr(route, "original_router", None), APIRouter):
            found += routes(inner)
    return found


def name(route: APIRoute) -> str:
    return f"{'|'.join(sorted(route.methods or ()))} {route.path} ({route.endpoint.__module__})"


def without_access(route: APIRoute) -> bool:
    return len([tag for tag in route.tags if str(tag).startswith(ACCESS_TAG)]) != 1


def without_shape(route: APIRoute) -> bool:
    """JSON answers have a model; a page, a picture, a text or an empty answer names its response class or status."""
    named = route.response_class
    is_no_json = isinstance(named, type) and not issubclass(named, JSONResponse)
    return route.response_model in SHAPELESS and not is_no_json and route.status_code != 204


def async_with_session(route: APIRoute) -> bool:
    parameters = inspect.signature(route.endpoint).parameters.values()
    takes_session = any(parameter.annotation is SessionDep for parameter in parameters)
    return takes_session and inspect.iscoroutinefunction(route.endpoint)


def bare_routers(module: Module) -> Iterator[str]:
    if module.path == "app/core/http.py":
        return
    for call, called in calls(module):
        if called.rsplit(".", 1)[-1] in {"APIRouter", "add_api_route", "add_route", "api_route"}:
            yield f"{module.at(call)} {called}(...)"


def product() -> list[APIRoute]:
    nowhere = Settings(database_url="postgresql+psycopg://nobody@127.0.0.1/none", redis_url="redis://127.0.0.1:1")
    return routes(create_app(nowhere))


def test_the_product_has_routes() -> None:
    assert {"/health", "/"} <= {route.path for route in product()}


def test_every_route_says_who_may_call_it() -> None:
    refuse(
        [name(route) for route in product() if without_access(route)],
        "Make its router with app.core.http.router(Access(...)); anybody is ANYONE, written out:",
    )
    refuse(
        [finding for module in modules("app") for finding in bare_routers(module) if module.package != "dev"],
        "Make the router with app.core.http.router(access):",
    )


def test_every_route_has_a_response_model() -> None:
    refuse(
        [name(route) for route in product() if without_shape(route)],
        "Annotate the route with its schema (or response_model=): without one the answer is unchecked and slow:",
    )


def test_routes_with_a_session_are_synchronous() -> None:
    refuse(
        [name(route) for route in product() if async_with_session(route)],
        "Write `def`: an async route would hold the event loop for the length of each statement (design §4.1):",
    )


class Answer(BaseModel):
    """The answer of the scratch routes."""


def test_the_rules_see_faulty_routes() -> None:
    bare, good = APIRouter(), router(ANYONE)

    @bare.get("/faulty", response_model=None)
    async def faulty(session: SessionDep) -> dict[str, str]:
        return {"session": str(session)}

    @good.get("/good")
    def fine(session: SessionDep) -> Answer:
        return Answer()

    app = FastAPI(openapi_url=None)
    app.include_router(bare)
    app.include_router(good)
    by_path = {route.path: route for route in routes(app)}
    assert [rule(by_path["/faulty"]) for rule in (without_access, without_shape, async_with_session)] == [True] * 3
    assert [rule(by_path["/good"]) for rule in (without_access, without_shape, async_with_session)] == [False] * 3
    assert list(bare_routers(parse("app/store_api/carts.py", "APIRouter()"))) == [
        "app/store_api/carts.py:1 APIRouter(...)"
    ]
