"""What Stripe says of refunds: in any order, twice, late, before our own answer, or of what nobody asked us for."""

from itertools import permutations

import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from app.payments.execution import key_of
from app.payments.queries import get_payment
from app.refunds.service import decline_refund, record_intention
from app.stripe_events.jobs import sweep
from tests.command import run_command
from tests.lost_news import put_event
from tests.money_back import MONEY, PAID, STORED, News, Paid, bring, buy, hire, last_refund
from tests.proofs import proof_size
from tests.rows import row
from tests.shop_front import Buyer, FakeStripe, Json, read_rows, read_state
from tests.stripe_news import deliver, event_about

FACTS = (
    "SELECT refund.status, origin, refund.amount_cents, told_at, pending_reason, refund.error_code,"
    " refund_committed_cents, refunded_cents, charge_refunded_cents, charge_told_at, charge_id"
    " FROM refund JOIN payment ON payment.id = payment_id ORDER BY stripe_refund_id"
)
FORGET = (
    "SET LOCAL session_replication_role = replica; DELETE FROM refund; DELETE FROM payment_event;"
    " DELETE FROM message WHERE template <> 'order_confirmation';"
    " UPDATE payment SET refund_committed_cents = 0, refunded_cents = 0, charge_refunded_cents = 0,"
    " charge_told_at = NULL, charge_id = NULL"
)
MAILS = "SELECT template FROM message WHERE template <> 'order_confirmation' ORDER BY template"


@pytest.fixture
def paid(buyer: Buyer, fake_stripe: FakeStripe) -> Paid:
    return buy(buyer, fake_stripe)


def forget() -> None:
    """As if nothing had been said yet; the guards, which let no refund go, are off for that moment."""
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql(FORGET)


def test_a_refund_ends_the_same_in_every_order_of_its_events_each_twice(paid: Paid) -> None:
    """A refund that waits, succeeds and comes back, and its charge: every fifth order, or every one (PROVE=1)."""
    news = News(paid)
    events = [
        news.make("charge.refunded", news.charge(40_000)),
        news.make("refund.created", news.refund(40_000, "pending", pending_reason="charge_pending")),
        news.make("refund.updated", news.refund(40_000, "succeeded"), seconds=5),
        news.make("refund.failed", news.refund(40_000, "failed", failure_reason="declined"), seconds=9),
        news.make("charge.refunded", news.charge(50_000), seconds=9),
    ]
    ends = set()
    for order in list(permutations(events))[:: proof_size(5, 1)]:
        for body in order:
            assert bring(body) == "processed"
        assert [bring(body) for body in order[:2]] == ["duplicate"] * 2
        ends.update(read_rows(FACTS))
        forget()
    ((*facts, _, charge_id),) = ends
    assert facts[:3] == ["failed", "stripe_dashboard", 40_000]
    assert facts[5:9] == ["declined", 10_000, 10_000, 50_000], "10,000 went back otherwise, the rest came back"
    assert charge_id == "ch_1"


@row("S3-008")
def test_a_refund_whose_events_were_lost_is_found_and_flagged(
    paid: Paid, buyer: Buyer, fake_stripe: FakeStripe
) -> None:
    made = fake_stripe.post("/_test/refunds", payment_intent=paid.intent_id, deliver=False)
    put_event(fake_stripe, made, "refund.created")
    assert buyer.show_order(paid.order_id).json()["order"]["payment_status"] == "captured"
    done = run_command("events", "reconcile", "--since", "1h", "--json")
    assert done.code == 0, done.out
    assert buyer.show_order(paid.order_id).json()["order"]["payment_status"] == "refunded"
    assert read_rows(MONEY) == [(PAID, PAID)]
    assert read_rows(MAILS) == [("money_alert",), ("refund_sent",)]


def test_a_refund_of_the_dashboard_is_imported_and_flagged(paid: Paid, buyer: Buyer, fake_stripe: FakeStripe) -> None:
    fake_stripe.post("/_test/refunds", payment_intent=paid.intent_id, amount=30_000)
    fake_stripe.wait_until_delivered()
    assert read_rows("SELECT status, origin, amount_cents, reason FROM refund") == [
        ("succeeded", "stripe_dashboard", 30_000, None)
    ]
    assert read_rows(MONEY) == [(30_000, 30_000)]
    assert read_rows(MAILS) == [("money_alert",), ("refund_sent",)]
    assert read_rows("SELECT count(*) FROM audit_log WHERE action = 'refund.imported'") == [(1,)]
    assert buyer.show_order(paid.order_id).json()["order"]["payment_status"] == "partially_refunded"
    assert read_state()["stock"] == 8, "a refund puts nothing back on the shelf"
    linked = read_rows("SELECT DISTINCT order_id FROM payment_event WHERE type LIKE '%refund%'")
    assert linked == [(paid.order_id,)]


