"""The life of a return over the Admin API and at the counter: stock by inspection and once, money on its ground."""

from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.clock import utc_now
from app.core.db import sign_transaction, unit_of_work
from app.refunds.jobs import watch_deadlines
from app.returns.receive_return import mark_dispatched
from app.shop.rules import compute_business_day
from tests.command import run_command
from tests.money_back import DELIVERY, PIECE, Paid, Staff, ask_back, buy, hire, last_refund
from tests.rows import row
from tests.shop_front import Buyer, FakeStripe, Json, read_rows, read_state
from tests.withdrawals import PIECES, number_of, send_parcel

RETURN = "SELECT status FROM order_return ORDER BY display_id"
PUT_BACK = "SELECT count(*), sum(delta) FROM stock_movement WHERE reason = 'return'"
ALERTS = "SELECT content->>'code', object_id FROM message WHERE template = 'money_alert' ORDER BY created_at, object_id"


@pytest.fixture
def paid(buyer: Buyer, fake_stripe: FakeStripe) -> Paid:
    return buy(buyer, fake_stripe)


def run(*arguments: str) -> Json:
    """A command that must succeed; its document."""
    done = run_command(*arguments, "--json")
    assert (done.code, isinstance(done.answer, dict)) == (0, True), done
    return cast(Json, done.answer)


def refused(*arguments: str) -> object:
    """The code of a command that must be refused."""
    done = run_command(*arguments, "--json")
    assert done.code == 1, done
    return cast(Json, done.answer)["code"]


def write_by_hand(statement: str, **values: object) -> None:
    """A signed statement beside the application."""
    with unit_of_work("by hand") as session:
        sign_transaction(session)
        session.execute(text(statement), values)


@row("S0-089", "S0-090", "S0-091", "S0-092")
def test_medusas_steps_end_with_saleable_pieces_on_the_shelf_once(buyer: Buyer, paid: Paid) -> None:
    send_parcel(paid, 2, delivered_at=utc_now() - timedelta(days=2))
    owner, stock = hire(buyer), read_state()["stock"]
    begun = owner.post("/returns", order_id=paid.order_id, metadata={"vu": "oui"})
    assert begun.status_code == 200, begun.text
    made = begun.json()["return"]
    assert (made["status"], begun.json()["order"]["id"], made["metadata"]) == ("open", paid.order_id, {"vu": "oui"})
    path = f"/returns/{made['id']}"
    assert owner.post(f"{path}/request").json()["code"] == "return_is_empty"
    assert read_rows(PIECES) == [(2, 2, 0, 0, 0)]
    too_many = owner.post(f"{path}/request-items", items=[{"id": paid.line_id, "quantity": 3}])
    assert (too_many.status_code, too_many.json()["code"]) == (400, "too_many_pieces_returned")
    for quantity in (1, 2):  # the second takes the place of the first
        owner.post(f"{path}/request-items", items=[{"id": paid.line_id, "quantity": quantity}])
    asked = owner.post(f"{path}/request").json()["return"]
    assert (asked["status"], asked["parcel_status"], asked["is_withdrawal"]) == ("requested", "approved", True)
    assert read_rows("SELECT count(*) FROM message WHERE template = 'return_approved'") == [(1,)]
    early = owner.refund(paid, return_id=made["id"])
    assert (early.status_code, early.json()["code"]) == (409, "refund_before_return")
    assert owner.post(f"{path}/receive-items", items=[{"id": paid.line_id, "quantity": 1}]).json()["code"] == (
        "reception_not_begun"
    )
    assert owner.post(f"{path}/receive").json()["order"]["id"] == paid.order_id
    assert owner.post(f"{path}/receive/confirm").json()["code"] == "received_pieces_unfit"
    for _ in range(2):  # a second click counts once
        owner.post(f"{path}/receive-items", items=[{"id": paid.line_id, "quantity": 1}])
    owner.post(f"{path}/dismiss-items", items=[{"id": paid.line_id, "quantity": 1}])
    done = owner.post(f"{path}/receive/confirm").json()["return"]
    assert (done["status"], done["parcel_status"], done["standing"]) == ("received", "inspected", "inspected")
    assert (read_state()["stock"], read_rows(PUT_BACK), read_rows(PIECES)) == (stock + 1, [(1, 1)], [(2, 2, 0, 1, 1)])
    check_the_end(owner, paid, path)


