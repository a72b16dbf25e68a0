"""The stack around every route, on a small application: ids, error shape, strict JSON, caps, CORS, cookies."""

import re
from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import APIRouter, Cookie, FastAPI, Query, Request
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict, EmailStr, Field

from app.core.context import current_actor, current_request_id
from app.core.errors import Refusal, TooManyRequests
from app.core.http import ANYONE, MAX_BODY_BYTES, WEBHOOK_BYTES, Access, install_stack, router
from app.core.log import configure_logging
from app.core.settings import Settings

STORE = "http://boutique.test"
ADMIN = "http://admin.test"


class Item(BaseModel):
    """A strict body, as those of the Medusa wire."""

    model_config = ConfigDict(extra="forbid", strict=True)

    variant_id: str
    quantity: int = Field(ge=0)
    email: EmailStr | None = None
    metadata: dict[str, object] | None = None
    prices: list["Item"] = []


class Loose(BaseModel):
    """A body that wants nothing."""

    note: str | None = None


class Answer(BaseModel):
    """What the routes give back."""

    text: str


class Shut(Refusal):
    """A refusal of a domain."""

    status = 403
    type = "not_allowed"
    code = "shop_is_shut"


def make_routes(prefix: str) -> FastAPI:
    routes = router(ANYONE, prefix=prefix)
    guarded = router(Access("guarded", lambda: None), prefix=prefix)
    add_reading_routes(routes)
    add_writing_routes(routes)

    @guarded.get("/actor")
    def actor() -> Answer:
        return Answer(text=f"{current_actor.get()} {current_request_id.get()}")

    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.include_router(routes)
    app.include_router(guarded)
    return app


def add_reading_routes(routes: APIRouter) -> None:
    @routes.get("/items")
    async def items() -> Answer:
        return Answer(text="items")

    @routes.get("/fail")
    def fail() -> Answer:
        raise RuntimeError("canary marie@example.test")

    @routes.get("/shut")
    def shut() -> Answer:
        raise Shut("The shop is shut", fields={"shop": "shut"})

    @routes.get("/busy")
    def busy() -> Answer:
        raise TooManyRequests(17)


def add_writing_routes(routes: APIRouter) -> None:
    @routes.post("/items")
    def add(item: Item, dry: Annotated[int, Query()] = 0) -> Answer:
        return Answer(text=item.variant_id)

    @routes.post("/loose")
    def loose(body: Loose) -> Answer:
        return Answer(text=body.note or "nothing")

    @routes.post("/cookie")
    async def write(session: Annotated[str, Cookie()] = "none") -> Answer:
        return Answer(text=session)

    @routes.post("/raw")
    async def raw(request: Request) -> Answer:
        return Answer(text=str(len(await request.body())))


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    configure_logging("test")
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    for prefix in ("/store", "/v1", "/stripe/webhook"):
        app.router.routes.extend(make_routes(prefix).routes)
    settings = Settings(
        database_url="postgresql+psycopg://none",
        redis_url="redis://none",
        store_cors=(STORE,),
        admin_cors=(ADMIN,),
        auth_cors=(STORE, ADMIN),
    )
    install_stack(app, settings)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"quantity": 1}, "Field 'variant_id' is required"),
        ({"variant_id": "v", "quantity": "2"}, "Expected type: 'number' for field 'quantity', got: 'string'"),
        ({"variant_id": "v", "quantity": True}, "Expected type: 'number' for field 'quantity', got: 'boolean'"),
        ({"variant_id": None, "quantity": 1}, "Expected type: 'string' for field 'variant_id', got: 'null'"),
        ({"variant_id": "v", "quantity": -1}, "Value for field 'quantity' too small, expected at least: '0'"),
        ({"variant_id": "v", "quantity": 1, "foo": 1, "bar": 2}, "Unrecognized fields: 'foo, bar'"),
        ({"variant_id": "v", "quantity": 1, "email": "nobody"}, "Invalid email"),
        (
            {"variant_id": "v", "quantity": 1, "prices": [{"variant_id": "v", "quantity": "x"}]},
            "Expected type: 'number' for field 'prices, 0, quantity', got: 'string'",
        ),
        ({}, "Field 'variant_id' is required; Field 'quantity' is required"),
        (
            {"variant_id": 1, "quantity": "x", "prices": 3, "metadata": 4},
            "Expected type: 'string' for field 'variant_id', got: 'number'; "
            "Expected type: 'number' for field 'quantity', got: 'string'; "
            "Expected type: 'object' for field 'metadata', got: 'number'",
        ),
        ([], "Expected type: 'object' for field '', got: 'array'"),
    ],
)
def test_malformed_bodies_speak_medusas_words(client: TestClient, body: object, message: str) -> None:
    answer = client.post("/store/items", json=body)
    assert answer.status_code == 400
    assert answer.json()["message"] == f"Invalid request: {message}"
    assert (answer.json()["type"], answer.json()["code"]) == ("invalid_data", "invalid_data")
    assert answer.json()["requestId"] == answer.headers["x-request-id"]