def test_more_than_was_captured_is_flagged_and_never_passes_the_cap(
    paid: Paid, buyer: Buyer, fake_stripe: FakeStripe
) -> None:
    """Ours is promised and not yet sent when somebody refunds all of it in the dashboard."""
    fake_stripe.post("/_test/deliveries/hold")
    fake_stripe.break_down("refunds.create", "refuse")
    last_refund(hire(buyer).refund(paid, amount=400, refund_reason_id="lost_in_transit"))
    assert bring(News(paid).make("refund.created", News(paid).refund(PAID, "succeeded"))) == "processed"
    assert read_rows(MONEY) == [(PAID, PAID)]
    ((details,),) = read_rows("SELECT details FROM audit_log WHERE action = 'refund.excess'")
    assert isinstance(details, dict)
    assert details["excess_cents"] == 40_000


@pytest.mark.parametrize("by", ["metadata", "key", "later key"])
def test_the_event_may_come_before_the_answer_of_the_call(
    paid: Paid, buyer: Buyer, fake_stripe: FakeStripe, by: str
) -> None:
    """Ours by the id in its metadata or by its key, however the currency is written; without either somebody else's."""
    fake_stripe.post("/_test/deliveries/hold")
    fake_stripe.break_down("refunds.create", "refuse")
    ours = str(last_refund(hire(buyer).refund(paid, amount=400, refund_reason_id="lost_in_transit"))["id"])
    news = News(paid)
    metadata: Json = {"refund_id": ours} if by == "metadata" else {}
    key = None if by == "metadata" else key_of(ours, 1 if by == "key" else 2)
    told = news.refund(40_000, "succeeded", metadata=metadata, currency="eur" if by == "key" else "EUR")
    assert bring(news.make("refund.created", told, key=key)) == "processed"
    assert read_rows("SELECT id, status, origin, stripe_refund_id FROM refund") == [
        (ours, "succeeded", "comptoir", "re_1")
    ]
    other = news.refund(10_000, "succeeded", id="re_2", metadata={"refund_id": ours})
    assert bring(news.make("refund.created", other)) == "processed"
    assert read_rows("SELECT origin FROM refund WHERE stripe_refund_id = 're_2'") == [("stripe_dashboard",)]
    assert read_rows(MONEY) == [(50_000, 50_000)]


def test_news_of_a_payment_that_is_not_here_waits(paid: Paid) -> None:
    news = News(paid)
    stranger = {"payment_intent": "pi_of_nobody"}
    for kind, thing in (
        ("refund.created", {**news.refund(100, "succeeded"), **stranger}),
        ("charge.refunded", {**news.charge(100), **stranger}),
        ("charge.dispute.created", {**news.dispute("needs_response"), **stranger}),
    ):
        assert bring(news.make(kind, thing)) == "unmatched"
    assert read_rows("SELECT count(*) FROM refund") == [(0,)]


