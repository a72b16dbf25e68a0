"""What the webhook answers is counted, and what is wrong with it is told the shop, once a day each."""

import json

import pytest
import time_machine

from app.core.clock import utc_now
from app.core.shared_redis import get_shared_redis
from app.dev.fake_stripe.delivery import sign
from app.stripe_events.jobs import reconcile, watch
from tests.command import run_command
from tests.lost_news import lose_payment
from tests.rows import row
from tests.shop_front import WEBHOOK_SECRET, Buyer, FakeStripe, Json, change_settings, read_rows, read_state
from tests.stripe_news import PATH, deliver, event_about, intent_of_nobody
from tests.waiting import wait_until

ALARMS = "SELECT content->>'code' FROM message WHERE template = 'money_alert' ORDER BY created_at, id"
STRANGER = "whsec_of_somebody_else"


def alarms() -> list[object]:
    """What the shop was told after a look; a second look tells nothing twice."""
    watch()
    told = [code for (code,) in read_rows(ALARMS)]
    watch()
    assert [code for (code,) in read_rows(ALARMS)] == told
    return told


def stats() -> tuple[Json, object]:
    """The figures of the last five minutes, which are those of the day, and whose the burst was."""
    done = run_command("events", "stats", "--json")
    answer = done.answer
    assert isinstance(answer, dict), done.err
    spans = answer["spans"]
    assert spans["5 min"] == spans["1 h"] == spans["24 h"]
    return spans["24 h"], answer["burst"]


def malform(buyer: Buyer, times: int) -> None:
    """Signed, and no event."""
    for _ in range(times):
        answer = buyer.http.post(PATH, content=b"{}", headers={"Stripe-Signature": sign(b"{}", [WEBHOOK_SECRET])})
        assert answer.status_code == 400


@row("S3-003", "S4-028", "S4-032")
def test_a_wrong_secret_is_told_and_what_it_refused_comes_again_by_itself(
    buyer: Buyer, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    intent_id = buyer.open_session(buyer.fill_cart()).intent_id
    change_settings(monkeypatch, STRIPE_WEBHOOK_SECRET=STRANGER)
    before = read_state()
    fake_stripe.pay(intent_id)

    def tries() -> list[object]:
        return [tried for each in fake_stripe.get("/_test/deliveries") for tried in list(each["tries"])]  # type: ignore[call-overload]

    wait_until(lambda: len(tries()) >= 3, 30, "Stripe tries a 400 again")
    assert {tried["status"] for tried in tries()} == {400}  # type: ignore[index]
    assert read_state() == before, "a request tells nobody"
    assert alarms() == ["webhook_signatures"]
    assert '"code": "webhook_signatures"' in capsys.readouterr().out
    ((content,),) = read_rows("SELECT content FROM message WHERE template = 'money_alert'")
    assert "STRIPE_WEBHOOK_SECRET" in str(content["next_step"])  # type: ignore[index]
    change_settings(monkeypatch, STRIPE_WEBHOOK_SECRET=WEBHOOK_SECRET)
    fake_stripe.wait_until_delivered()
    assert read_rows("SELECT state, source FROM payment_event") == [("processed", "webhook")]
    assert read_state()["orders"] == 1


@row("S1-018", "S3-013", "S3-016", "S4-003", "S4-062")
def test_each_answer_is_counted_and_a_burst_has_a_name(
    buyer: Buyer, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change_settings(monkeypatch, RATE_LIMIT_WEBHOOK_MAX="8")
    intent = fake_stripe.pay(buyer.open_session(buyer.fill_cart()).intent_id, deliver=False)
    ignored = event_about(intent_of_nobody(), "charge.succeeded", id="evt_other")
    capsys.readouterr()
    with time_machine.travel(utc_now(), tick=False):
        taken = [deliver(buyer, event) for event in (event_about(intent), ignored, *[event_about(intent)] * 3)]
        assert {answer.status_code for answer in taken} == {200}
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        said = [(line["requestId"], line["status"]) for line in lines if line["message"] == "stripe event"]
        states = ["processed", "ignored", "duplicate", "duplicate", "duplicate"]
        assert said == list(zip([answer.headers["x-request-id"] for answer in taken], states, strict=True))
        assert alarms() == [], "three duplicates of five are no rate"
        assert deliver(buyer, event_about(intent), secret=STRANGER).status_code == 400
        malform(buyer, 1)
        buyer.http.put("/_test/events/evt_fails/failure")
        assert deliver(buyer, event_about(intent_of_nobody(), id="evt_fails")).status_code == 500
        figures = {"success": 2, "duplicate": 3, "failed": 3, "processed": 1, "ignored": 1}
        wrong = {"server_error": 1, "signature_invalid": 1, "event_malformed": 1}
        assert stats() == ({**figures, **wrong}, "none")
        refused = [deliver(buyer, event_about(intent)).status_code for _ in range(3)]
        assert refused == [429] * 3
        assert alarms() == ["webhook_rate_limited"]
        assert stats() == ({**figures, "failed": 6, **wrong, "too_many_requests": 3}, "stripe")
        assert "signées par Stripe" in run_command("events", "stats").out
    get_shared_redis().redis.flushall()
    with time_machine.travel(utc_now(), tick=False):
        for _ in range(12):
            deliver(buyer, event_about(intent), secret=STRANGER)
        assert stats()[1] == "strangers"
        assert "pas signés" in run_command("events", "stats").out


@row("S3-012", "S4-019", "S4-063", "S4-064")
def test_rates_and_what_is_stuck_are_told(buyer: Buyer) -> None:
    malform(buyer, 9)
    assert deliver(buyer, event_about(intent_of_nobody()), secret=STRANGER).status_code == 400
    for _ in range(20):
        assert deliver(buyer, event_about(intent_of_nobody(), "charge.succeeded")).status_code == 200
    assert alarms() == ["webhook_failing"], "of 20 deliveries 19 were duplicates, one fewer than count"
    deliver(buyer, event_about(intent_of_nobody(), "charge.succeeded"))
    assert alarms() == ["webhook_failing", "webhook_duplicates"]
    hook = "/_test/events/evt_loops/failure"
    buyer.http.put(hook)
    loop = event_about(intent_of_nobody(), id="evt_loops")
    for told in (2, 2, 2, 3):
        assert deliver(buyer, loop).status_code == 500
        assert len(alarms()) == told
    assert alarms()[-1] == "events_stuck"


@row("S1-001")
def test_money_that_nobody_told_of_for_ten_minutes_is_fetched_and_told(
    buyer: Buyer, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id, _ = lose_payment(buyer, fake_stripe)
    assert (alarms(), read_state()["orders"]) == ([], 0)
    reconcile()
    assert read_rows("SELECT stripe_event_id, state, source FROM payment_event") == [
        (event_id, "processed", "reconcile")
    ]
    assert read_state()["orders"] == 1
    assert alarms() == ["events_missed"]
    change_settings(monkeypatch, REDIS_URL="redis://127.0.0.1:1/0")
    get_shared_redis.cache_clear()
    assert deliver(buyer, event_about(intent_of_nobody())).status_code == 200
    assert alarms() == ["events_missed"], "without Redis the ledger still speaks"
    refused = run_command("events", "stats", "--json")
    assert (refused.code, refused.answer["code"]) == (1, "redis_away")  # type: ignore[index]