def check_the_end(owner: Staff, paid: Paid, path: str) -> None:
    """What is done is done once; its money goes back, and everybody reads so."""
    return_id = path.rpartition("/")[2]
    again = owner.post(f"{path}/receive/confirm")
    assert (again.status_code, again.json()["code"]) == (409, "reception_not_begun")
    assert owner.post(f"{path}/inspect").json()["code"] == "return_already_inspected"
    assert owner.post(f"{path}/reject", reason="Rayée").json()["code"] == "return_is_kept"
    given = last_refund(owner.refund(paid, return_id=return_id))
    assert given["amount"] == (2 * PIECE + DELIVERY) / 100
    shown = owner.get(path)
    assert (shown.json()["return"]["standing"], shown.json()["return"]["refund_amount"]) == ("refunded", 702.9)
    stale = owner.http.post(f"/admin{path}/cancel", headers={**owner.headers, "if-match": '"1"'}, json={})
    assert (stale.status_code, stale.json()["code"], "etag" in shown.headers) == (412, "changed_meanwhile", True)
    (listed,) = owner.get("/returns?status=received&parcel_status=inspected").json()["returns"]
    assert listed["id"] == return_id


@row("S0-088", "S0-089", "S0-090", "S0-092")
def test_from_the_counter_stock_moves_by_the_inspection_and_once(paid: Paid) -> None:
    send_parcel(paid, 2, delivered_at=utc_now() - timedelta(days=60))
    stock, item = read_state()["stock"], f"{paid.line_id}=2"
    assert refused("returns", "create", number_of(paid), "--item", item) == "return_needs_note"
    made = run("returns", "create", number_of(paid), "--item", item, "--note", "Client fidèle")
    return_id = str(made["id"])
    assert (made["standing"], made["is_withdrawal"]) == ("approved", False)
    assert refused("returns", "inspect", return_id) == "return_not_received"
    assert run("returns", "receive", return_id)["standing"] == "received"
    assert (read_state()["stock"], read_rows(PUT_BACK)) == (stock, [(0, None)]), "nobody has looked at it"
    lines = cast(list[Json], run("returns", "show", return_id)["lines"])
    assert refused("returns", "inspect", return_id, "--unsaleable", f"{lines[0]['id']}=3") == "received_pieces_unfit"
    done = run("returns", "inspect", return_id, "--unsaleable", f"{lines[0]['id']}=1")
    assert (done["standing"], read_state()["stock"], read_rows(PUT_BACK)) == ("inspected", stock + 1, [(1, 1)])
    assert refused("returns", "inspect", return_id) == "return_already_inspected"
    assert refused("returns", "cancel", return_id) == "return_is_over"
    twice = (
        "INSERT INTO stock_movement (variant_id, delta, reason, return_line_id)"
        " SELECT variant_id, delta, reason, return_line_id FROM stock_movement WHERE reason = 'return'"
    )
    with pytest.raises(DBAPIError, match="uq_stock_movement_return_line_id"):
        write_by_hand(twice)


@row("S0-142")
def test_the_shop_answers_a_request(buyer: Buyer, paid: Paid) -> None:
    """Yes, no with a reason, never both; what is refused is never refunded, by whoever, in the database neither."""
    return_id, owner = ask_back(paid, 1), hire(buyer)
    assert run("returns", "approve", return_id)["standing"] == "approved"
    assert refused("returns", "approve", return_id) == "return_already_answered"
    assert refused("returns", "reject", return_id, "--reason", " ") == "rejection_needs_reason"
    assert run("returns", "receive", return_id)["standing"] == "received"
    assert run("returns", "reject", return_id, "--reason", "La monture revient rayée.")["standing"] == "rejected"
    assert read_rows(PIECES) == [(2, 2, 0, 0, 0)], "they are the customer's again"
    mails = read_rows("SELECT template, content->>'reason' FROM message WHERE template LIKE 'return%' ORDER BY 1")
    assert mails == [("return_approved", None), ("return_rejected", "La monture revient rayée.")]
    no = owner.refund(paid, return_id=return_id)
    assert (no.status_code, no.json()["code"]) == (409, "refund_before_return")
    beside = (
        "INSERT INTO refund (id, payment_id, return_id, amount_cents, currency_code, status, requested_by)"
        " VALUES ('ref_x', :payment, :parcel, 1, 'eur', 'requested', 'x')"
    )
    with pytest.raises(DBAPIError, match="a refund stands on a return"):
        write_by_hand(beside, payment=paid.payment_id, parcel=return_id)
    assert refused("returns", "cancel", return_id) == "return_is_over"