def test_a_refund_that_came_long_before_its_payment_is_known_with_it(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    """Longer than it is tried each minute: money that went back is never unknown once the payment is there."""
    attempt = buyer.open_session(buyer.fill_cart(2))
    intent = fake_stripe.pay(attempt.intent_id, deliver=False)
    fake_stripe.post("/_test/refunds", payment_intent=attempt.intent_id, amount=1000)
    fake_stripe.wait_until_delivered()
    with unit_of_work("test") as session:
        session.execute(text("UPDATE payment_event SET received_at = now() - interval '1 hour', next_try_at = now()"))
    sweep()
    unmatched = read_rows("SELECT DISTINCT state, next_try_at FROM payment_event")
    assert unmatched == [("unmatched", None)]
    sweep()
    assert read_rows("SELECT max(attempts) FROM payment_event") == [(2,)], "nobody tries it for ever"
    assert deliver(buyer, event_about(intent)).status_code == 200
    assert read_rows(MONEY) == [(0, 0)]
    sweep()
    assert read_rows(MONEY) == [(1000, 1000)]
    assert read_rows("SELECT DISTINCT state FROM payment_event") == [("processed",)]


def test_an_intention_is_sent_once_approved_and_declined_it_frees_its_amount(
    paid: Paid, buyer: Buyer, fake_stripe: FakeStripe
) -> None:
    owner, reader = hire(buyer), hire(buyer, "readonly")
    intend(paid)
    ((refund_id,),) = read_rows("SELECT id FROM refund")
    assert (read_rows(MONEY), fake_stripe.calls("refunds.create")) == ([(PAID, 0)], [])
    refused = reader.post(f"/refunds/{refund_id}/approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_for_this_role")
    declined = owner.post(f"/refunds/{refund_id}/decline", note="Le client attend")
    assert (declined.status_code, declined.json()["refund"]["status"]) == (200, "canceled")
    assert read_rows(MONEY) == [(0, 0)]
    again = owner.post(f"/refunds/{refund_id}/approve")
    assert (again.status_code, again.json()["code"]) == (409, "refund_not_awaiting_approval")
    intend(paid)
    ((other,),) = read_rows("SELECT id FROM refund WHERE status = 'awaiting_approval'")
    approved = owner.post(f"/refunds/{other}/approve").json()["refund"]
    assert (approved["status"], approved["approved_by"], approved["amount"]) == ("succeeded", "staff:user_owner", 702.9)
    assert read_rows(MONEY) == [(PAID, PAID)]
    acts = read_rows("SELECT action, actor FROM audit_log WHERE action LIKE 'refund.%ed' ORDER BY id")
    assert ("refund.approved", "staff:user_owner") in acts
    assert owner.post("/refunds/ref_none/approve").status_code == 404


def test_a_connection_that_lives_long_still_notes_intentions(paid: Paid) -> None:
    """From its eleventh use on PostgreSQL plans a statement without its values: on one connection, as a process has."""
    with unit_of_work("test") as session:
        for _ in range(12):
            record_intention(session, get_payment(session, paid.payment_id), "not_shipped")
            waiting = session.scalars(text("SELECT id FROM refund WHERE status = 'awaiting_approval'")).one()
            decline_refund(session, waiting, "owner")
    assert read_rows("SELECT status, count(*) FROM refund GROUP BY status") == [("canceled", 12)]
    assert read_rows(MONEY) == [(0, 0)]


def test_an_intention_whose_money_went_back_meanwhile_is_not_approved(
    paid: Paid, buyer: Buyer, fake_stripe: FakeStripe
) -> None:
    owner = hire(buyer)
    intend(paid)
    fake_stripe.post("/_test/refunds", payment_intent=paid.intent_id)
    fake_stripe.wait_until_delivered()
    ((refund_id,),) = read_rows("SELECT id FROM refund WHERE status = 'awaiting_approval'")
    refused = owner.post(f"/refunds/{refund_id}/approve")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_left_to_refund")
    assert owner.post(f"/refunds/{refund_id}/decline", note="Déjà remboursé").status_code == 200
    assert read_rows(MONEY) == [(PAID, PAID)]
    assert sorted(str(status) for status, *_ in read_rows(STORED)) == ["canceled", "succeeded"]


def test_nor_one_of_which_the_charge_alone_says_that_money_went_back(
    paid: Paid, buyer: Buyer, fake_stripe: FakeStripe
) -> None:
    """The dashboard's refund is told by the charge; its own event was lost, and is fetched later."""
    owner, news = hire(buyer), News(paid)
    intend(paid)
    assert bring(news.make("charge.refunded", news.charge(40_000))) == "processed"
    ((refund_id,),) = read_rows("SELECT id FROM refund")
    before = read_state()
    refused = owner.post(f"/refunds/{refund_id}/approve")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_left_to_refund")
    assert (read_state(), fake_stripe.calls("refunds.create")) == (before, [])
    assert owner.post(f"/refunds/{refund_id}/decline").status_code == 200
    assert read_rows(MONEY) == [(40_000, 40_000)]


def intend(paid: Paid) -> None:
    """The shop wrote down that this payment must go back: what happens when the stock is gone."""
    with unit_of_work("test") as session:
        record_intention(session, get_payment(session, paid.payment_id), "not_shipped")
