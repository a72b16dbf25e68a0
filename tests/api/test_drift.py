"""`comptoir events drift`: what is not the same here and at Stripe, each with its next command; changes nothing."""

import getpass
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.core.clock import utc_now
from app.core.db import Base, unit_of_work
from app.orders.models import Order
from app.payments.models import Dispute, Payment, PaymentEvent, PaymentSession, Payout, Refund
from app.stripe_events.jobs import report_drift
from tests.command import Done, run_command
from tests.rows import row
from tests.shop_front import Buyer, FakeStripe, Json, read_rows, read_state
from tests.stripe_news import deliver, event_about, intent_of_nobody

Differences = list[tuple[object, ...]]


def compare(*arguments: str) -> Done:
    """What happened a moment ago is compared too: nobody waits ten minutes for it to settle."""
    soon = (utc_now() + timedelta(minutes=1)).isoformat()
    return run_command("events", "drift", "--until", soon, *arguments)


def differences(*arguments: str) -> Differences:
    done = compare(*arguments, "--json")
    found = done.answer
    assert isinstance(found, list)
    assert done.code == (1 if found else 0)
    return [(each["code"], each["about"], each["command"]) for each in found]


def change(model: type[Base], **values: object) -> None:
    with unit_of_work("test") as session:
        session.execute(update(model).values(**values))


def buy(buyer: Buyer, stripe: FakeStripe) -> str:
    """A purchase that went well; the intent's id."""
    intent_id = buyer.open_session(buyer.fill_cart()).intent_id
    stripe.pay(intent_id)
    stripe.wait_until_delivered()
    return intent_id


def first(query: str) -> str:
    return str(read_rows(query)[0][0])