@row("S0-088")
def test_what_is_due_is_listed_and_the_shop_is_told_at_each_step(paid: Paid) -> None:
    return_id = ask_back(paid, 2)
    (waiting,) = cast(list[Json], run_command("returns", "deadlines", "--json").answer)
    assert (waiting["return_id"], waiting["due_on"], waiting["due_cents"]) == (return_id, None, 2 * PIECE + DELIVERY)
    watch_deadlines()
    assert read_rows(ALERTS) == [], "it waits for the parcel"
    with unit_of_work("test") as session:
        mark_dispatched(session, return_id, "8R001")
    for days, kind, percent, told in (
        (5, "none", 0, []),
        (12, "none", 0, ["refund_due_soon"]),
        (20, "legal_rate", 0, ["refund_late"]),
        (30, "percent", 5, ["refund_late"]),
        (30, "percent", 5, []),
        (60, "percent", 20, ["refund_late"]),
    ):
        moved = (
            "UPDATE order_return SET created_at = ago, dispatched_at = ago"
            " FROM (SELECT now() - make_interval(days => :d) AS ago) AS earlier"
        )
        with unit_of_work("test") as session:
            sign_transaction(session)
            session.execute(text(moved), {"d": days})
        before = len(read_rows(ALERTS))
        watch_deadlines()
        (found,) = cast(list[Json], run_command("returns", "deadlines", "--json").answer)
        cost = cast(Json, found["surcharge"])
        assert (cost["kind"], cost["percent"]) == (kind, percent), days
        assert len(read_rows(ALERTS)) - before == len(told), days
    assert cost["amount_cents"] == (2 * PIECE + DELIVERY) * 20 // 100
    done = run("orders", "refund", number_of(paid), "--return", return_id, "--yes")
    assert done["status"] == "succeeded"
    assert run_command("returns", "deadlines", "--json").answer == []


def test_what_the_law_says_is_told_by_commands(paid: Paid) -> None:
    send_parcel(paid, 2, delivered_at=utc_now() - timedelta(days=3))
    today = compute_business_day(utc_now()).isoformat()
    told = ("returns", "informed", number_of(paid), "--on")
    assert refused(*told, "2999-01-01", "--reason", "x") == "informed_in_future"
    assert refused(*told, today, "--reason", " ") == "informing_needs_reason"
    assert run(*told, today, "--reason", "Notice dans le colis")["withdrawal_end"] is not None
    done = run("returns", "exclude", "aura", "--because", "made_to_order")
    assert done["withdrawal_excluded_reason"] == "made_to_order"
    assert read_rows("SELECT withdrawal_excluded_reason FROM order_line") == [(None,)], "what was said that day"
    assert run("returns", "exclude", "aura", "--because", "none")["withdrawal_excluded_reason"] is None
    assert read_rows("SELECT count(*) FROM audit_log WHERE action IN ('product.withdrawal', 'order.informed')") == [
        (3,)
    ]


def test_reasons_are_the_shops(buyer: Buyer, paid: Paid) -> None:
    owner = hire(buyer)
    made = owner.post("/return-reasons", value="too_late", label="Arrivé trop tard").json()["return_reason"]
    path = f"/return-reasons/{made['id']}"
    assert owner.post("/return-reasons", value="too_late", label="x").status_code == 422
    assert owner.post(path, value="damaged").json()["code"] == "return_reason_taken"
    assert owner.post(path, label="Trop tard").json()["return_reason"]["label"] == "Trop tard"
    send_parcel(paid, 1)
    return_id = owner.post("/returns", order_id=paid.order_id).json()["return"]["id"]
    items = [{"id": paid.line_id, "quantity": 1, "reason_id": made["id"]}]
    owner.post(f"/returns/{return_id}/request-items", items=items)
    used = owner.http.delete(f"/admin{path}", headers=owner.headers)
    assert (used.status_code, used.json()["code"]) == (409, "return_reason_in_use")
    owner.post(f"/returns/{return_id}/request-items", items=[{"id": paid.line_id, "quantity": 0}])
    gone = owner.http.delete(f"/admin{path}", headers=owner.headers).json()
    assert gone == {"id": made["id"], "object": "return_reason", "deleted": True}
    assert owner.get(path).status_code == 404
