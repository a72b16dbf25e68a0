"""What Stripe tells of a page and its intent: facts that no order of the news, no duplicate and no delay change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import pytest
from sqlalchemy import text

from app.checkout.jobs import cancel_unpaid
from app.core.db import unit_of_work
from app.stock.service import receive
from tests.command import run_command
from tests.in_process import RunJobs
from tests.order_link import Opened, ask_for_order, open_page, show
from tests.rows import row
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, Json, read_rows, read_state
from tests.statements import counted_statements
from tests.stripe_news import deliver, event_about

TOTAL = 34900 + 490
# Of one purchase, in seconds after it began; the same instant for the same fact, whoever brings it.
BEGAN = 1_790_000_000


@dataclass(frozen=True)
class News:
    """One event: its type, what it shows of the page or the intent, and when it happened."""

    kind: str
    shown: Mapping[str, object]
    after: int

    def about(self, opened: Opened, **over: object) -> Json:
        """The event for one purchase; the same one however often it is asked for."""
        thing = _page(opened) if self.kind.startswith("checkout") else _intent(opened)
        event_id = f"evt_{EVERYTHING.index(self) if self in EVERYTHING else 'x'}_of_{opened.order_id}"
        given: Json = {"id": event_id, "created": BEGAN + self.after, **over}
        return event_about({**thing, **self.shown}, self.kind, **given)


def _intent_id(opened: Opened) -> str:
    return f"pi_of_{opened.order_id}"


def _attempt_id(opened: Opened) -> str:
    found = read_rows("SELECT id FROM payment_session WHERE checkout_session_id = :id", id=opened.page_id)
    return str(found[0][0])


def _page(opened: Opened) -> Json:
    return {
        "id": opened.page_id, "object": "checkout.session", "payment_intent": _intent_id(opened),
        "amount_total": TOTAL, "currency": "eur", "created": BEGAN, "expires_at": BEGAN + 2100, "url": None,
        "client_reference_id": opened.order_id, "metadata": {},
    }  # fmt: skip


def _intent(opened: Opened) -> Json:
    return {
        "id": _intent_id(opened), "object": "payment_intent", "amount": TOTAL, "amount_received": 0, "currency": "eur",
        "created": BEGAN, "latest_charge": None,
        "metadata": {"order_id": opened.order_id, "session_id": _attempt_id(opened)},
    }  # fmt: skip


def _session(name: str, status: str, payment_status: str, after: int) -> News:
    return News(f"checkout.session.{name}", {"status": status, "payment_status": payment_status}, after)


DECLINED = {"code": "card_declined", "decline_code": "insufficient_funds"}
PAID = _session("completed", "complete", "paid", 60)
UNPAID = _session("completed", "complete", "unpaid", 60)
PAID_LATER = _session("async_payment_succeeded", "complete", "paid", 90)
FAILED_LATER = _session("async_payment_failed", "complete", "unpaid", 90)
EXPIRED = _session("expired", "expired", "unpaid", 70)
SUCCEEDED = News(
    "payment_intent.succeeded", {"status": "succeeded", "amount_received": TOTAL, "latest_charge": "ch_x"}, 60
)
DECLINE = News(
    "payment_intent.payment_failed", {"status": "requires_payment_method", "last_payment_error": DECLINED}, 30
)
GIVEN_UP = News("payment_intent.canceled", {"status": "canceled"}, 70)
EVERYTHING = (PAID, UNPAID, PAID_LATER, FAILED_LATER, EXPIRED, SUCCEEDED, DECLINE, GIVEN_UP)


@pytest.fixture
def shelf(buyer: Buyer) -> Buyer:
    """A buyer before a shelf that is never empty."""
    with unit_of_work("test") as session:
        receive(session, buyer.goods.variant_id, 90)
    return buyer


def tell(buyer: Buyer, opened: Opened, *news: News) -> None:
    """Bring these events, one after the other."""
    for each in news:
        answer = deliver(buyer, each.about(opened))
        assert answer.status_code == 200, answer.text


def read_effect(buyer: Buyer, opened: Opened) -> tuple[object, ...]:
    """Where it all ended: in a word, late or not, pieces sold, pieces promised, payments, mails."""
    shown = show(buyer, opened.order_id)
    of_order = {"order_id": opened.order_id}
    counts = (
        "SELECT coalesce(-sum(delta), 0) FROM stock_movement WHERE reference = :order_id",
        "SELECT coalesce(sum(r.quantity), 0) FROM stock_reservation r"
        ' JOIN "order" o ON o.cart_id = r.cart_id WHERE o.id = :order_id',
        'SELECT count(*) FROM payment JOIN "order" o USING (payment_collection_id) WHERE o.id = :order_id',
        "SELECT coalesce(string_agg(template, ',' ORDER BY template), '') FROM message"
        " WHERE object_id = :order_id OR object_id IN (SELECT s.id FROM payment_session s"
        ' JOIN "order" o USING (payment_collection_id) WHERE o.id = :order_id)',
    )
    return (
        shown["payment_status"],
        shown["is_paid_late"],
        *(read_rows(query, **of_order)[0][0] for query in counts),
    )


def read_facts(opened: Opened) -> list[tuple[object, ...]]:
    """What is known of the attempt and its payment."""
    return read_rows(
        "SELECT s.payment_intent_id, s.status, s.processing_since_at, s.expired_at, s.canceled_at, s.failed_at,"
        " s.error_code, s.decline_code, p.amount_cents, p.payment_intent_id, p.charge_id"
        " FROM payment_session s LEFT JOIN payment p ON p.payment_session_id = s.id WHERE s.checkout_session_id = :id",
        id=opened.page_id,
    )


SOLD = ("paid", False, 1, 0, 1, "order_confirmation")
LATE = ("paid", True, 1, 0, 1, "order_confirmation")
KEPT = ("processing", False, 0, 1, 0, "")
OVER = ("expired", False, 0, 0, 0, "")
ENDED = ("canceled", False, 0, 0, 0, "")
RESCUED = ("paid", False, 1, 0, 1, "order_confirmation,payment_failed")
LOST = ("canceled", False, 0, 0, 0, "payment_failed")
# State before, by the news that made it; then what each event makes of it, in the order of EVERYTHING.
TABLE: tuple[tuple[tuple[News, ...], Sequence[tuple[object, ...]]], ...] = (
    ((), (SOLD, KEPT, SOLD, LOST, OVER, SOLD, ("failed", False, 0, 1, 0, ""), ENDED)),
    ((DECLINE,), (SOLD, KEPT, SOLD, LOST, OVER, SOLD, ("failed", False, 0, 1, 0, ""), ENDED)),
    ((UNPAID,), (SOLD, KEPT, SOLD, LOST, OVER, SOLD, KEPT, ENDED)),
    ((PAID,), (SOLD,) * 8),
    ((EXPIRED,), (SOLD, OVER, LATE, LOST, OVER, SOLD, OVER, OVER)),
    ((UNPAID, FAILED_LATER), (RESCUED, LOST, RESCUED, LOST, LOST, RESCUED, LOST, LOST)),
)


@pytest.mark.parametrize(
    ("before", "after"), TABLE, ids=["open", "declined", "processing", "paid", "expired", "lost at the bank"]
)
def test_every_event_meets_every_state(
    shelf: Buyer, before: tuple[News, ...], after: Sequence[tuple[object, ...]]
) -> None:
    for news, expected in zip(EVERYTHING, after, strict=True):
        opened = open_page(shelf)
        tell(shelf, opened, *before)
        tell(shelf, opened, news)
        assert read_effect(shelf, opened) == expected, news
        facts = read_facts(opened)
        assert deliver(shelf, news.about(opened, id=f"evt_again_{opened.order_id}")).status_code == 200
        assert (read_effect(shelf, opened), read_facts(opened)) == (expected, facts), f"{news}, as another event"
    assert read_rows("SELECT count(*) FROM payment_event WHERE order_id IS NULL OR checkout_session_id IS NULL") == [
        (0,)
    ]
    assert read_rows("SELECT DISTINCT state FROM payment_event") == [("processed",)]


@pytest.mark.parametrize(
    "news",
    [(PAID, SUCCEEDED, DECLINE), (UNPAID, DECLINE, FAILED_LATER), (EXPIRED, GIVEN_UP, PAID_LATER)],
    ids=["paid after a decline", "lost at the bank", "paid late"],
)
def test_the_order_of_the_news_changes_nothing(shelf: Buyer, news: tuple[News, ...]) -> None:
    ends = []
    for turn in permutations(news):
        opened = open_page(shelf)
        tell(shelf, opened, *turn, turn[0])
        facts = [value for value in read_facts(opened)[0] if value != _intent_id(opened)]
        with unit_of_work("test") as session:  # the charge is unique
            session.execute(text("UPDATE payment SET charge_id = NULL"))
        ends.append((read_effect(shelf, opened), facts))
    assert all(end == ends[0] for end in ends), ends
    assert read_facts(opened)[0][0] == _intent_id(opened), "the first event that names the intent stores it"


def _other(**shown: object) -> Callable[[News], News]:
    return lambda news: News(news.kind, {**news.shown, **shown}, news.after)


@pytest.mark.parametrize(
    "given",
    [
        _other(amount_total=TOTAL - 1)(PAID),
        _other(currency="usd")(PAID),
        _other(amount_received=TOTAL - 1)(SUCCEEDED),
        _other(currency="usd")(SUCCEEDED),
        News(PAID.kind, {"status": "complete", "payment_status": "no_payment_required", "amount_total": 0}, 60),
    ],
    ids=["less on the page", "dollars on the page", "less in the intent", "dollars in the intent", "nothing"],
)
def test_money_that_does_not_fit_pays_nothing_and_is_looked_at(shelf: Buyer, given: News) -> None:
    opened = open_page(shelf)
    tell(shelf, opened, given)
    assert read_effect(shelf, opened)[:3] == ("needs_review", False, 0)
    assert read_rows('SELECT review_reason, paid_at FROM "order"') == [("amount_differs", None)]
    assert read_rows("SELECT count(*) FROM payment") == [(1,)], "it is not lost"
    assert read_state()["mails"] == 0


def test_an_order_whose_money_does_not_fit_waits_for_a_person_however_long(shelf: Buyer) -> None:
    opened = open_page(shelf)
    tell(shelf, opened, _other(amount_total=TOTAL - 1)(PAID))
    before = read_rows('SELECT status, review_reason, canceled_at FROM "order"')
    assert before == [("requires_action", "amount_differs", None)]
    with unit_of_work("test") as session:
        session.execute(text("UPDATE \"order\" SET created_at = created_at - interval '7 days 1 hour'"))
    cancel_unpaid()
    tell(shelf, opened, FAILED_LATER)
    assert read_rows('SELECT status, review_reason, canceled_at FROM "order"') == before
    assert read_state()["mails"] == 0


def test_a_refund_waits_for_the_intent_of_a_page_that_did_not_name_it(shelf: Buyer, fake_stripe: FakeStripe) -> None:
    """Nothing is said to have gone back that Stripe was not asked for."""
    opened = open_page(shelf)
    tell(shelf, opened, News(PAID.kind, {**PAID.shown, "payment_intent": None}, 60))
    given = ("orders", "refund", opened.order_id, "--amount", "1000", "--reason", "lost_in_transit", "--yes")
    assert run_command(*given).code == 0
    stored = "SELECT status, refunded_cents, refund_committed_cents FROM refund, payment"
    assert read_rows(stored) == [("requested", 0, 1000)]
    assert fake_stripe.calls("refunds.create") == []
    assert read_rows("SELECT count(*) FROM payment_journal WHERE kind = 'refund'") == [(0,)]


def test_a_page_of_nought_for_an_order_that_is_paid_changes_nothing(shelf: Buyer, fake_stripe: FakeStripe) -> None:
    cart_id = shelf.fill_cart()
    attempt = shelf.open_session(cart_id)
    opened = open_page(shelf, str(ask_for_order(shelf, cart_id).json()["order"]["id"]))
    assert deliver(shelf, event_about(fake_stripe.pay(attempt.intent_id, deliver=False))).status_code == 200
    nought = {"payment_status": "no_payment_required", "amount_total": 0, "payment_intent": None}
    tell(shelf, opened, News(PAID.kind, {**PAID.shown, **nought}, 60))
    assert show(shelf, opened.order_id)["payment_status"] == "paid"
    assert (read_state()["refunds"], read_state()["mails"]) == (0, 1)


def test_the_recorded_page_decides_and_metadata_never_overrides(shelf: Buyer) -> None:
    """An event that names another order in its metadata is about the page that it is about."""
    mine, other = open_page(shelf), open_page(shelf)
    lying = {"metadata": {"order_id": other.order_id, "session_id": _attempt_id(other)}}
    stolen = News(PAID.kind, {**PAID.shown, **lying, "client_reference_id": other.order_id}, 60)
    tell(shelf, mine, stolen)
    assert (show(shelf, mine.order_id)["payment_status"], show(shelf, other.order_id)["payment_status"]) == (
        "paid", "pending"
    )  # fmt: skip
    unknown = Opened(other.order_id, "cs_test_of_nobody", "")
    event = event_about({**_page(unknown), **PAID.shown, **lying, "payment_intent": "pi_x"}, PAID.kind, id="evt_x")
    assert deliver(shelf, event).status_code == 200
    assert show(shelf, other.order_id)["payment_status"] == "pending", "its own page is recorded"
    assert read_rows("SELECT state FROM payment_event WHERE stripe_event_id = 'evt_x'") == [("unmatched",)]


def test_money_of_a_second_intent_for_one_attempt_is_never_silence(shelf: Buyer) -> None:
    """Another application of the account wrote our attempt's id into its own intent, and that one came first."""
    opened = open_page(shelf)
    copied = {**_intent(opened), **SUCCEEDED.shown, "id": "pi_of_another_application", "latest_charge": "ch_other"}
    assert deliver(shelf, event_about(copied, id="evt_other")).status_code == 200
    assert deliver(shelf, PAID.about(opened)).status_code == 500
    assert read_rows("SELECT payment_intent_id FROM payment") == [("pi_of_another_application",)]
    assert read_rows("SELECT state, error_code FROM payment_event WHERE type LIKE 'checkout%'") == [
        ("failed", "app.payments.errors.AttemptPaidTwice")
    ]


