"""Counting attempts while Redis is away takes a connection: nobody waits for it with another one in hand."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import QueuePool

from app.core.db import get_engine
from tests.factories.account import Person
from tests.shop_front import change_settings, read_rows

RETURN = {"order_id": "order_x", "items": [{"id": "ordli_x", "quantity": 1}], "return_shipping": {"option_id": "so_x"}}


@contextmanager
def one_connection_left() -> Iterator[None]:
    """All the others are in use: a pool of one."""
    pool = get_engine().pool
    assert isinstance(pool, QueuePool)
    with ExitStack() as stack:
        for _ in range(pool.size() + pool._max_overflow - 1):
            stack.enter_context(get_engine().connect())
        yield


def test_routes_with_a_limit_need_one_connection(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    change_settings(monkeypatch, REDIS_URL="redis://127.0.0.1:1/0")
    token = person.sign_up("jeanne@example.com")
    with one_connection_left():
        registered = person.register("paul@example.com")
        assert registered.status_code == 200, registered.text
        signed_up = person.post("/store/customers", {"email": "paul@example.com"}, registered.json()["token"])
        assert signed_up.status_code == 200, signed_up.text
        assert person.log_in("paul@example.com").status_code == 200
        transfer = person.post("/store/orders/order_x/transfer/request", {}, token)
        assert (transfer.status_code, transfer.headers["ratelimit-limit"]) == (404, "3"), transfer.text
        returned = person.post("/store/returns", RETURN, token)
        assert (returned.status_code, returned.headers["ratelimit-limit"]) == (404, "5"), returned.text
        asked = person.post("/auth/customer/emailpass/reset-password", {"identifier": "paul@example.com"})
        assert asked.status_code == 201
        chosen = person.post("/auth/customer/emailpass/update", {"password": "un autre mot de passe"}, "nonsense")
        assert (chosen.status_code, chosen.headers["ratelimit-limit"]) == (401, "10")
    counted = {str(name) for (name,) in read_rows("SELECT DISTINCT split_part(key, ':', 1) FROM limit_window")}
    assert counted >= {"sign-up", "transfer-order", "return-of-order", "reset-mail", "reset-token", "customer-login"}
