"""Stripe's page for an order: one at a time, for exactly its total, its pieces promised as long as it is open."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.ops.checkout_gate import close_checkout
from tests.factories.stock import lapse_reservations, sell_to_somebody_else
from tests.in_process import RunJobs
from tests.order_link import Opened, ask_for_order, ask_for_page, open_page, place, read_reserved, show, turn
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, change_settings, read_rows, read_state
from tests.stripe_news import deliver, event_about

CREATE, RETRIEVE, EXPIRE = (f"checkout.sessions.{each}" for each in ("create", "retrieve", "expire"))
ATTEMPTS = "SELECT id, checkout_session_id, status, superseded_at IS NOT NULL FROM payment_session ORDER BY created_at"


def test_a_page_asks_for_exactly_what_the_order_comes_to(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    order_id = place(buyer, 2)
    answer = ask_for_page(buyer, order_id)
    ((attempt_id, page_id, status, _),) = read_rows(ATTEMPTS)
    (call,) = fake_stripe.calls(CREATE)
    sent, left = call["arguments"], datetime.fromisoformat(answer.json()["expires_at"]) - utc_now()
    assert isinstance(sent, dict)
    assert (answer.json()["order_id"], answer.json()["checkout_session_id"], status) == (order_id, page_id, "pending")
    assert answer.json()["url"].endswith(f"/c/pay/{page_id}")
    assert timedelta(minutes=30) < left < timedelta(minutes=36)
    metadata = {"order_id": order_id, "session_id": attempt_id}
    assert (call["idempotency_key"], sent["client_reference_id"]) == (attempt_id, order_id)
    assert (sent["metadata"], sent["payment_intent_data"]) == (metadata, {"metadata": metadata})
    assert (sent["allowed_payment_method_types"], sent["adaptive_pricing"]) == (["card"], {"enabled": False})
    assert sent["line_items"] == [
        {
            "quantity": 1,
            "price_data": {"currency": "eur", "unit_amount": 70290, "product_data": {"name": "Commande n° 1"}},
        }
    ]
    assert not {"payment_method_types", "ui_mode", "allow_promotion_codes", "automatic_tax"} & set(sent)
    assert (sent["customer_email"], sent["locale"]) == ("jeanne@example.com", "fr")
    assert str(sent["success_url"]).endswith(f"/order/{order_id}/confirmed")
    assert read_reserved() == 2
    outlives = "SELECT r.expires_at > p.expires_at FROM stock_reservation r, payment_session p"
    assert read_rows(outlives) == [(True,)], "the news of a payment in the last second takes its time"


def test_asking_again_gives_the_same_page_and_asks_stripe_once(
    buyer: Buyer, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_settings(monkeypatch, STORE_CORS="https://boutique.example")
    order_id = place(buyer)
    thanks = "https://boutique.example/merci?s={CHECKOUT_SESSION_ID}"
    first = ask_for_page(buyer, order_id, success_url=thanks).json()
    before = read_state()
    assert ask_for_page(buyer, order_id, success_url="https://boutique.example/autre").json() == first
    (call,) = fake_stripe.calls(CREATE)
    assert isinstance(call["arguments"], dict)
    assert (call["arguments"]["success_url"], read_state()) == (thanks, before)


@pytest.mark.parametrize(("kind", "when", "attempts"), [("truncate", "after", 1), ("error", "after", 2)])
def test_whatever_became_of_the_call_one_page_can_be_paid(
    buyer: Buyer, fake_stripe: FakeStripe, kind: str, when: str, attempts: int
) -> None:
    """An answer that got lost is asked for again under its key; a 500 is kept there, so another attempt begins."""
    order_id = place(buyer)
    fake_stripe.break_down(CREATE, kind, when=when, times=2)  # the package's own second try too
    refused = ask_for_page(buyer, order_id)
    assert (refused.status_code, refused.json()["code"]) == (503, "checkout_unavailable")
    fake_stripe.recover()
    opened = open_page(buyer, order_id)
    assert len({call["idempotency_key"] for call in fake_stripe.calls(CREATE)}) == attempts
    assert [row[1] for row in read_rows(ATTEMPTS)][-1] == opened.page_id
    assert read_rows("SELECT count(*) FROM payment_session WHERE superseded_at IS NULL") == [(1,)]
    assert read_reserved() == 1


def test_an_unanswered_call_that_came_too_early_to_be_repeated_is_made_anew(
    buyer: Buyer, fake_stripe: FakeStripe
) -> None:
    """Stripe takes no page that ends in less than half an hour: the first key is spent, the second one works."""
    order_id = place(buyer)
    fake_stripe.break_down(CREATE, "refuse", times=2)
    assert ask_for_page(buyer, order_id).status_code == 503
    fake_stripe.recover()
    with unit_of_work("test") as session:
        session.execute(text("UPDATE payment_session SET expires_at = expires_at - interval '10 minutes'"))
    opened = open_page(buyer, order_id)
    assert [(row[1], row[3]) for row in read_rows(ATTEMPTS)] == [(None, True), (opened.page_id, False)]


def test_after_a_page_expired_another_one_keeps_the_pieces_again(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    first = open_page(buyer, quantity=2)
    turn(fake_stripe, first.page_id, "expire")
    fake_stripe.wait_until_delivered()
    assert (show(buyer, first.order_id)["payment_status"], read_reserved()) == ("expired", 0)
    second = open_page(buyer, first.order_id)
    assert (second.page_id != first.page_id, read_reserved()) == (True, 2)
    assert show(buyer, first.order_id)["payment_status"] == "pending"
    turn(fake_stripe, second.page_id, "expire")
    fake_stripe.wait_until_delivered()
    with unit_of_work("test") as session:
        sell_to_somebody_else(session, buyer.goods.variant_id, 9)
    before, calls = read_state(), len(fake_stripe.calls(CREATE))
    refused = ask_for_page(buyer, first.order_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_inventory")
    assert "refaites un panier" in refused.json()["message"]
    assert (read_state(), len(fake_stripe.calls(CREATE))) == (before, calls)


def test_one_order_cannot_keep_pieces_for_ever(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    order_id = place(buyer)
    for _ in range(6):
        opened = open_page(buyer, order_id)
        with unit_of_work("test") as session:  # its time is over, and the news is not here yet
            session.execute(text("UPDATE payment_session SET expires_at = now() - interval '1 second'"))
    refused = ask_for_page(buyer, order_id)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
    assert 0 < int(refused.headers["retry-after"]) <= 24 * 3600
    assert read_rows(ATTEMPTS)[-1][1] == opened.page_id


def _paid(buyer: Buyer, stripe: FakeStripe, opened: Opened) -> None:
    turn(stripe, opened.page_id, "pay")


def _processing(buyer: Buyer, stripe: FakeStripe, opened: Opened) -> None:
    turn(stripe, opened.page_id, "pay", delayed=True)


def _failed_later(buyer: Buyer, stripe: FakeStripe, opened: Opened) -> None:
    turn(stripe, opened.page_id, "pay", delayed=True)
    turn(stripe, opened.page_id, "settle", succeeds=False)


def _too_old(buyer: Buyer, stripe: FakeStripe, opened: Opened) -> None:
    with unit_of_work("test") as session:
        session.execute(text("UPDATE \"order\" SET created_at = now() - interval '8 days'"))


def _other_amount(buyer: Buyer, stripe: FakeStripe, opened: Opened) -> None:
    with unit_of_work("test") as session:
        session.execute(text('UPDATE "order" SET total_cents = total_cents + 1'))
    turn(stripe, opened.page_id, "pay")


def _withdrawn(buyer: Buyer, stripe: FakeStripe, opened: Opened) -> None:
    with unit_of_work("test") as session:
        session.execute(text("UPDATE product SET status = 'draft'"))
        session.execute(text("UPDATE payment_session SET expires_at = now() - interval '1 second'"))


NOT_NOW: dict[str, Callable[[Buyer, FakeStripe, Opened], None]] = {
    "order_already_paid": _paid,
    "payment_processing": _processing,
    "order_canceled": _failed_later,
    "order_canceled, for nobody paid it": _too_old,
    "order_needs_review": _other_amount,
    "variant_not_for_sale": _withdrawn,
}


def test_what_needs_no_payment_or_cannot_be_paid_gets_no_page(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    for case, prepare in NOT_NOW.items():
        opened = open_page(buyer)
        prepare(buyer, fake_stripe, opened)
        fake_stripe.wait_until_delivered()
        before, calls = read_state(), len(fake_stripe.calls(CREATE))
        refused = ask_for_page(buyer, opened.order_id)
        assert (refused.status_code, refused.json()["code"]) == (409, case.partition(",")[0])
        assert " / " in refused.json()["message"]
        assert (read_state(), len(fake_stripe.calls(CREATE))) == (before, calls)


def test_an_order_to_be_paid_by_transfer_gets_no_page(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    cart_id = buyer.fill_cart()
    buyer.ask_for_session(buyer.open_collection(cart_id), "pp_system_default")
    order_id = buyer.complete(cart_id).json()["order"]["id"]
    refused = ask_for_page(buyer, order_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "order_paid_otherwise")
    assert ask_for_order(buyer, cart_id).json()["order"]["id"] == order_id


ELSEWHERE = (
    "https://evil.example/merci",
    "http://127.0.0.1:8000@evil.example/",
    "http://127.0.0.1:8000.evil.example/",
    "//evil.example",
    "javascript:alert(1)",
    "http://127.0.0.1:8000\\@evil.example/",
    "http://127.0.0.1:99999999/",
    "/merci",
    "",
)


def test_nobody_is_sent_elsewhere_after_paying(
    buyer: Buyer, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_settings(monkeypatch, STORE_CORS="http://127.0.0.1:8000")
    order_id = place(buyer)
    for url, name in (*((url, "success_url") for url in ELSEWHERE), (ELSEWHERE[0], "cancel_url")):
        refused = ask_for_page(buyer, order_id, **{name: url})
        assert (refused.status_code, refused.json()["code"]) == (422, "return_url_refused")
        assert refused.json()["fields"] == {name: "origin_not_allowed"}
    assert (read_rows(ATTEMPTS), fake_stripe.calls(CREATE)) == ([], [])


def test_a_closed_checkout_opens_no_page_and_makes_no_order(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    order_id, cart_id = place(buyer), buyer.fill_cart()
    with unit_of_work("test") as session:
        close_checkout(session, "inventaire", None)
    before = read_state()
    for refused in (ask_for_page(buyer, order_id), ask_for_order(buyer, cart_id)):
        assert (refused.status_code, refused.json()["code"]) == (503, "checkout_unavailable")
        assert int(refused.headers["retry-after"]) > 0
    assert (read_state(), read_rows(ATTEMPTS), fake_stripe.calls(CREATE)) == (before, [], [])


def test_coming_back_proves_nothing_and_what_stripe_says_does(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    """The webhook is late or lost: the page of the order asks Stripe, and the same function pays the order once."""
    opened = open_page(buyer)

    def refresh() -> str:
        answer = buyer.http.post(f"/v1/orders/{opened.order_id}/refresh")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["order"]["payment_status"])

    assert refresh() == "pending"
    turn(fake_stripe, opened.page_id, "pay", deliver=False)
    assert show(buyer, opened.order_id)["payment_status"] == "pending"
    fake_stripe.break_down(RETRIEVE, "refuse", times=2)
    assert buyer.http.post(f"/v1/orders/{opened.order_id}/refresh").json()["code"] == "checkout_unavailable"
    assert (refresh(), refresh()) == ("paid", "paid")
    asked = len(fake_stripe.calls(RETRIEVE))
    assert refresh() == "paid"
    assert len(fake_stripe.calls(RETRIEVE)) == asked, "what is paid is asked no more"
    assert run_jobs() == []
    assert (read_state()["stock"], read_reserved(), len(fake_brevo.mails())) == (9, 0, 1)
    answers = [buyer.http.post(f"/v1/orders/{opened.order_id}/refresh").status_code for _ in range(10)]
    assert 429 in answers


def test_a_card_payment_of_the_cart_that_came_first_after_all_pays_the_order(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    cart_id = buyer.fill_cart()
    attempt = buyer.open_session(cart_id)
    paid = fake_stripe.pay(attempt.intent_id, deliver=False)
    order_id = ask_for_order(buyer, cart_id).json()["order"]["id"]
    opened = open_page(buyer, order_id)
    assert deliver(buyer, event_about(paid)).status_code == 200
    assert run_jobs() == []
    assert (show(buyer, order_id)["payment_status"], read_state()["stock"], read_reserved()) == ("paid", 9, 0)
    (ended,) = fake_stripe.calls(EXPIRE)
    assert opened.page_id in str(ended["path"])


def test_late_money_buys_what_is_still_there_or_waits_for_a_person(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    """Paid in the last second of a page whose pieces were promised to others meanwhile."""
    lucky, unlucky = open_page(buyer), open_page(buyer, quantity=2)
    with unit_of_work("test") as session:
        session.execute(text("UPDATE payment_session SET expired_at = now() - interval '1 minute'"))
        lapse_reservations(session)
    turn(fake_stripe, lucky.page_id, "pay")
    fake_stripe.wait_until_delivered()
    shown = show(buyer, lucky.order_id)
    assert (shown["payment_status"], shown["is_paid_late"]) == ("paid", True)
    with unit_of_work("test") as session:
        sell_to_somebody_else(session, buyer.goods.variant_id, 8)
    turn(fake_stripe, unlucky.page_id, "pay")
    fake_stripe.wait_until_delivered()
    shown = show(buyer, unlucky.order_id)
    assert (shown["payment_status"], shown["is_paid_late"]) == ("needs_review", True)
    assert read_rows("SELECT reason, status, amount_cents FROM refund") == [
        ("not_shipped", "awaiting_approval", 70290)
    ]  # fmt: skip
    assert run_jobs() == []
    assert fake_stripe.calls("refunds.create") == [], "nothing is sent before a person approves it"
    assert (read_state()["stock"], read_state()["mails"]) == (1, 1)
