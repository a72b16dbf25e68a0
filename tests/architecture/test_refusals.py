"""Every route says in the API's document how it may refuse: compared with what its code can come to (style §5)."""

from collections.abc import Iterator, Mapping

import pytest
from fastapi.routing import APIRoute

from app.core.api_document import REFUSED, DescribedApplication, RefusalOut, refusing
from app.core.errors import Conflict, NotFound, TooManyRequests
from app.core.http import ANYONE, router
from tests.api.walk import Step, document, steps_of
from tests.architecture.reach import refusals_of
from tests.architecture.source import refuse
from tests.architecture.test_routes import product, routes

ERRORS = range(400, 500)
# What a route catches of what its code can come to, and answers otherwise.
CAUGHT = {
    "POST /stripe/webhook": {404, 409},
    # Medusa's words become this API's own (app/v1_api/errors.py).
    "GET /v1/orders/{order_id}": {400, 409},
    "POST /v1/orders/{order_id}/checkout": {400},
    "POST /v1/orders/{order_id}/refresh": {400},
}
# Statuses that come from what surrounds a route: a malformed request, a lock, a body, a turn that is waited for.
AROUND = {400, 409, 413, 422, 429}


def documented() -> list[tuple[Step, APIRoute]]:
    return [(step, route) for route in product() for step in steps_of(route) if step.operation]


def declared(step: Step) -> set[int]:
    return {int(status) for status in answers_of(step)}


def answers_of(step: Step) -> Mapping[str, Mapping[str, object]]:
    answers = step.operation["responses"]
    assert isinstance(answers, Mapping)
    return answers


def undeclared(step: Step, route: APIRoute) -> Iterator[str]:
    """The refusals that the document keeps to itself."""
    for refusal in refusals_of(route):
        if refusal.status not in declared(step) | CAUGHT.get(step.name, set()):
            yield f"{step.name}: {refusal.status} ({refusal.__name__})"


def invented(step: Step, route: APIRoute) -> Iterator[str]:
    """The refusals that nothing comes to."""
    possible = {refusal.status for refusal in refusals_of(route)} | AROUND
    yield from (f"{step.name}: {status}" for status in declared(step) if status in ERRORS and status not in possible)


def test_routes_declare_what_they_refuse() -> None:
    found = [finding for step, route in documented() for finding in undeclared(step, route)]
    refuse(found, "Declare it: responses=refusing(TheRefusal), from app.core.api_document:")


def test_routes_declare_no_refusal_that_never_comes() -> None:
    found = [finding for step, route in documented() for finding in invented(step, route)]
    refuse(found, "Nothing that this route calls refuses so; take it out of refusing(...):")


def test_every_route_says_how_it_fails_and_in_which_shape() -> None:
    wrong = [
        f"{step.name}: {status}"
        for step, _ in documented()
        for status, answer in answers_of(step).items()
        if int(status) >= 400 and not (step.is_page or step.is_health) and answer["content"] != REFUSED["content"]
    ]
    refuse(wrong, "An error has the shape of every other error (design §4.11):")
    assert all(500 in declared(step) for step, _ in documented())


def test_who_may_call_and_what_is_in_the_path_need_no_declaration() -> None:
    by_name = {step.name: declared(step) for step, _ in documented()}
    assert by_name["GET /store/regions"] == {200, 304, 400, 500}
    assert by_name["GET /store/products/{product_id}"] == {200, 304, 400, 404, 500}
    assert by_name["GET /store/customers/me"] == {200, 400, 401, 500}
    assert by_name["POST /store/carts/{cart_id}/line-items"] == {200, 400, 404, 409, 413, 422, 500}
    assert by_name["POST /store/carts/{cart_id}/complete"] == {200, 400, 404, 409, 413, 422, 500, 503}
    assert by_name["POST /store/customers"] == {200, 400, 401, 409, 413, 422, 429, 500}
    assert by_name["POST /stripe/webhook"] == {200, 400, 411, 413, 415, 429, 500}
    assert by_name["POST /auth/customer/emailpass"] == {200, 400, 401, 409, 413, 422, 429, 500}


def test_a_cut_answer_still_fits_its_shape() -> None:
    components = document()["components"]
    assert isinstance(components, Mapping)
    schemas = components["schemas"]
    assert schemas["ProductsAnswer"]["required"] == ["count", "offset", "limit", "products"]
    assert schemas["ProductOut"]["required"] == ["id"], "`fields=handle` leaves the rest out"
    assert set(schemas[RefusalOut.__name__]["required"]) == {"type", "message", "code", "requestId"}
    assert "HTTPValidationError" not in schemas


class Scratch:
    """Of the scratch routes: what reaches a refusal through a method."""

    def refuse(self) -> None:
        raise Conflict


@pytest.fixture
def scratch() -> DescribedApplication:
    """Routes that say too little, too much, and what is so."""
    made, app = router(ANYONE, prefix="/scratch"), DescribedApplication()

    def silent() -> None:
        Scratch().refuse()
        raise TooManyRequests(1)

    def boastful() -> None:
        """Nothing."""

    for ours in (Scratch, Scratch.refuse, silent, boastful):
        ours.__module__ = "app.scratch"
    made.get("/silent")(silent)
    made.get("/boastful", responses=refusing(NotFound))(boastful)
    app.include_router(made)
    return app


def test_the_rules_see_faulty_routes(scratch: DescribedApplication) -> None:
    found: dict[str, list[str]] = {}
    paths = scratch.openapi()["paths"]
    assert isinstance(paths, Mapping)
    for route in routes(scratch):
        step = Step("GET", route.path, "anyone", paths[route.path]["get"])
        found[route.name] = sorted([*undeclared(step, route), *invented(step, route)])
    assert found == {
        "silent": ["GET /scratch/silent: 409 (Conflict)", "GET /scratch/silent: 429 (TooManyRequests)"],
        "boastful": ["GET /scratch/boastful: 404"],
    }
