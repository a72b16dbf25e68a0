"""POST /admin/payments/:id/capture and `comptoir orders paid`: a person says that a transfer or cash has come, once."""

from typing import Any

import pytest

from app.core.db import unit_of_work
from app.payments.verify_journal import verify_journal
from tests.command import run_command
from tests.in_process import RunJobs
from tests.money_back import EMAIL, PAID, hire
from tests.shop_front import Buyer, FakeStripe, read_rows, read_state

MANUAL = "pp_system_default"
STANDS = """
SELECT "order".status, paid_at IS NOT NULL, is_paid_late, payment.captured_at IS NOT NULL, payment_session.status
FROM "order" JOIN payment USING (payment_collection_id)
JOIN payment_session ON payment_session.id = payment_session_id WHERE payment.provider_id = 'pp_system_default'
"""
JOURNAL = "SELECT kind, payment_id, amount_cents, actor FROM payment_journal ORDER BY number"
ACTS = "SELECT actor, subject, details->>'amount_cents' FROM audit_log WHERE action = 'payment.captured'"


def promise(buyer: Buyer) -> tuple[str, str]:
    """An order of two pieces to be paid by transfer; its id and its payment's."""
    cart_id = buyer.fill_cart(2, email=EMAIL)
    buyer.ask_for_session(buyer.open_collection(cart_id), MANUAL)
    order_id = str(buyer.complete(cart_id).json()["order"]["id"])
    ((payment_id,),) = read_rows("SELECT payment.id FROM payment WHERE provider_id = :manual", manual=MANUAL)
    return order_id, str(payment_id)


def test_a_transfer_that_came_pays_its_order_once_and_the_books_agree(buyer: Buyer, run_jobs: RunJobs) -> None:
    order_id, payment_id = promise(buyer)
    run_jobs()
    clerk = hire(buyer, "staff")
    assert read_rows(STANDS) == [("pending", False, False, False, "authorized")]
    answers: list[dict[str, Any]] = []
    for body in ({"amount": 702.9}, {}):
        done = clerk.post(f"/payments/{payment_id}/capture", **body)
        assert done.status_code == 200, done.text
        answers.append(done.json()["payment"])
    assert answers[0] == answers[1], "repeating it changes nothing"
    assert (answers[0]["captured_amount"], answers[0]["captures"][0]["amount"]) == (702.9, 702.9)
    assert read_rows(STANDS) == [("pending", True, False, True, "captured")]
    assert read_rows(JOURNAL) == [("payment", payment_id, PAID, "staff:user_staff")]
    assert read_rows(ACTS) == [("staff:user_staff", payment_id, str(PAID))]
    with unit_of_work() as session:
        assert verify_journal(session).is_sound
    shown = buyer.show_order(order_id).json()["order"]
    assert (shown["payment_status"], shown["summary"]["paid_total"]) == ("captured", 702.9)
    assert shown["summary"]["pending_difference"] == 0
    run_jobs()
    state = read_state()
    assert (state["stock"], state["orders"], state["payments"]) == (8, 1, 1), "sold when the order was placed"
    assert read_rows("SELECT template, state FROM message") == [("order_confirmation", "sent")]
    back = clerk.post(f"/payments/{payment_id}/refund", amount=2.9, refund_reason_id="not_shipped")
    assert back.json()["payment"]["refunds"][-1]["status"] == "succeeded", "what came by hand goes back by hand"


def test_what_is_refused_changes_nothing(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    _, payment_id = promise(buyer)
    buy_by_card(buyer, fake_stripe)
    ((card,),) = read_rows("SELECT id FROM payment WHERE provider_id <> :manual", manual=MANUAL)
    owner, reader = hire(buyer), hire(buyer, "readonly")
    before = read_state(), read_rows(STANDS), read_rows(JOURNAL)
    for who, named, given, status, code in (
        (owner, payment_id, {"amount": 702.89}, 400, "capture_not_whole"),
        (owner, payment_id, {"amount": 1000}, 400, "capture_not_whole"),
        (owner, payment_id, {"amount": 0}, 400, "invalid_data"),
        (owner, payment_id, {"amount": 702.9, "note": "x"}, 400, "invalid_data"),
        (owner, card, {}, 409, "payment_told_by_stripe"),
        (owner, "pay_none", {}, 404, "payment_not_found"),
        (reader, payment_id, {}, 403, "not_for_this_role"),
    ):
        answer = who.post(f"/payments/{named}/capture", **given)
        assert (answer.status_code, answer.json()["code"]) == (status, code), given
    assert (read_state(), read_rows(STANDS), read_rows(JOURNAL)) == before
    assert read_rows(ACTS) == []


def test_money_that_a_card_paid_meanwhile_is_there_twice(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    """An older browser tab paid the intent that the transfer had replaced."""
    cart_id = buyer.fill_cart(2, email=EMAIL)
    intent_id = buyer.open_session(cart_id).intent_id
    buyer.ask_for_session(buyer.open_collection(cart_id), MANUAL)
    buyer.complete(cart_id)
    fake_stripe.pay(intent_id)
    fake_stripe.wait_until_delivered()
    ((payment_id,),) = read_rows("SELECT id FROM payment WHERE provider_id = :manual", manual=MANUAL)
    owner = hire(buyer)
    payment = owner.post(f"/payments/{payment_id}/capture").json()["payment"]
    (refund,) = payment["refunds"]
    assert (refund["status"], refund["refund_reason_id"], refund["amount"]) == (
        "awaiting_approval", "duplicate_payment", 702.9
    )  # fmt: skip
    assert owner.post(f"/refunds/{refund['id']}/approve").json()["refund"]["status"] == "succeeded"
    assert [row[:3] for row in read_rows(JOURNAL)][1:] == [
        ("payment", payment_id, PAID),
        ("refund", payment_id, -PAID),
    ]
    assert read_rows('SELECT status, paid_at IS NOT NULL FROM "order"') == [("pending", True)]


def test_the_command_asks_before_and_says_what_it_did(
    buyer: Buyer, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id, payment_id = promise(buyer)
    ((number,),) = read_rows('SELECT display_id::text FROM "order"')
    assert run_command("trace", order_id).out.endswith(f"→ Quand il est arrivé : comptoir orders paid {number}\n")
    no = run_command("orders", "paid", str(number), typed="n\n")
    assert (no.code, read_rows(ACTS)) == (1, [])
    assert f"Commande {number} : 70290 = 702,90" in no.out
    yes = run_command("orders", "paid", str(number), typed="y\n")
    assert (yes.code, yes.out.endswith("Noté : la commande est payée.\n")) == (0, True)
    again = run_command("orders", "paid", order_id, "--json", "--yes")
    assert again.answer == {"order_id": order_id, "payment_id": payment_id, "was_paid": True}
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert run_command("orders", "paid", order_id).out == "It was noted already; nothing changed.\n"
    assert [row[1] for row in read_rows(ACTS)] == [payment_id]
    assert "= in_order" in run_command("trace", order_id).out
    refused = run_command("orders", "paid", buy_by_card(buyer, fake_stripe), "--json", "--yes")
    assert (refused.code, '"code": "nothing_promised"' in refused.out) == (1, True)


def buy_by_card(buyer: Buyer, fake_stripe: FakeStripe) -> str:
    """An order that Stripe says is paid."""
    cart_id = buyer.fill_cart()
    fake_stripe.pay(buyer.open_session(cart_id).intent_id)
    fake_stripe.wait_until_delivered()
    return str(buyer.complete(cart_id).json()["order"]["id"])
