"""POST /store/returns: pieces that were sent may be asked back, once, by whoever they belong to."""

from dataclasses import dataclass

import httpx2
import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from tests.factories.account import Person
from tests.factories.orders import make_order, mark_pieces
from tests.factories.shipping import make_shipping_option
from tests.factories.storefront import Storefront
from tests.rows import row
from tests.shop_front import read_rows

EMAIL = "jeanne@example.com"
NOT_FOUND = "Order id not found: "


@dataclass(frozen=True)
class Sent:
    """An order of three pieces, two of which were sent, and the way back at 3,90 €."""

    order_id: str
    line_id: str
    way_back_id: str
    way_there_id: str


@pytest.fixture
def sent(storefront: Storefront) -> Sent:
    variant = storefront.product().variants[0].id
    there = storefront.shipping_option()
    with unit_of_work("test") as session:
        back = make_shipping_option(
            session, storefront.shop.region.id, code="retour", name="Retour", amount_cents=390, is_return=True
        )
        order = make_order(session, storefront.shop, (variant, 3), option_id=there.id, email=EMAIL)
        mark_pieces(session, order.lines[0].id, fulfilled=2, shipped=2, delivered=2)
        return Sent(order.id, order.lines[0].id, back.id, there.id)


def ask(storefront: Storefront, sent: Sent, quantity: int = 1, /, **over: object) -> httpx2.Response:
    """The usual request, with what is said otherwise; a key that is None is left out."""
    body: dict[str, object] = {
        "order_id": sent.order_id,
        "items": [{"id": sent.line_id, "quantity": quantity}],
        "return_shipping": {"option_id": sent.way_back_id},
        "email": EMAIL,
        **over,
    }
    return storefront.post("/returns", {name: value for name, value in body.items() if value is not None})


def read_pieces() -> list[tuple[object, ...]]:
    """Returns, their lines, and what the lines of orders say is asked back."""
    return read_rows(
        "SELECT (SELECT count(*) FROM order_return), (SELECT count(*) FROM return_line),"
        " (SELECT sum(return_requested_quantity) FROM order_line)"
    )


NOTHING = [(0, 0, 0)]


@row("S0-089")
def test_pieces_are_asked_back(storefront: Storefront, sent: Sent) -> None:
    (reason_id,) = (found[0] for found in read_rows("SELECT id FROM return_reason WHERE value = 'damaged'"))
    items = [{"id": sent.line_id, "quantity": 2, "reason_id": reason_id, "note": "Une branche est cassée"}]
    answer = ask(storefront, sent, items=items, note="Merci", email="Jeanne@Example.com", receive_now=False)
    assert answer.status_code == 200, answer.text
    made = answer.json()["return"]
    assert made["id"].startswith("return_")
    assert (made["order_id"], made["status"], made["display_id"]) == (sent.order_id, "requested", 1)
    assert (made["refund_amount"], made["received_at"], made["canceled_at"]) == (None, None, None)
    (item,) = made["items"]
    assert (item["item_id"], item["quantity"], item["received_quantity"], item["reason_id"], item["note"]) == (
        sent.line_id, 2, 0, reason_id, "Une branche est cassée"
    )  # fmt: skip
    (way,) = made["shipping_methods"]
    assert (way["shipping_option_id"], way["name"], way["amount"]) == (sent.way_back_id, "Retour", 3.9)
    assert read_rows("SELECT status, note, shipping_amount_cents FROM order_return") == [("requested", "Merci", 390)]
    (line,) = storefront.get(f"/orders/{sent.order_id}").json()["order"]["items"]
    assert (line["detail"]["fulfilled_quantity"], line["detail"]["return_requested_quantity"]) == (2, 2)


@row("S0-089")
def test_no_more_than_was_sent_and_not_asked_back_already(storefront: Storefront, sent: Sent) -> None:
    for quantity, status in ((3, 400), (1, 200), (2, 400), (1, 200), (1, 400)):
        before = read_pieces()
        answer = ask(storefront, sent, quantity)
        assert answer.status_code == status
        if status == 400:
            assert answer.json()["message"] == "Cannot request to return more items than what was fulfilled."
            assert read_pieces() == before
    assert read_pieces() == [(2, 2, 2)]


