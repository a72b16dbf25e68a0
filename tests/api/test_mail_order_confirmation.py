"""The confirmation: a whole purchase, a mail in the buyer's language, sent once whatever happens to Brevo or to us."""

import pytest

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.notifications.jobs import send
from app.notifications.send_message import Failure, mark_dead, mark_unsent
from tests.factories.mail import make_mail_due
from tests.in_process import RunJobs
from tests.rows import row
from tests.shop_front import ADDRESS, Buyer, FakeBrevo, FakeStripe, Json, read_rows, read_state

SEND = "send_transac_email"
NBSP = "\u00a0"


def buy(buyer: Buyer, fake_stripe: FakeStripe, locale: str | None = None) -> Json:
    """A whole purchase; gives the order."""
    cart_id = buyer.fill_cart(2, locale=locale)
    fake_stripe.pay(buyer.open_session(cart_id).intent_id, deliver=False)
    order: Json = buyer.complete(cart_id).json()["order"]
    return order


@row("S0-031")
def test_a_french_buyer_gets_a_french_mail(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    order = buy(buyer, fake_stripe)
    assert run_jobs() == []
    (mail,) = fake_brevo.mails()
    assert mail["to"] == [{"email": "jeanne@example.com"}]
    assert mail["subject"] == f"Votre commande n°{NBSP}1 est confirmée"
    text, html = str(mail["textContent"]), str(mail["htmlContent"])
    assert "Bonjour Jeanne," in text
    assert f"- 2 × Aura (Noir){NBSP}: 698,00{NBSP}€" in text
    assert f"- Livraison, Livraison standard{NBSP}: 4,90{NBSP}€" in text
    assert f"Total TTC{NBSP}: 702,90{NBSP}€" in text
    assert f"dont TVA 20{NBSP}%{NBSP}: 117,15{NBSP}€" in text
    assert "12 rue de la Paix\n75002 Paris\nFR" in text
    assert "quatorze jours" in text
    assert "confirmée et payée" in text
    for piece in ("Aura", f"702,90{NBSP}€", "quatorze jours", f"n°{NBSP}1"):
        assert piece in html
    ((message_id, state, attempts),) = read_rows("SELECT id, state, attempts FROM message")
    assert (state, attempts) == ("sent", 1)
    assert mail["tags"] == ["order_confirmation", message_id]
    assert order["display_id"] == 1


def test_an_english_buyer_gets_an_english_mail(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    buy(buyer, fake_stripe, locale="en-GB")
    assert run_jobs() == []
    (mail,) = fake_brevo.mails()
    text = str(mail["textContent"])
    assert mail["subject"] == f"Your order no.{NBSP}1 is confirmed"
    assert "- 2 × Aura (Noir): €698.00" in text
    assert "Total including VAT: €702.90" in text
    assert "of which VAT 20%: €117.15" in text
    assert "fourteen days" in text


def test_a_name_that_is_code_is_shown_as_text(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    cart_id = buyer.fill_cart()
    given = {**ADDRESS, "first_name": "<script>{{ 7 * 7 }}</script>"}
    buyer.post(f"/store/carts/{cart_id}", shipping_address=given)
    fake_stripe.pay(buyer.open_session(cart_id).intent_id, deliver=False)
    assert buyer.complete(cart_id).json()["type"] == "order"
    assert run_jobs() == []
    (mail,) = fake_brevo.mails()
    assert "&lt;script&gt;{{ 7 * 7 }}&lt;/script&gt;" in str(mail["htmlContent"])
    assert "<script>" not in str(mail["htmlContent"])


def test_a_mail_sent_by_a_worker_that_died_before_noting_it_is_not_sent_twice(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    """Killed between Brevo's acceptance and our note, the row says queued still: the same key is refused there."""
    buy(buyer, fake_stripe)
    assert run_jobs() == []
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("UPDATE message SET state = 'queued', sent_at = NULL")
    ((message_id,),) = read_rows("SELECT id FROM message")
    send(message_id=str(message_id))
    assert len(fake_brevo.mails()) == 1
    assert [call["status"] for call in fake_brevo.calls(SEND)] == [201, 400]
    assert read_rows("SELECT state, error_code, sent_at IS NOT NULL FROM message") == [("sent", None, True)]


@pytest.mark.parametrize("kind", ["error", "rate_limit", "bad_gateway", "refuse"])
def test_while_brevo_is_down_the_order_stands_and_the_mail_waits(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs, kind: str
) -> None:
    fake_brevo.break_down(SEND, kind, times=None)
    assert buy(buyer, fake_stripe)["status"] == "pending"
    assert run_jobs() == []
    ((state, attempts),) = read_rows("SELECT state, attempts FROM message")
    assert (state, attempts) == ("queued", 1)
    ((seconds,),) = read_rows(
        "SELECT extract(epoch FROM scheduled_at - now())::int FROM procrastinate_jobs WHERE scheduled_at IS NOT NULL"
    )
    assert 50 <= int(str(seconds)) <= 3600
    fake_brevo.recover()
    make_mail_due()
    assert run_jobs() == []
    assert len(fake_brevo.mails()) == 1
    assert read_rows("SELECT state, attempts, error_code FROM message") == [("sent", 2, None)]


def test_after_a_day_a_mail_is_given_up_and_says_why(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    fake_brevo.break_down(SEND, "error", times=None)
    buy(buyer, fake_stripe)
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql(
            "UPDATE message SET created_at = now() - interval '25 hours', queued_at = now() - interval '25 hours'"
        )
    assert run_jobs() == []
    ((state, code),) = read_rows("SELECT state, error_code FROM message")
    assert (state, bool(code)) == ("dead", True)
    assert read_rows("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'") == [(0,)]


def test_a_mail_that_our_own_template_cannot_make_waits_for_the_release_that_can(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    """As long as any mail: the attempts of a job end sooner, and would leave it queued with nobody to send it."""
    buy(buyer, fake_stripe)
    with unit_of_work("test") as session:
        execute = session.connection().exec_driver_sql
        execute("CREATE TABLE whole AS SELECT content FROM message")
        execute("UPDATE message SET content = content - 'lines'")
    assert run_jobs() == []
    assert read_rows("SELECT state, attempts, error_code FROM message") == [
        ("queued", 1, "jinja2.exceptions.UndefinedError")
    ]
    assert read_rows("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'") == [(1,)]
    with unit_of_work("test") as session:
        execute = session.connection().exec_driver_sql
        execute("UPDATE message SET content = whole.content FROM whole")
    make_mail_due()
    assert run_jobs() == []
    assert len(fake_brevo.mails()) == 1


def test_a_mail_that_left_stays_sent_whatever_a_second_worker_says(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    buy(buyer, fake_stripe)
    assert run_jobs() == []
    ((message_id,),) = read_rows("SELECT id FROM message")
    before = read_state()
    with unit_of_work("test") as session:
        mark_unsent(session, str(message_id), Failure("unreachable"), utc_now())
        mark_dead(session, str(message_id), "invalid_parameter", utc_now())
    assert read_rows("SELECT state, attempts, error_code FROM message") == [("sent", 1, None)]
    assert read_state() == before