def test_elsewhere_malformed_requests_are_422_in_french(client: TestClient) -> None:
    answer = client.post("/v1/items", json={"quantity": "x"})
    assert answer.status_code == 422
    assert answer.json()["message"] == "Requête invalide : variant_id, quantity"
    assert answer.json()["fields"]["variant_id"] == "Field 'variant_id' is required"


def test_a_query_is_checked_like_a_body(client: TestClient) -> None:
    answer = client.post("/store/items?dry=x", json={"variant_id": "v", "quantity": 1})
    assert answer.json()["message"] == "Invalid request: Expected type: 'number' for field 'dry', got: 'string'"


@pytest.mark.parametrize("path", ["/store/items", "/v1/items"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"variant_id": "v", "quantity": 1',
        b"not json",
        b'{"variant_id": "v", "quantity": NaN}',
        b'{"variant_id": "v", "quantity": 1, "metadata": {"a": Infinity}}',
        b'{"variant_id": "\\u0000", "quantity": 1}',
        b'{"variant_id": "\\ud800", "quantity": 1}',
        b'{"\\u0000": "v", "quantity": 1}',
        b'\xff\xfe{"variant_id": "v", "quantity": 1}',
        b'{"variant_id": "v", "quantity": 1, "metadata": ' + b'{"a":' * 100 + b"1" + b"}" * 100 + b"}",
        b"[" * 100_000,
        b'{"variant_id": "v", "quantity": ' + b"9" * 5000 + b"}",
    ],
    ids=["cut", "text", "NaN", "Infinity", "NUL", "surrogate", "NUL key", "UTF-16", "deep", "very deep", "long number"],
)
def test_what_is_not_json_is_400(client: TestClient, path: str, body: bytes) -> None:
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["message"] == "Invalid request: The body is not valid JSON"


