"""POST /admin/payments/:id/refund: money goes back once, on a ground, and the answer says where it really stands."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from app.refunds.jobs import resume
from app.returns.queries import get_return
from app.returns.receive_return import mark_dispatched, receive_return
from app.returns.rules import CameIn
from tests.factories.promotions import make_promotion
from tests.in_process import RunJobs
from tests.money_back import (
    DELIVERY,
    MONEY,
    PAID,
    PIECE,
    STORED,
    Paid,
    Staff,
    ask_back,
    buy,
    hire,
    last_refund,
    let_time_pass,
)
from tests.rows import row
from tests.shop_front import Buyer, FakeStripe, Json, read_rows, read_state

MAILS = "SELECT template, object_id FROM message WHERE template <> 'order_confirmation' ORDER BY created_at"


@pytest.fixture
def paid(buyer: Buyer, fake_stripe: FakeStripe) -> Paid:
    return buy(buyer, fake_stripe)


@pytest.fixture
def owner(buyer: Buyer) -> Staff:
    return hire(buyer)


def make_due(name: str = "refunds.send") -> None:
    """The job that finishes what the first attempt could not is due now."""
    with unit_of_work("test") as session:
        due = "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE task_name = :name AND status = 'todo'"
        session.execute(text(due), {"name": name})


@row("S0-091", "S0-093", "S3-011")
def test_part_then_the_rest_goes_back_and_the_customer_is_told(
    paid: Paid, owner: Staff, buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    part = last_refund(owner.refund(paid, amount=2.9, refund_reason_id="goodwill", note="Boîte abîmée"))
    assert (part["amount"], part["status"], part["refund_reason_id"], part["created_by"]) == (
        2.9, "succeeded", "goodwill", "staff:user_owner"
    )  # fmt: skip
    (call,) = fake_stripe.calls("refunds.create")
    assert call["idempotency_key"] == f"refund:{part['id']}"
    assert call["arguments"] == {
        "payment_intent": paid.intent_id, "amount": 290, "metadata": {"refund_id": part["id"]}
    }  # fmt: skip
    shown = buyer.show_order(paid.order_id).json()["order"]
    assert (shown["payment_status"], shown["summary"]["refunded_total"]) == ("partially_refunded", 2.9)
    rest = last_refund(owner.refund(paid, refund_reason_id="lost_in_transit"))
    assert (rest["amount"], rest["status"]) == (700.0, "succeeded")
    shown = buyer.show_order(paid.order_id).json()["order"]
    assert (shown["payment_status"], shown["summary"]["refunded_total"]) == ("refunded", 702.9)
    assert shown["payment_collections"][0]["refunded_amount"] == 702.9
    fake_stripe.wait_until_delivered()
    make_due()
    assert run_jobs() == []
    assert read_rows(MONEY) == [(PAID, PAID)]
    assert len(fake_stripe.calls("refunds.create")) == 2, "neither the events nor the jobs ask again"
    assert read_rows(MAILS) == [("refund_sent", part["id"]), ("refund_sent", rest["id"])]
    assert read_state()["stock"] == 8, "a refund puts nothing back on the shelf"
    whole = owner.get(f"/payments/{paid.payment_id}").json()["payment"]
    assert (whole["amount"], whole["captured_amount"], whole["refunded_amount"]) == (702.9, 702.9, 702.9)
    assert [each["id"] for each in owner.get("/refunds?status=succeeded").json()["refunds"]] == [rest["id"], part["id"]]


@row("S0-087", "S0-142")
def test_what_may_not_go_back_changes_nothing(paid: Paid, owner: Staff, buyer: Buyer, fake_stripe: FakeStripe) -> None:
    clerk, reader = hire(buyer, "staff"), hire(buyer, "readonly")
    return_id = ask_back(paid, 1)
    cases: list[tuple[Staff, Json, int, str]] = [
        (owner, {}, 400, "refund_without_ground"),
        (owner, {"return_id": return_id}, 409, "refund_before_return"),
        (owner, {"return_id": return_id, "refund_reason_id": "goodwill", "note": "x"}, 400, "refund_with_two_grounds"),
        (owner, {"return_id": "return_none"}, 404, "return_not_found"),
        (owner, {"amount": 702.91, "refund_reason_id": "not_shipped"}, 400, "refund_above_capture"),
        (owner, {"amount": 1.001, "refund_reason_id": "not_shipped"}, 400, "invalid_data"),
        (owner, {"amount": 0, "refund_reason_id": "not_shipped"}, 400, "invalid_data"),
        (owner, {"amount": -1, "refund_reason_id": "not_shipped"}, 400, "invalid_data"),
        (owner, {"refund_reason_id": "because"}, 400, "invalid_data"),
        (owner, {"amount": 1, "refund_reason_id": "goodwill"}, 400, "refund_needs_note"),
        (clerk, {"amount": 1, "refund_reason_id": "goodwill", "note": "x"}, 403, "refund_not_for_this_role"),
        (reader, {"amount": 1, "refund_reason_id": "not_shipped"}, 403, "not_for_this_role"),
    ]
    before = read_state()
    for who, given, status, code in cases:
        answer = who.refund(paid, **given)
        assert (answer.status_code, answer.json()["code"]) == (status, code), given
    nobody = owner.refund(replace(paid, payment_id="pay_none"), refund_reason_id="not_shipped")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "payment_not_found")
    assert read_state() == before
    assert (read_rows(MONEY), fake_stripe.calls("refunds.create")) == ([(0, 0)], [])


@row("S0-142")
def test_the_database_itself_demands_a_ground_and_keeps_what_was_decided(paid: Paid, owner: Staff) -> None:
    owner.refund(paid, amount=1, refund_reason_id="not_shipped", note="Rupture")
    return_id = ask_back(paid, 1)
    make = (
        "INSERT INTO refund (id, payment_id, amount_cents, currency_code, status, reason, note, return_id, origin)"
        " VALUES ('ref_x', '{payment}', 100, 'eur', 'requested', {ground}, 'comptoir')"
    )
    for statement, word in (
        (make.format(payment=paid.payment_id, ground="NULL, NULL, NULL"), "ck_refund_has_ground"),
        (make.format(payment=paid.payment_id, ground="'because', NULL, NULL"), "ck_refund_reason"),
        (make.format(payment=paid.payment_id, ground="'goodwill', NULL, NULL"), "ck_refund_goodwill_is_explained"),
        (make.format(payment=paid.payment_id, ground=f"NULL, NULL, '{return_id}'"), "stands on a return"),
        ("UPDATE payment SET refund_committed_cents = amount_cents + 1", "ck_payment_refund_within_capture"),
        ("UPDATE payment SET refunded_cents = refund_committed_cents + 1", "ck_payment_refunded_is_committed"),
        ("UPDATE refund SET amount_cents = 1", "keeps its payment"),
        ("UPDATE refund SET reason = 'lost_in_transit'", "keeps its payment"),
        ("UPDATE refund SET note = 'x' WHERE note IS NOT NULL", "keeps its payment"),
        ("DELETE FROM refund", "keeps its payment"),
    ):
        with pytest.raises(Exception, match=word), unit_of_work("test") as session:
            session.execute(text(statement))
    assert read_rows(MONEY) == [(100, 100)]


@row("S0-142")
def test_a_withdrawal_is_refunded_from_its_dispatch_on_delivery_included(paid: Paid, owner: Staff) -> None:
    first, last = ask_back(paid, 1), ask_back(paid, 1, code="retour-2")
    with unit_of_work("test") as session:
        mark_dispatched(session, first, "8R00000000000")
    piece = last_refund(owner.refund(paid, return_id=first))
    assert (piece["amount"], piece["status"], piece["return_id"]) == (PIECE / 100, "succeeded", first)
    again = owner.refund(paid, return_id=first)
    assert (again.status_code, again.json()["code"]) == (409, "return_already_refunded")
    with unit_of_work("test") as session:
        receive_return(session, first, None)
        receive_return(session, last, None)
    other = owner.refund(paid, return_id=last, amount=100)
    assert (other.status_code, other.json()["code"]) == (400, "refund_needs_note")
    assert last_refund(owner.refund(paid, return_id=last))["amount"] == (PIECE + DELIVERY) / 100
    assert read_rows(MONEY) == [(PAID, PAID)]
    assert read_rows("SELECT return_requested_quantity, return_received_quantity FROM order_line") == [(0, 2)]


def test_all_returns_come_to_what_was_paid_although_a_piece_of_one_did_not_come(
    buyer: Buyer, fake_stripe: FakeStripe, owner: Staff
) -> None:
    """Three pieces for 1046,00 €, a cent that no third has: what a return is worth moves when an older one shrinks."""
    with unit_of_work("test") as session:
        make_promotion(session, "EURO", amount_cents=100, is_automatic=True)
    paid = buy(buyer, fake_stripe, 3)
    total = 3 * PIECE - 100 + DELIVERY
    first, second = ask_back(paid, 2), ask_back(paid, 1, code="retour-2")
    given = []
    with unit_of_work("test") as session:
        mark_dispatched(session, second, "8R00000000000")
    given.append(last_refund(owner.refund(paid, return_id=second))["amount"])
    with unit_of_work("test") as session:
        (line,) = get_return(session, first).lines
        receive_return(session, first, [CameIn(line.id, 1)])
    given.append(last_refund(owner.refund(paid, return_id=first))["amount"])
    last = ask_back(paid, 1, code="retour-3")
    with unit_of_work("test") as session:
        mark_dispatched(session, last, "8R00000000001")
    given.append(last_refund(owner.refund(paid, return_id=last))["amount"])
    assert read_rows(MONEY) == [(total, total)], given


def test_a_commercial_return_waits_for_its_goods_and_another_amount_for_its_reason(paid: Paid, owner: Staff) -> None:
    return_id = ask_back(paid, 2, is_withdrawal=False)
    with unit_of_work("test") as session:
        mark_dispatched(session, return_id, "8R00000000000")
    early = owner.refund(paid, return_id=return_id)
    assert (early.status_code, early.json()["code"]) == (409, "refund_before_return")
    with unit_of_work("test") as session:
        receive_return(session, return_id, None)
    less = last_refund(owner.refund(paid, return_id=return_id, amount=600, note="Une monture rayée"))
    assert (less["amount"], less["note"]) == (600.0, "Une monture rayée")
    ((details,),) = read_rows("SELECT details FROM audit_log WHERE action = 'refund.requested'")
    assert isinstance(details, dict)
    assert (details["is_override"], details["return_id"]) == (True, return_id)


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        ({"kind": "refuse"}, 2),
        ({"kind": "rate_limit"}, 2),
        ({"kind": "error", "when": "after"}, 1),
        ({"kind": "truncate", "when": "after"}, 1),
    ],
)
def test_without_an_answer_it_stays_requested_and_a_job_finishes_it_once(
    paid: Paid, owner: Staff, fake_stripe: FakeStripe, run_jobs: RunJobs, fault: Json, calls: int
) -> None:
    fake_stripe.post("/_test/deliveries/hold")
    fake_stripe.break_down("refunds.create", **fault)  # type: ignore[arg-type]  # a table of faults
    asked = last_refund(owner.refund(paid, amount=100, refund_reason_id="lost_in_transit"))
    assert (asked["status"], asked["stripe_refund_id"]) == ("requested", None)
    assert read_rows(MONEY) == [(10_000, 0)]
    fake_stripe.recover()
    make_due()
    assert run_jobs() == []
    assert read_rows(STORED) == [("succeeded", 10_000, None, True)]
    made = fake_stripe.calls("refunds.create")
    assert (len(made), {call.get("idempotency_key") for call in made[-1:]}) == (calls, {f"refund:{asked['id']}"})
    assert read_rows(MONEY) == [(10_000, 10_000)]
    assert [name for name, _ in read_rows(MAILS)] == ["refund_sent"]


def test_after_a_day_it_looks_first_and_only_then_asks_under_another_key(
    paid: Paid, owner: Staff, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    fake_stripe.post("/_test/deliveries/hold")
    asked = []
    for when, ground in (("after", "lost_in_transit"), ("before", "not_shipped")):  # the first one was executed
        fake_stripe.break_down("refunds.create", "error", when=when)
        asked.append(last_refund(owner.refund(paid, amount=100, refund_reason_id=ground))["id"])
    let_time_pass(25)
    make_due()
    assert run_jobs() == []
    assert read_rows(STORED) == [("succeeded", 10_000, None, True)] * 2
    keys = [call.get("idempotency_key") for call in fake_stripe.calls("refunds.create") if call["status"] == 200]
    assert keys == [f"refund:{asked[1]}:2"]
    assert len(fake_stripe.calls("refunds.list")) == 2
    assert read_rows("SELECT key_number FROM refund ORDER BY created_at") == [(1,), (2,)]
    assert read_rows(MONEY) == [(20_000, 20_000)]


def test_what_stripe_refuses_gives_its_amount_back_and_the_shop_is_told(
    paid: Paid, owner: Staff, fake_stripe: FakeStripe
) -> None:
    fake_stripe.post("/_test/deliveries/hold")
    fake_stripe.post("/_test/refunds", payment_intent=paid.intent_id)
    refused = last_refund(owner.refund(paid, amount=100, refund_reason_id="lost_in_transit"))
    assert (refused["status"], refused["error_code"]) == ("failed", "charge_already_refunded")
    assert read_rows(MONEY) == [(0, 0)]
    assert read_rows(MAILS) == [("refund_failed", refused["id"])]


def test_pending_and_failed_later_are_facts_and_the_amount_is_free_again(
    paid: Paid, owner: Staff, buyer: Buyer, fake_stripe: FakeStripe
) -> None:
    fake_stripe.post("/_test/refunds/next", status="pending", pending_reason="insufficient_funds")
    waits = last_refund(owner.refund(paid, refund_reason_id="lost_in_transit"))
    assert (waits["status"], waits["pending_reason"]) == ("pending", "insufficient_funds")
    full = owner.refund(paid, refund_reason_id="lost_in_transit")
    assert (full.status_code, full.json()["code"]) == (409, "nothing_left_to_refund")
    fake_stripe.post(f"/_test/refunds/{waits['stripe_refund_id']}/settle", status="failed", failure_reason="declined")
    fake_stripe.wait_until_delivered()
    assert read_rows(STORED) == [("failed", PAID, "declined", True)]
    assert read_rows(MONEY) == [(0, 0)]
    assert {name for name, _ in read_rows(MAILS)} == {"money_alert", "refund_failed"}
    assert buyer.show_order(paid.order_id).json()["order"]["payment_status"] == "captured"
    assert last_refund(owner.refund(paid, refund_reason_id="lost_in_transit"))["status"] == "succeeded"


def test_a_second_click_is_no_second_refund_and_a_second_wish_is_one(
    paid: Paid, owner: Staff, fake_stripe: FakeStripe
) -> None:
    fifth = {"amount": 100, "refund_reason_id": "service_or_booking"}
    assert last_refund(owner.refund(paid, **fifth))["status"] == "succeeded"
    again = owner.refund(paid, **fifth)
    assert (again.status_code, again.json()["code"]) == (409, "refund_repeated")
    assert len(fake_stripe.calls("refunds.create")) == 1
    assert last_refund(owner.refund(paid, **fifth | {"amount": 101}))["status"] == "succeeded"
    with unit_of_work("test") as session:
        session.execute(text("ALTER TABLE refund DISABLE TRIGGER USER"))
        session.execute(text("UPDATE refund SET created_at = created_at - interval '1 minute'"))
        session.execute(text("ALTER TABLE refund ENABLE TRIGGER USER"))
    assert last_refund(owner.refund(paid, **fifth))["status"] == "succeeded"


def test_nothing_goes_back_while_a_bank_decides_and_after_it_did(
    paid: Paid, owner: Staff, fake_stripe: FakeStripe
) -> None:
    dispute = fake_stripe.post("/_test/disputes", payment_intent=paid.intent_id, reason="fraudulent")
    fake_stripe.wait_until_delivered()
    before = read_state()
    refused = owner.refund(paid, refund_reason_id="not_shipped")
    assert (refused.status_code, refused.json()["code"]) == (409, "payment_disputed")
    assert (read_state(), fake_stripe.calls("refunds.create")) == (before, [])
    fake_stripe.post(f"/_test/disputes/{dispute['id']}/close", status="lost")
    fake_stripe.wait_until_delivered()
    refused = owner.refund(paid, refund_reason_id="not_shipped")
    assert (refused.status_code, refused.json()["code"]) == (409, "dispute_lost")
    assert {name for name, _ in read_rows(MAILS)} == {"dispute_opened", "dispute_closed"}


def test_a_refused_key_is_not_the_refunds_fault(
    paid: Paid, owner: Staff, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    fake_stripe.break_down("refunds.create", "unauthorized")
    assert last_refund(owner.refund(paid, amount=100, refund_reason_id="lost_in_transit"))["status"] == "requested"
    fake_stripe.recover()
    make_due()
    assert run_jobs() == []
    assert read_rows(STORED) == [("succeeded", 10_000, None, True)]


def test_what_a_bank_decides_about_before_it_is_sent_is_not_sent(
    paid: Paid, owner: Staff, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    """Even where the first attempt may have been made: it is looked for, never made again."""
    fake_stripe.break_down("refunds.create", "refuse")
    asked = last_refund(owner.refund(paid, amount=100, refund_reason_id="lost_in_transit"))
    fake_stripe.recover()
    fake_stripe.post("/_test/disputes", payment_intent=paid.intent_id)
    fake_stripe.wait_until_delivered()
    make_due()
    assert run_jobs() == []
    assert len(fake_stripe.calls("refunds.create")) == 1
    assert read_rows(STORED) == [("failed", 10_000, "payment_disputed", False)]
    assert read_rows(MONEY) == [(0, 0)]
    assert ("refund_failed", asked["id"]) in read_rows(MAILS)


def test_a_refund_that_nobody_finished_is_asked_for_again_by_one_job(
    paid: Paid, owner: Staff, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    """Its jobs are gone, as after a restore of a backup that is older than they are."""
    fake_stripe.break_down("refunds.create", "refuse")
    owner.refund(paid, amount=100, refund_reason_id="lost_in_transit")
    fake_stripe.recover()
    with unit_of_work("test") as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("UPDATE refund SET created_at = created_at - interval '10 hours'"))
    for _ in range(2):
        resume()
    waiting = "SELECT task_name FROM procrastinate_jobs WHERE status = 'todo' AND task_name LIKE 'refunds.%'"
    assert read_rows(waiting) == [("refunds.send",)]
    assert [name for name, _ in read_rows(MAILS)] == ["money_alert"]
    assert run_jobs() == []
    assert read_rows(MONEY) == [(10_000, 10_000)]