@pytest.mark.parametrize(
    ("over", "status", "message"),
    [
        ({"order_id": "order_x"}, 404, f"{NOT_FOUND}order_x"),
        ({"items": []}, 400, "Invalid request: Value for field 'items' too small, expected at least: '1'"),
        ({"items": [{"id": "ordli_x", "quantity": 1}]}, 400, None),
        ({"items": [{"id": "LINE", "quantity": 0}]}, 400, None),
        ({"items": [{"id": "LINE", "quantity": 1.5}]}, 400, None),
        ({"items": [{"id": "LINE", "quantity": 1}] * 2}, 400, "Each item of the order can be named once in a return"),
        (
            {"items": [{"id": "LINE", "quantity": 1, "reason_id": "rr_x"}]},
            400,
            "Return reasons with ids rr_x do not exist.",
        ),
        ({"return_shipping": None}, 400, "Invalid request: Field 'return_shipping' is required"),
        ({"return_shipping": {"option_id": "so_x"}}, 400, "The return shipping option is invalid for this order."),
        ({"return_shipping": {"option_id": "THERE"}}, 400, "The return shipping option is invalid for this order."),
        (
            {"return_shipping": {"option_id": "BACK", "price": 0}},
            400,
            "The return shipping option is invalid for this order.",
        ),
        ({"return_shipping": {"option_id": "BACK", "price": "3.9"}}, 400, None),
        ({"receive_now": True}, 400, "A return is received by the shop, not when it is requested."),
        ({"location_id": "sloc_x"}, 400, "The location is not where the return goes to."),
        ({"email": None}, 400, "Invalid request: Field 'email' is required"),
        ({"refund_amount": 1}, 400, "Invalid request: Unrecognized fields: 'refund_amount'"),
    ],
)
def test_what_is_refused_changes_nothing(
    storefront: Storefront, sent: Sent, over: dict[str, object], status: int, message: str | None
) -> None:
    names = {"LINE": sent.line_id, "BACK": sent.way_back_id, "THERE": sent.way_there_id}
    answer = ask(storefront, sent, **{name: put_in(value, names) for name, value in over.items()})
    assert answer.status_code == status, answer.text
    assert message is None or answer.json()["message"] == message
    assert read_pieces() == NOTHING


def put_in(value: object, names: dict[str, str]) -> object:
    """The same value with the fixture's ids in the place of their names."""
    if isinstance(value, list):
        return [put_in(each, names) for each in value]
    if isinstance(value, dict):
        return {name: put_in(each, names) for name, each in value.items()}
    return names.get(value, value) if isinstance(value, str) else value


def test_the_way_back_may_be_named_with_its_own_price(storefront: Storefront, sent: Sent) -> None:
    answer = ask(storefront, sent, return_shipping={"option_id": sent.way_back_id, "price": 3.9})
    assert answer.status_code == 200, answer.text


def test_nobody_learns_whether_an_order_exists(storefront: Storefront, sent: Sent) -> None:
    """A wrong e-mail, an order of nobody, and one whose id opens nothing any more: the same answer."""
    wrong = ask(storefront, sent, email="paul@example.com")
    unknown = ask(storefront, sent, order_id="order_x", email="paul@example.com")
    with unit_of_work("test") as session:
        session.execute(text("UPDATE \"order\" SET created_at = now() - interval '31 days'"))
    over = ask(storefront, sent)
    for answer, order_id in ((wrong, sent.order_id), (unknown, "order_x"), (over, sent.order_id)):
        assert (answer.status_code, answer.json()["message"]) == (404, f"{NOT_FOUND}{order_id}")
        assert answer.json().keys() == {"type", "message", "code", "requestId"}
    assert read_pieces() == NOTHING


def test_its_customer_needs_no_email_and_no_hurry(storefront: Storefront, sent: Sent, person: Person) -> None:
    """Logged in, the order is theirs for ever; somebody else's login opens nothing."""
    with unit_of_work("test") as session:
        session.execute(text("UPDATE \"order\" SET created_at = now() - interval '31 days'"))
    body = {
        "order_id": sent.order_id,
        "items": [{"id": sent.line_id, "quantity": 1}],
        "return_shipping": {"option_id": sent.way_back_id},
    }
    jeanne, paul = person.sign_up(EMAIL), person.sign_up("paul@example.com")
    for token in (jeanne, paul):
        refused = person.post("/store/returns", body, token)
        assert (refused.status_code, refused.json()["message"]) == (404, f"{NOT_FOUND}{sent.order_id}")
    assert read_pieces() == NOTHING
    with unit_of_work("test") as session:
        session.execute(
            text('UPDATE "order" SET customer_id = :id'), {"id": person.me(jeanne).json()["customer"]["id"]}
        )
    refused = person.post("/store/returns", body, paul)
    assert refused.status_code == 404
    answer = person.post("/store/returns", body, jeanne)
    assert answer.status_code == 200, answer.text
    assert read_pieces() == [(1, 1, 1)]


def test_an_order_may_be_asked_about_a_few_times_a_minute(storefront: Storefront, sent: Sent) -> None:
    answers = [ask(storefront, sent, email="paul@example.com") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [404] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    unknown = [ask(storefront, sent, order_id="order_x") for _ in range(6)]
    assert [answer.status_code for answer in unknown] == [404] * 5 + [429]
    assert read_pieces() == NOTHING


def test_the_reasons_of_the_shop(storefront: Storefront) -> None:
    page = storefront.get("/return-reasons").json()
    assert (page["count"], page["offset"], page["limit"]) == (4, 0, 20)
    assert [reason["value"] for reason in page["return_reasons"]] == [
        "changed_mind", "damaged", "wrong_item", "wrong_size"
    ]  # fmt: skip
    first = page["return_reasons"][0]
    assert (first["label"], first["parent_return_reason_id"]) == ("Changement d'avis", None)
    assert storefront.get(f"/return-reasons/{first['id']}").json() == {"return_reason": first}
    second = storefront.get("/return-reasons", limit=1, offset=1, fields="value").json()
    assert second["return_reasons"] == [{"id": page["return_reasons"][1]["id"], "value": "damaged"}]
    unknown = storefront.get("/return-reasons/rr_x")
    assert (unknown.status_code, unknown.json()["message"]) == (404, "Return reason with id: rr_x was not found")
