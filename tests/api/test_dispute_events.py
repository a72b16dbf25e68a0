"""What Stripe says of disputes and payouts: facts that end the same in any order."""

from itertools import permutations

import pytest

from app.core.db import unit_of_work
from tests.money_back import News, Paid, bring, buy
from tests.proofs import proof_size
from tests.shop_front import Buyer, FakeStripe, Json, read_rows

FACTS = (
    "SELECT status, amount_cents, reason, evidence_due_at, told_at, withdrawn_at, reinstated_at, closed_at FROM dispute"
)
FORGET = "SET LOCAL session_replication_role = replica; DELETE FROM dispute; DELETE FROM payment_event"
MAILS = "SELECT template FROM message WHERE template <> 'order_confirmation' ORDER BY template"


@pytest.fixture
def paid(buyer: Buyer, fake_stripe: FakeStripe) -> Paid:
    return buy(buyer, fake_stripe)


def test_a_dispute_ends_the_same_in_every_order_of_its_events(paid: Paid) -> None:
    """Every fifth order of its five events, or every one (PROVE=1); a word that Stripe adds tomorrow counts as open."""
    news = News(paid)
    due: Json = {"evidence_details": {"due_by": int(news.start.timestamp()) + 900_000}}
    events = [
        news.make("charge.dispute.created", news.dispute("needs_response")),
        news.make("charge.dispute.funds_withdrawn", news.dispute("needs_response")),
        news.make("charge.dispute.updated", news.dispute("a_word_of_tomorrow", **due), seconds=5),
        news.make("charge.dispute.closed", news.dispute("won", **due), seconds=9),
        news.make("charge.dispute.funds_reinstated", news.dispute("won", **due), seconds=9),
    ]
    ends = set()
    for order in list(permutations(events))[:: proof_size(5, 1)]:
        assert [bring(body) for body in order] == ["processed"] * len(events)
        ends.update(read_rows(FACTS))
        with unit_of_work("test") as session:
            session.connection().exec_driver_sql(FORGET)
    ((status, _, reason, *instants),) = ends
    assert (status, reason) == ("won", "fraudulent")
    seconds = [(instant - news.start).total_seconds() for instant in instants]  # type: ignore[operator]  # rows are plain
    assert seconds == [900_000, 9, 0, 9, 9]


def test_the_shop_hears_of_a_dispute_once_when_it_opens_and_once_when_it_ends(
    paid: Paid, fake_stripe: FakeStripe
) -> None:
    dispute = fake_stripe.post("/_test/disputes", payment_intent=paid.intent_id, reason="product_not_received")
    fake_stripe.wait_until_delivered()
    assert read_rows(MAILS) == [("dispute_opened",)]
    fake_stripe.post(f"/_test/disputes/{dispute['id']}/close", status="won")
    fake_stripe.wait_until_delivered()
    assert read_rows(MAILS) == [("dispute_closed",), ("dispute_opened",)]
    ((content,),) = read_rows("SELECT content FROM message WHERE template = 'dispute_opened'")
    assert isinstance(content, dict)
    assert (content["amount_cents"], content["reason"]) == (dispute["amount"], "product_not_received")
    ((status, withdrawn_at, closed_at),) = read_rows("SELECT status, withdrawn_at, closed_at FROM dispute")
    assert (status, withdrawn_at is not None, closed_at is not None) == ("won", True, True)
    orders = read_rows("SELECT DISTINCT order_id FROM payment_event WHERE type LIKE 'charge.dispute%'")
    assert orders == [(paid.order_id,)]


def test_a_payout_is_a_row_and_a_refused_one_is_told_once(paid: Paid) -> None:
    news = News(paid)
    thing: Json = {
        "id": "po_1", "object": "payout", "amount": 68_000, "currency": "eur", "status": "paid", "automatic": True,
        "arrival_date": int(news.start.timestamp()), "created": int(news.start.timestamp()),
    }  # fmt: skip
    failed: Json = {**thing, "status": "failed", "failure_code": "account_closed"}
    events = [
        news.make("payout.reconciliation_completed", thing),
        news.make("payout.failed", failed, seconds=60),
        news.make("payout.failed", failed, seconds=61),
    ]
    ends = set()
    for order in permutations(events):
        assert [bring(body) for body in order] == ["processed"] * 3
        ends.update(read_rows("SELECT status, error_code, reconciled_at, failed_at, told_at FROM payout"))
        assert read_rows(MAILS) == [("payout_failed",)]
        with unit_of_work("test") as session:
            session.connection().exec_driver_sql(
                "SET LOCAL session_replication_role = replica; DELETE FROM payout; DELETE FROM payment_event;"
                " DELETE FROM message WHERE template = 'payout_failed'"
            )
    ((status, code, *_),) = ends
    assert (status, code) == ("failed", "account_closed")