def test_a_payment_is_the_same_on_both_sides(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    assert compare("--json").answer == []
    intent_id = buy(buyer, fake_stripe)
    assert differences() == []
    lost = buyer.open_session(buyer.fill_cart()).intent_id
    fake_stripe.pay(lost, deliver=False)
    before = read_state()
    assert differences() == [("paid_not_here", lost, f"comptoir trace {lost}")]
    change(Payment, amount_cents=35000)
    assert differences()[0][:2] == ("amount_differs", intent_id)
    change(Payment, amount_cents=35390, currency_code="usd")
    assert differences()[0][:2] == ("amount_differs", intent_id)
    change(Payment, currency_code="eur", payment_intent_id="pi_of_nobody")
    assert sorted(each[:2] for each in differences()) == sorted(
        [("paid_not_here", lost), ("paid_not_here", intent_id), ("payment_not_there", "pi_of_nobody")]
    )
    assert read_state() == before
    text = compare()
    assert f"{lost} : payé chez Stripe, pas ici (ici - ; Stripe 35390 eur)\n  → comptoir trace {lost}\n" in text.out
    change(PaymentSession, created_at=PaymentSession.created_at - timedelta(days=9))
    assert ("paid_not_here", lost, f"comptoir trace {lost}") in differences("--since", "1d")


@row("S3-008")
def test_refunds_are_the_same_on_both_sides(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    intent_id = buy(buyer, fake_stripe)
    fake_stripe.post("/_test/refunds", payment_intent=intent_id, amount=1000)
    fake_stripe.wait_until_delivered()
    refund_id = first("SELECT stripe_refund_id FROM refund")
    made_there = ("refund_made_there", refund_id, f"comptoir trace {refund_id}")
    assert differences() == [made_there]
    change(Refund, status="pending")
    assert ("refund_differs", refund_id, "comptoir events check") in differences()
    change(Refund, status="succeeded", stripe_refund_id="re_of_nobody")
    assert {each[:2] for each in differences()} == {
        ("refund_not_here", refund_id),
        ("refund_not_there", "re_of_nobody"),
    }
    change(Refund, stripe_refund_id=refund_id)
    change(Payment, refunded_cents=900, charge_refunded_cents=0)
    assert {each[0] for each in differences()} == {"refund_made_there", "refunded_differs", "refund_excess"}
    change(Payment, refunded_cents=1000, refund_committed_cents=1000)
    assert differences() == [made_there]
    lost = fake_stripe.post("/_test/refunds", payment_intent=intent_id, amount=500, deliver=False)
    assert ("refund_not_here", lost["id"], "comptoir events reconcile") in differences()
    assert {each[0] for each in differences()} == {"refund_made_there", "refund_not_here", "refunded_differs"}


ACTOR = f"cli:{getpass.getuser()}"


def test_what_a_person_explained_asks_for_nothing(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    refund_id = refund_there(buyer, fake_stripe)
    money = "SELECT amount_cents, status, told_at FROM refund UNION ALL SELECT refunded_cents, '', NULL FROM payment"
    before, state = read_rows(money), read_state()

    for refused in ("re_of_nobody", first("SELECT payment_intent_id FROM payment")):
        done = acknowledge(refused, "Vu", "--json")
        assert (done.code, done.answer["code"]) == (1, "not_in_drift")  # type: ignore[index]
    assert acknowledge(refund_id, "  ").code == acknowledge(refund_id, "x" * 501).code == 2
    assert run_command("events", "acknowledge", refund_id).code == 2, "a reason is mandatory"
    for nothing in ("", "#"):
        assert acknowledge(nothing, "Tout").code == 1, "an empty name names nothing"
    assert compare().code == 1
    assert read_rows("SELECT count(*) FROM known_drift") == [(0,)]
    assert read_rows("SELECT count(*) FROM audit_log WHERE action LIKE 'events.drift%'") == [(0,)]

    said = acknowledge(refund_id, "Geste fait au téléphone").out
    assert f"expliquée par {ACTOR}" in said
    assert "sans limite de temps, tant qu'elle reste la même" in said
    again = acknowledge(refund_id, "Encore", "--json").answer[0]  # type: ignore[index]
    assert again["acknowledged"]["reason"] == "Geste fait au téléphone", "who explained it first stays"
    assert read_rows("SELECT actor, subject, details->>'reason' FROM audit_log WHERE action LIKE 'events.drift%'") == [
        (ACTOR, refund_id, "Geste fait au téléphone")
    ]
    known = compare()
    assert (known.code, known.out) == (0, "Rien ne diffère avec Stripe.\n1 connue(s), déjà expliquée(s).\n")
    shown = compare("--json").answer[0]  # type: ignore[index]
    assert (shown["code"], shown["acknowledged"]["by"]) == ("refund_made_there", ACTOR)
    assert (read_rows(money), read_state()) == (before, state)


def test_what_changed_since_it_was_explained_comes_back(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    refund_id = refund_there(buyer, fake_stripe)
    assert acknowledge(refund_id, "Geste fait au téléphone").code == 0
    change(Refund, status="pending")  # another state: the old difference and a new one, which nobody has seen
    changed = compare("--json")
    found = [(each["code"], each["acknowledged"]) for each in changed.answer]  # type: ignore[attr-defined]
    assert {("refund_differs", None), ("refund_made_there", None)} <= set(found)
    assert changed.code == 1
    assert [each["code"] for each in acknowledge(refund_id, "Les deux", "--json").answer] == [  # type: ignore[attr-defined]
        "refund_differs",
        "refund_made_there",
    ]
    change(Refund, status="succeeded")
    assert compare().code == 0, "as it was, it is known again"
    undone = acknowledge(refund_id, "Erreur de dossier", "--undo")
    assert (undone.out, compare().code) == ("3 explication(s) retirée(s) : ce qui diffère est signalé de nouveau.\n", 1)
    refused = acknowledge(refund_id, "Encore", "--undo", "--json")
    assert (refused.code, refused.answer["code"]) == (1, "not_explained")  # type: ignore[index]
    assert read_rows(
        "SELECT action, count(*) FROM audit_log WHERE action LIKE 'events.drift%' GROUP BY 1 ORDER BY 1"
    ) == [
        ("events.drift_acknowledged", 3),
        ("events.drift_withdrawn", 1),
    ]
    assert acknowledge(refund_id, "Vraiment").code == 0
    other = buyer.open_session(buyer.fill_cart()).intent_id
    fake_stripe.pay(other, deliver=False)
    text = compare()
    assert text.code == 1
    assert text.out.endswith(f"  → comptoir trace {other}\n1 connue(s), déjà expliquée(s).\n")
    assert refund_id not in text.out


def refund_there(buyer: Buyer, stripe: FakeStripe) -> str:
    """A refund made by hand in the dashboard; its id."""
    stripe.post("/_test/refunds", payment_intent=buy(buyer, stripe), amount=1000)
    stripe.wait_until_delivered()
    return first("SELECT stripe_refund_id FROM refund")


def test_an_order_is_explained_by_its_number(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    buy(buyer, fake_stripe)
    change(Order, status="requires_action", review_reason="stock_gone")
    assert acknowledge("#1", "Attend la livraison du fournisseur").code == 0
    assert compare().code == 0
    change(Order, review_reason="amount_differs")
    assert [each[0] for each in differences()] == ["needs_review"]
    assert acknowledge("1", "Fini", "--undo").code == 0
    assert read_rows("SELECT count(*) FROM known_drift") == [(0,)]


def acknowledge(about: str, reason: str, *arguments: str) -> Done:
    soon = (utc_now() + timedelta(minutes=1)).isoformat()
    return run_command("events", "acknowledge", about, "--reason", reason, "--until", soon, *arguments)


def test_disputes_and_what_a_payout_is_made_of(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    buy(buyer, fake_stripe)
    other = buy(buyer, fake_stripe)
    fake_stripe.post("/_test/refunds", payment_intent=other, amount=1000)
    payout: Json = fake_stripe.post("/_test/payouts")
    fake_stripe.post(f"/_test/payouts/{payout['id']}/reconcile")
    dispute = fake_stripe.post("/_test/disputes", payment_intent=other, amount=500)
    fake_stripe.wait_until_delivered()
    refund_id = first("SELECT stripe_refund_id FROM refund")
    assert [each[:2] for each in differences()] == [("refund_made_there", refund_id)]
    charge_id = first("SELECT charge_id FROM payment ORDER BY created_at LIMIT 1")
    with unit_of_work("test") as session:
        session.execute(update(Payment).where(Payment.charge_id == charge_id).values(charge_id=None))
        session.execute(update(Payment).where(Payment.charge_id != charge_id).values(amount_cents=35000))
    other_id = first("SELECT charge_id FROM payment WHERE charge_id IS NOT NULL")
    found = {each[:2] for each in differences()}
    assert {("payout_part_unknown", charge_id), ("payout_part_differs", other_id)} <= found
    change(Payment, currency_code="usd")  # paid out in another currency than it was paid in
    assert ("payout_part_differs", other_id) not in {each[:2] for each in differences()}
    change(Dispute, status="won")
    assert ("dispute_differs", dispute["id"], "comptoir events reconcile") in differences()
    change(Dispute, stripe_dispute_id="du_of_nobody")
    assert ("dispute_not_here", dispute["id"], "comptoir events reconcile") in differences()
    change(Payout, reconciled_at=None)
    assert "payout_part_unknown" not in {each[0] for each in differences()}


def test_what_is_stuck_here_and_the_daily_mail(
    buyer: Buyer, fake_stripe: FakeStripe, capsys: pytest.CaptureFixture[str]
) -> None:
    buy(buyer, fake_stripe)
    deliver(buyer, event_about(intent_of_nobody(), id="evt_stranger"))
    assert differences() == [], "it is tried for a quarter of an hour"
    change(PaymentEvent, next_try_at=None, received_at=PaymentEvent.received_at - timedelta(minutes=16))
    assert acknowledge("evt_stranger", "Une autre application du même compte").code == 0
    report_drift()
    assert read_rows("SELECT count(*) FROM message WHERE template = 'money_alert'") == [(0,)]
    change(PaymentEvent, attempts=PaymentEvent.attempts + 1)
    report_drift()
    change(Order, status="requires_action", review_reason="stock_gone")
    with unit_of_work("test") as session:
        session.execute(
            update(PaymentEvent).where(PaymentEvent.type == "payment_intent.succeeded").values(state="failed")
        )
    assert [each[::2] for each in differences()][-1] == ("needs_review", "comptoir orders show 1")
    assert {each[0] for each in differences()} == {"event_failed", "needs_review"}
    ((content,),) = read_rows("SELECT content FROM message WHERE template = 'money_alert'")
    assert "evt_stranger : événement sans correspondance" in str(content)
    report_drift()
    assert read_rows("SELECT count(*) FROM message WHERE template = 'money_alert'") == [(1,)], "one mail a day"
    assert '"code": "needs_review"' in capsys.readouterr().out


def test_stripe_down_is_said_and_changes_nothing(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    buy(buyer, fake_stripe)
    before = read_state()
    fake_stripe.break_down("*", "refuse", times=None)
    done = compare("--json")
    assert (done.code, done.answer["code"]) == (1, "stripe_unanswered")  # type: ignore[index]
    assert read_state() == before