@pytest.mark.parametrize("headers", [{"content-type": "application/json"}, {}, {"content-type": "text/plain"}])
def test_an_empty_body_is_an_empty_object(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/store/loose", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"text": "nothing"})


def test_a_json_body_under_another_content_type_is_not_read(client: TestClient) -> None:
    answer = client.post("/store/loose", content=b'{"note": "x"}', headers={"content-type": "text/plain"})
    assert answer.status_code == 400


def test_duplicate_keys_take_the_last(client: TestClient) -> None:
    body = b'{"note": "first", "note": "last"}'
    answer = client.post("/store/loose", content=body, headers={"content-type": "application/json"})
    assert answer.json() == {"text": "last"}


def test_a_webhook_gets_its_raw_body_even_empty(client: TestClient) -> None:
    assert client.post("/stripe/webhook/raw", headers={"content-type": "application/json"}).json() == {"text": "0"}


@pytest.mark.parametrize(
    ("path", "cap"), [("/store/raw", MAX_BODY_BYTES), ("/stripe/webhook/raw", WEBHOOK_BYTES["/stripe/webhook"])]
)
def test_a_body_above_the_cap_is_413(client: TestClient, path: str, cap: int) -> None:
    assert client.post(path, content=b"x" * cap).json() == {"text": str(cap)}
    announced = client.post(path, content=b"x" * (cap + 1))
    streamed = client.post(path, content=iter([b"x" * cap, b"x"]))
    for answer in (announced, streamed):
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_json_body_of_unknown_length_above_the_cap_is_413(client: TestClient) -> None:
    answer = client.post(
        "/store/loose", content=iter([b"[", b"1," * MAX_BODY_BYTES]), headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("path", ["/store/items?x=%00", "/store/%00"])
def test_nul_in_an_address_is_400(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 400


def test_unknown_paths_and_methods_are_json(client: TestClient) -> None:
    missing = client.get("/store/locales")
    assert (missing.status_code, missing.json()["type"]) == (404, "not_found")
    wrong = client.put("/store/items")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert set(wrong.headers["allow"].split(", ")) <= {"GET", "POST"}
    for answer in (missing, wrong):
        assert answer.json()["requestId"] == answer.headers["x-request-id"]


def test_refusals_and_failures_have_the_one_shape(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    shut = client.get("/store/shut", headers={"x-request-id": "the-callers-own-id"})
    assert shut.status_code == 403
    assert shut.json() == {
        "type": "not_allowed",
        "message": "The shop is shut",
        "code": "shop_is_shut",
        "requestId": "the-callers-own-id",
        "fields": {"shop": "shut"},
    }
    assert client.get("/store/busy").headers["retry-after"] == "17"
    failed = client.get("/store/fail", headers={"origin": STORE})
    assert failed.status_code == 500
    assert failed.json() == {
        "type": "unknown_error",
        "message": "An unknown error occurred.",
        "code": "unknown_error",
        "requestId": failed.headers["x-request-id"],
    }
    assert failed.headers["access-control-allow-origin"] == STORE, "a browser must be able to read a 500"
    printed = capsys.readouterr()
    assert "RuntimeError" in printed.out
    assert "canary" not in printed.out + printed.err


@pytest.mark.parametrize("offered", ["short", "x" * 65, "spaces are bad", "café-café", "<script>"])
def test_a_harmful_request_id_is_replaced(client: TestClient, offered: str) -> None:
    answer = client.get("/store/items", headers={b"x-request-id": offered.encode()})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


def test_the_id_and_the_caller_reach_the_route(client: TestClient) -> None:
    answer = client.get("/store/actor", headers={"x-request-id": "id-of-12345"})
    assert answer.json() == {"text": "guarded id-of-12345"}


def test_head_and_trailing_slash_answer_like_get(client: TestClient) -> None:
    head = client.head("/store/items")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == client.get("/store/items").headers["content-length"]
    assert client.get("/store/items/").status_code == 200
    assert client.get("/v1/items/").status_code == 404
    assert client.post("/stripe/webhook/raw/").status_code == 404


def test_cors_has_a_list_per_prefix(client: TestClient) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "x-publishable-api-key"}
    allowed = client.options("/store/items", headers={"origin": STORE, **asked})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == STORE
    assert allowed.headers["access-control-allow-credentials"] == "true"
    assert allowed.headers["access-control-allow-headers"] == "x-publishable-api-key"
    assert allowed.headers["access-control-allow-methods"] == "GET, HEAD, PUT, PATCH, POST, DELETE"
    foreign = client.options("/store/items", headers={"origin": ADMIN, **asked})
    assert foreign.status_code == 204
    assert "access-control-allow-origin" not in foreign.headers
    simple = client.get("/store/items", headers={"origin": "http://elsewhere.test"})
    assert simple.status_code == 200
    assert "access-control-allow-origin" not in simple.headers
    assert simple.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    ("headers", "seen"),
    [({"origin": STORE}, "s3"), ({"origin": ADMIN}, "none"), ({}, "none"), ({"origin": "null"}, "none")],
)
def test_a_write_with_a_cookie_needs_an_origin_of_its_list(
    client: TestClient, headers: dict[str, str], seen: str
) -> None:
    answer = client.post("/store/cookie", headers={"cookie": "session=s3", **headers})
    assert answer.json() == {"text": seen}


def test_answers_are_neither_sniffed_nor_stored(client: TestClient) -> None:
    answer = client.get("/store/items")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
