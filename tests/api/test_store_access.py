"""Every `/store` route wants the publishable key of a channel."""

from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from app.core.db import unit_of_work
from app.shop.models import PublishableKey
from app.shop.service import mark_key_revoked
from app.store_api.routes import ROUTERS
from tests.factories.shop import MadeShop
from tests.factories.storefront import Storefront

BRACES = str.maketrans("", "", "{}")


def list_routes() -> list[tuple[str, str]]:
    """Method and address of every route, with the parameters' names as values."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return sorted({(method, route.path.translate(BRACES)) for route in routes for method in route.methods or ()})


def test_a_call_without_key_is_refused(client: TestClient) -> None:
    routes = list_routes()
    assert ("GET", "/store/regions") in routes
    assert len(routes) >= 16
    for method, path in routes:
        answer = client.request(method, path)
        assert answer.status_code == 400, (method, path)
        body = answer.json()
        assert (body["type"], body["code"]) == ("not_allowed", "publishable_key_missing"), (method, path)
        assert "x-publishable-api-key" in body["message"]
        assert body["requestId"] == answer.headers["x-request-id"]


def test_an_unknown_key_is_refused(client: TestClient, shop: MadeShop) -> None:
    for key in (b"pk_unknown", "é".encode(), b"x" * 5_000, b" "):
        answer = client.get("/store/regions", headers={b"x-publishable-api-key": key})
        assert (answer.status_code, answer.json()["type"]) == (400, "not_allowed"), key


def test_a_revoked_key_is_refused(storefront: Storefront) -> None:
    assert storefront.get("/regions").status_code == 200
    with unit_of_work("test") as session:
        mark_key_revoked(session, session.get_one(PublishableKey, storefront.shop.key.id))
    answer = storefront.get("/regions")
    assert (answer.status_code, answer.json()["code"]) == (400, "publishable_key_invalid")


def test_the_sdk_s_headers_are_welcome(storefront: Storefront) -> None:
    """Every SDK call names JSON, GET too; in node it sends an empty locale (store-api §2)."""
    headers = {**storefront.shop.headers, "content-type": "application/json", "x-medusa-locale": ""}
    answer = storefront.client.get("/store/regions/?locale=fr&fields=id,name,", headers=headers)
    assert answer.status_code == 200
    assert storefront.client.head("/store/regions", headers=headers).status_code == 200