def test_a_page_that_outruns_our_own_note_finds_its_attempt_and_one_of_nobody_waits(shelf: Buyer) -> None:
    """The process died between Stripe's answer and our note: the metadata leads to the attempt."""
    opened = open_page(shelf)
    attempt_id = _attempt_id(opened)
    with unit_of_work("test") as session:
        session.execute(text("UPDATE payment_session SET checkout_session_id = NULL, checkout_url = NULL"))
    named = News(PAID.kind, {**PAID.shown, "metadata": {"session_id": attempt_id}}, 60)
    tell(shelf, opened, named)
    assert read_effect(shelf, opened)[:3] == ("paid", False, 1)
    assert read_rows("SELECT checkout_session_id FROM payment_session") == [(opened.page_id,)]
    before = read_state()
    nobody = {**_page(Opened("order_of_nobody", "cs_test_x", "")), **PAID.shown, "payment_intent": "pi_of_nobody"}
    assert deliver(shelf, event_about(nobody, PAID.kind)).status_code == 200
    assert read_rows("SELECT state FROM payment_event WHERE checkout_session_id = 'cs_test_x'") == [("unmatched",)]
    assert read_state() == before | {"events": before["events"] + 1}


@row("S4-002")
def test_a_whole_purchase_on_stripe_s_page_has_one_effect(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    """As the fake tells it, page and intent both; and nothing more for what is known: the statements are counted."""
    opened = open_page(buyer)
    fake_stripe.post(f"/_test/checkout_sessions/{opened.page_id}/pay")
    fake_stripe.wait_until_delivered()
    assert run_jobs() == []
    assert read_effect(buyer, opened) == SOLD
    assert len(fake_brevo.mails()) == 1
    assert sorted(read_rows("SELECT type, state FROM payment_event")) == [
        ("checkout.session.completed", "processed"),
        ("payment_intent.succeeded", "processed"),
    ]
    assert read_rows("SELECT count(DISTINCT order_id), count(DISTINCT checkout_session_id) FROM payment_event") == [
        (1, 1)
    ]
    delivered = fake_stripe.find_delivery("checkout.session.completed")
    assert delivered is not None
    with counted_statements() as sent:
        fake_stripe.post("/_test/deliveries", event=delivered["event"])
        fake_stripe.wait_until_delivered()
    assert len(sent) == 2, "the signature of the transaction and the claim"


def test_who_hears_later_that_the_money_does_not_come_gets_one_mail(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    opened = open_page(buyer)
    page = f"/_test/checkout_sessions/{opened.page_id}"
    fake_stripe.post(f"{page}/pay", delayed=True)
    fake_stripe.post(f"{page}/settle", succeeds=False)
    fake_stripe.wait_until_delivered()
    assert run_jobs() == []
    (mail,) = fake_brevo.mails()
    assert "payment_failed" in str(mail["tags"])
    assert str(mail["subject"]).endswith("pas abouti")
    assert read_effect(buyer, opened) == LOST
