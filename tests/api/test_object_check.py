"""What Stripe never told is read: payments and refunds that are still open here, an hour later."""

from datetime import timedelta

from sqlalchemy import update

from app.core.db import unit_of_work
from app.payments.models import PaymentSession
from app.stripe_events.check_objects import sweep_objects
from app.stripe_events.jobs import read_objects as run_check
from tests.command import Done, run_command
from tests.in_process import RunJobs
from tests.money_back import buy
from tests.order_link import ask_for_page, open_page, read_reserved, show, turn
from tests.shop_front import Buyer, FakeStripe, read_rows, read_state

ATTEMPTS = "SELECT status FROM payment_session ORDER BY created_at"


def look(*arguments: str) -> Done:
    return run_command("events", "check", *arguments, "--json")


def figures(done: Done) -> tuple[object, ...]:
    answer = done.answer
    assert isinstance(answer, dict)
    return (done.code, *(answer.get(name) for name in ("read", "told", "unknown", "failed")))


def make_old() -> None:
    """More than an hour passed."""
    with unit_of_work("test") as session:
        opened = PaymentSession.created_at - timedelta(minutes=61)
        session.execute(update(PaymentSession).values(created_at=opened))


def test_a_payment_that_stripe_never_told_is_found(buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs) -> None:
    cart_id = buyer.fill_cart(2)
    fake_stripe.pay(buyer.open_session(cart_id).intent_id, deliver=False)
    before = read_state()
    run_check()
    assert read_state() == before, "the customer may be paying still"
    make_old()
    assert figures(look()) == (0, 1, 1, 0, 0)
    assert run_jobs() == []
    state = read_state()
    assert (state["orders"], state["stock"], state["events"]) == (1, before["stock"] - 2, 0)
    assert read_rows("SELECT state FROM message") == [("sent",)]
    assert figures(look()) == (0, 0, 0, 0, 0)
    assert read_state() == state
    assert buyer.complete(cart_id).json()["order"]["id"] == read_rows('SELECT id FROM "order"')[0][0]


def test_what_was_cancelled_or_declined_is_noted_once(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    declined = buyer.open_session(buyer.fill_cart())
    cancelled = buyer.open_session(buyer.fill_cart())
    buyer.open_session(buyer.fill_cart())  # its customer still thinks
    fake_stripe.fail(declined.intent_id, deliver=False)
    fake_stripe.post(f"/_test/payment_intents/{cancelled.intent_id}/cancel", deliver=False)
    make_old()
    before = read_state()
    assert figures(look()) == (0, 3, 2, 0, 0)
    assert read_rows(
        "SELECT provider_data->>'status' FROM payment_session WHERE payment_intent_id = :id", id=cancelled.intent_id
    ) == [("canceled",)]
    assert figures(look()) == (0, 2, 0, 0, 0), "the cancelled one is closed, the declined one is known"
    assert read_state() == before


def test_a_refund_whose_end_was_never_told_is_read(buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs) -> None:
    paid = buy(buyer, fake_stripe)
    fake_stripe.post("/_test/refunds/next", status="pending", pending_reason="processing")
    given = ("orders", "refund", paid.order_id, "--amount", "1000", "--reason", "not_shipped", "--note", "Un article")
    assert run_command(*given, "--yes").code == 0
    fake_stripe.wait_until_delivered()
    ((refund_id, status),) = read_rows("SELECT stripe_refund_id, status FROM refund")
    assert status == "pending"
    fake_stripe.post(f"/_test/refunds/{refund_id}/settle", status="succeeded", event="none")
    assert figures(look()) == (0, 1, 1, 0, 0)
    assert read_rows("SELECT refund.status, refunded_cents FROM refund, payment") == [("succeeded", 1000)]
    assert read_rows("SELECT template FROM message WHERE template LIKE 'refund%'") == [("refund_sent",)]
    assert figures(look()) == (0, 0, 0, 0, 0)


def test_a_page_that_ended_in_silence_is_read(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    paid, waits, expired, still_open = (open_page(buyer) for _ in range(4))
    turn(fake_stripe, paid.page_id, "pay", event="none")
    turn(fake_stripe, waits.page_id, "pay", delayed=True, event="none")
    turn(fake_stripe, expired.page_id, "expire", event="none")
    make_old()
    assert figures(look()) == (0, 4, 3, 0, 0)
    facts = (
        "SELECT checkout_session_id FROM payment_session LEFT JOIN payment ON payment.payment_session_id ="
        " payment_session.id WHERE (captured_at, processing_since_at, expired_at) IS DISTINCT FROM (NULL, NULL, NULL)"
    )
    assert {found for (found,) in read_rows(facts)} == {paid.page_id, waits.page_id, expired.page_id}
    turn(fake_stripe, waits.page_id, "settle", succeeds=True, event="none")
    assert figures(look()) == (0, 2, 1, 0, 0)
    assert read_rows('SELECT count(*) FROM "order" WHERE paid_at IS NOT NULL') == [(2,)]
    assert figures(look()) == (0, 1, 0, 0, 0)
    assert still_open.page_id in str(fake_stripe.calls("checkout.sessions.retrieve")[-1])


def test_money_that_was_on_its_way_and_silently_does_not_come_ends_the_order_once(
    buyer: Buyer, fake_stripe: FakeStripe
) -> None:
    opened = open_page(buyer)
    turn(fake_stripe, opened.page_id, "pay", delayed=True)
    fake_stripe.wait_until_delivered()
    turn(fake_stripe, opened.page_id, "settle", succeeds=False, event="none")
    make_old()
    assert figures(look()) == (0, 1, 1, 0, 0)
    assert show(buyer, opened.order_id)["payment_status"] == "canceled"
    assert (read_reserved(), read_rows("SELECT template FROM message")) == (0, [("payment_failed",)])
    refused = ask_for_page(buyer, opened.order_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "order_canceled")
    assert figures(look()) == (0, 0, 0, 0, 0), "nothing more can come of it"


def test_no_object_starves_another(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    for _ in range(5):
        buyer.open_session(buyer.fill_cart())
    make_old()
    fake_stripe.break_down("payment_intents.retrieve", "error", times=3)  # the package asks three times by itself
    run_check()
    reads = [sweep_objects(most=2).read for _ in range(3)]
    assert reads == [2, 2, 0], "it goes on behind the one that could not be read, to the end"
    asked = [str(call["path"]) for call in fake_stripe.calls("payment_intents.retrieve")]
    assert len(set(asked)) == 5


def test_stripe_down_stops_it_politely(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    fake_stripe.pay(buyer.open_session(buyer.fill_cart()).intent_id, deliver=False)
    make_old()
    before = read_state()
    fake_stripe.break_down("*", "refuse", times=None)
    refused = look()
    assert (refused.code, refused.answer["code"]) == (1, "stripe_unanswered")  # type: ignore[index]
    run_check()
    assert read_state() == before
    fake_stripe.recover()
    run_check()
    run_check()
    assert read_state()["orders"] == 1
