"""A guest's order for an account: the order's own address decides, by a link that works once."""

import re

import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from tests.factories.account import Person
from tests.in_process import RunJobs
from tests.shop_front import Buyer, FakeBrevo, Json, read_rows

GUEST, EMAIL = "invitee@example.com", "jeanne@example.com"
TOKEN = re.compile(r"http://boutique\.test/order/(order_\w+)/transfer/([\w-]{43})")


@pytest.fixture
def person(buyer: Buyer) -> Person:
    """A visitor of the running shop."""
    return Person(buyer.http, buyer.goods.headers)


@pytest.fixture
def token(person: Person) -> str:
    """Somebody with an account, whose address is not the guest's."""
    return person.sign_up(EMAIL)


@pytest.fixture
def order_id(buyer: Buyer) -> str:
    """A guest's order."""
    return buy(buyer)


def buy(buyer: Buyer, email: str = GUEST) -> str:
    """A manual order of a guest; gives its id."""
    cart_id = buyer.fill_cart(email=email)
    buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
    return str(buyer.complete(cart_id).json()["order"]["id"])


def own_ids(person: Person, token: str) -> list[str]:
    """The orders of an account."""
    return [order["id"] for order in person.get("/store/orders", token).json()["orders"]]


def mailed(fake_brevo: FakeBrevo, run_jobs: RunJobs) -> tuple[Json, str]:
    """The newest mail about a transfer, and its token."""
    assert run_jobs() == []
    mail = [each for each in fake_brevo.mails() if "dans son compte" in str(each["subject"])][-1]
    found = TOKEN.search(str(mail["textContent"]))
    assert found is not None
    return mail, found[2]


def act(person: Person, order_id: str, verb: str, token: str | None = None, **body: str) -> tuple[int, Json]:
    """One of the four calls."""
    answer = person.post(f"/store/orders/{order_id}/transfer/{verb}", body or None, token)
    return answer.status_code, answer.json()


def test_the_order_is_the_accounts_once_its_own_address_agrees(
    person: Person, token: str, order_id: str, run_jobs: RunJobs, fake_brevo: FakeBrevo
) -> None:
    status, asked = act(person, order_id, "request", token, description="C'était moi <b>")
    assert status == 200
    assert (asked["order"]["id"], asked["order"]["email"]) == (order_id, "i***@example.com")  # type: ignore[index]
    mail, key = mailed(fake_brevo, run_jobs)
    assert mail["to"] == [{"email": GUEST}]
    assert mail["subject"] == "Quelqu'un demande votre commande n°\u00a01 dans son compte"
    assert "C'était moi <b>" in str(mail["textContent"])
    assert "C&#39;était moi &lt;b&gt;" in str(mail["htmlContent"])
    assert read_rows("SELECT secret FROM message WHERE template = 'order_transfer'") == [(None,)]
    assert own_ids(person, token) == []

    status, shown = accept(person, order_id, key)
    assert (status, shown["order"]["id"]) == (200, order_id)  # type: ignore[index]
    assert own_ids(person, token) == [order_id]
    whole = person.get(f"/store/orders/{order_id}", token).json()["order"]
    assert (whole["email"], whole["shipping_address"]["city"]) == (GUEST, "Paris")
    told = (
        'SELECT action, details ->> \'customer_id\' = customer_id FROM audit_log JOIN "order" ON subject = "order".id'
    )
    assert read_rows(told) == [("order.transferred", True)]


def accept(person: Person, order_id: str, key: str) -> tuple[int, Json]:
    """Answer yes, logged in as nobody."""
    answer = person.post(f"/store/orders/{order_id}/transfer/accept", {"token": key})
    return answer.status_code, answer.json()


def decline(person: Person, order_id: str, key: str) -> tuple[int, Json]:
    """Answer no."""
    answer = person.post(f"/store/orders/{order_id}/transfer/decline", {"token": key})
    return answer.status_code, answer.json()


@pytest.mark.parametrize("ended_by", ["accept", "decline", "cancel", "another request", "time"])
def test_a_link_that_was_used_replaced_or_is_over_is_no_link(
    person: Person, token: str, order_id: str, run_jobs: RunJobs, fake_brevo: FakeBrevo, ended_by: str
) -> None:
    act(person, order_id, "request", token)
    _, key = mailed(fake_brevo, run_jobs)
    if ended_by in ("cancel", "another request"):
        assert act(person, order_id, "cancel" if ended_by == "cancel" else "request", token)[0] == 200
    elif ended_by == "time":
        with unit_of_work("test") as session:
            session.connection().exec_driver_sql("UPDATE order_transfer SET expires_at = now()")
    else:
        assert {"accept": accept, "decline": decline}[ended_by](person, order_id, key)[0] == 200
    owner = read_rows('SELECT customer_id FROM "order"')
    for answer in (accept, decline):
        status, body = answer(person, order_id, key)
        assert (status, body["type"], body["message"]) == (400, "not_allowed", "Invalid token.")
    assert read_rows('SELECT customer_id FROM "order"') == owner
    assert own_ids(person, token) == ([order_id] if ended_by == "accept" else [])


def test_wrong_tokens_and_other_orders_tokens_are_refused(
    person: Person, buyer: Buyer, token: str, order_id: str, run_jobs: RunJobs, fake_brevo: FakeBrevo
) -> None:
    act(person, order_id, "request", token)
    _, key = mailed(fake_brevo, run_jobs)
    other = buy(buyer)
    for given, wrong in ((other, key), (order_id, "faux"), (order_id, token)):
        assert accept(person, given, wrong[:200])[1]["message"] == "Invalid token."
    assert accept(person, order_id, "")[0] == 400
    assert accept(person, "order_unknown", key)[0] == 404
    assert own_ids(person, token) == []


def test_what_a_request_refuses(person: Person, buyer: Buyer, token: str, order_id: str) -> None:
    paul = person.sign_up("paul@example.com")
    with unit_of_work("test") as session:
        session.execute(
            text("UPDATE \"order\" SET customer_id = (SELECT id FROM customer WHERE email = 'jeanne@example.com')")
        )
    status, body = act(person, order_id, "request", token)
    assert (status, body["type"]) == (400, "invalid_data")
    assert "already belongs to customer" in str(body["message"])
    assert act(person, order_id, "request", paul)[0] == 404, "an account's order is nobody else's to ask for"
    assert act(person, "order_unknown", "request", paul)[0] == 404
    assert act(person, order_id, "request")[0] == 401
    assert act(person, order_id, "cancel", paul)[0] == 404
    old = buy(buyer)
    before = read_rows("SELECT count(*) FROM order_transfer"), read_rows("SELECT count(*) FROM message")
    with unit_of_work("test") as session:
        session.execute(text("UPDATE \"order\" SET created_at = now() - interval '31 days'"))
    assert act(person, old, "request", paul)[0] == 404
    assert (read_rows("SELECT count(*) FROM order_transfer"), read_rows("SELECT count(*) FROM message")) == before


def test_mails_about_one_order_are_few(person: Person, token: str, order_id: str) -> None:
    assert [act(person, order_id, "request", token)[0] for _ in range(4)] == [200, 200, 200, 429]
    assert read_rows("SELECT state, count(*) FROM order_transfer GROUP BY state ORDER BY state") == [
        ("canceled", 2),
        ("requested", 1),
    ]
