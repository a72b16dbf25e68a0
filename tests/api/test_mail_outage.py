"""Brevo is away, refuses, limits, or took a mail without saying so: each arrives once, the important first."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from time_machine import Traveller as Clock

from app.core.log import configure_logging
from app.notifications.rules import KEY_LIFE
from tests.factories.mail import change, queue_sample, run_by_name
from tests.in_process import RunJobs
from tests.rows import row
from tests.services import ENVIRONMENT
from tests.shop_front import FakeBrevo, change_settings, read_rows

SEND = "send_transac_email"
STATES = "SELECT object_id, state, error_code FROM message ORDER BY object_id"
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
NEXT_DAY = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)  # midnight in Paris


@pytest.fixture
def clock(environment: dict[str, str]) -> Iterator[Clock]:
    """A Tuesday at noon in Paris; the fake's clock too, since it runs in this process."""
    configure_logging("test")
    with time_machine.travel(NOON, tick=True) as travelled:
        yield travelled


def queue(template: str, object_id: str) -> str:
    """A mail whose instants are those of the test's clock, and no job: the pump finds it."""
    message_id = queue_sample(template, object_id)
    now = datetime.now(UTC)
    change(
        "UPDATE message SET created_at = :now, queued_at = :now, next_attempt_at = :now WHERE id = :id",
        now=now,
        id=message_id,
    )
    change("DELETE FROM procrastinate_jobs")
    return message_id


def pump() -> None:
    run_by_name("notifications.pump")


def arrived(fake_brevo: FakeBrevo) -> list[str]:
    """The messages that Brevo took, in order, by their template and id."""
    return [str(mail["tags"][1]) for mail in fake_brevo.mails() if isinstance(mail["tags"], list)]


@row("S0-136", "S0-137")
def test_after_a_day_without_brevo_every_mail_arrives_once_and_nobody_hammered(
    fake_brevo: FakeBrevo, clock: Clock
) -> None:
    """Three were taken by a Brevo that answered 500; the others waited, tried for by one mail at a time."""
    taken = [queue("order_confirmation", f"order_{number}") for number in range(3)]
    fake_brevo.break_down(SEND, "error", when="after", times=3)
    pump()
    assert sorted(arrived(fake_brevo)) == sorted(taken)
    assert read_rows("SELECT state, failures FROM mail_gate") == [("down", 3)]
    fake_brevo.break_down("*", "bad_gateway", times=None)
    waiting = [queue("order_confirmation", f"order_{number}") for number in range(3, 12)]
    before = len(fake_brevo.get("/_test/requests"))
    for _ in range(47):  # 23 h 30
        clock.shift(timedelta(minutes=30))
        pump()
    assert len(fake_brevo.get("/_test/requests")) - before == 47, "one try at a time, of twelve mails"
    assert read_rows("SELECT DISTINCT state FROM message") == [("queued",)]
    fake_brevo.recover()
    clock.shift(timedelta(minutes=15))
    pump()
    pump()
    assert read_rows("SELECT DISTINCT state, error_code FROM message") == [("sent", None)]
    assert sorted(arrived(fake_brevo)) == sorted([*taken, *waiting])
    assert read_rows("SELECT state, failures FROM mail_gate") == [("open", 0)]


def test_a_day_is_the_end_for_all_who_wait_and_a_person_is_told(
    fake_brevo: FakeBrevo, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        queue("order_confirmation", f"order_{number}")
    fake_brevo.break_down(SEND, "error", times=None)
    pump()
    clock.shift(timedelta(hours=24))
    queue("refund_sent", "ref_1")
    pump()
    assert read_rows("SELECT template, state, count(*) FROM message GROUP BY 1, 2 ORDER BY 1") == [
        ("order_confirmation", "dead", 5),
        ("refund_sent", "queued", 1),
    ]
    assert capsys.readouterr().out.count('"message": "mail given up"') == 5


@pytest.mark.parametrize("kind", ["order_confirmation", "password_reset"])
def test_what_may_have_left_is_repeated_under_its_key_then_asked_for(
    fake_brevo: FakeBrevo, clock: Clock, kind: str
) -> None:
    """Within half an hour Brevo refuses the key it knows; later it is asked, and has it, or has it not."""
    (message_id,) = [queue(kind, "one")]
    fake_brevo.break_down(SEND, "error", when="after")
    pump()
    assert (read_rows(STATES), len(fake_brevo.mails())) == ([("one", "queued", "vendor_error")], 1)
    clock.shift(timedelta(minutes=20))
    pump()
    assert (read_rows(STATES), len(fake_brevo.mails())) == ([("one", "sent", None)], 1)
    assert [call["status"] for call in fake_brevo.calls(SEND)] == [500, 400]

    queue(kind, "two")
    fake_brevo.break_down(SEND, "error", when="after")
    pump()
    clock.shift(KEY_LIFE + timedelta(minutes=10))
    pump()
    assert read_rows(STATES)[1] == ("two", "sent", None)
    assert len(fake_brevo.mails()) == 2, "it was there: not again"

    three = queue(kind, "three")
    fake_brevo.break_down(SEND, "error")
    pump()
    clock.shift(KEY_LIFE + timedelta(minutes=10))
    pump()
    found = {"order_confirmation": ("sent", None), "password_reset": ("dead", "outcome_unknown")}[kind]
    assert read_rows("SELECT state, error_code FROM message WHERE id = :id", id=three) == [found]
    assert len(fake_brevo.mails()) == (3 if kind == "order_confirmation" else 2), "rather twice than never, or never"
    assert message_id in arrived(fake_brevo)


def test_who_asks_too_often_waits_and_then_sends(fake_brevo: FakeBrevo, clock: Clock) -> None:
    for number in range(2):
        queue("order_confirmation", f"order_{number}")
    fake_brevo.break_down(SEND, "error", times=2)
    pump()
    clock.shift(KEY_LIFE * 2)
    fake_brevo.post("/_test/limits", operation="get_email_event_report", calls=1, seconds=3000)
    pump()
    assert read_rows("SELECT state, error_code FROM mail_gate") == [("limited", "too_many_requests")]
    assert len(fake_brevo.mails()) == 1
    clock.shift(timedelta(minutes=51))
    pump()
    assert len(fake_brevo.mails()) == 2
    assert read_rows("SELECT count(*) FROM message WHERE state = 'sent'") == [(2,)]


def close_key(fake_brevo: FakeBrevo) -> None:
    fake_brevo.post("/_test/keys", revoked=[ENVIRONMENT["BREVO_API_KEY"]], accepted=["another-key"])


def open_key(fake_brevo: FakeBrevo) -> None:
    fake_brevo.post("/_test/keys", accepted=[ENVIRONMENT["BREVO_API_KEY"]])


def no_credits(fake_brevo: FakeBrevo) -> None:
    fake_brevo.post("/_test/quota", left=0)


def credits_again(fake_brevo: FakeBrevo) -> None:
    fake_brevo.post("/_test/quota", left=300)


def limit(fake_brevo: FakeBrevo) -> None:
    fake_brevo.post("/_test/limits", operation=SEND, calls=1, seconds=3600)
    queue("order_confirmation", "0_first")
    pump()


def limit_no_more(fake_brevo: FakeBrevo) -> None:
    fake_brevo.post("/_test/limits", operation=SEND, calls=1000, seconds=1)


REFUSALS: dict[str, tuple[Callable[[FakeBrevo], None], Callable[[FakeBrevo], None], str, datetime, datetime]] = {
    "401": (close_key, open_key, "stopped", NOON + timedelta(seconds=50), NOON + timedelta(seconds=70)),
    "402": (no_credits, credits_again, "paused", NEXT_DAY - timedelta(minutes=1), NEXT_DAY + timedelta(seconds=5)),
    "429": (limit, limit_no_more, "limited", NOON + timedelta(minutes=59), NOON + timedelta(minutes=61)),
}


@pytest.mark.parametrize("status", REFUSALS)
def test_an_account_that_may_not_send_is_tried_by_one_mail_when_it_may_be_well_again(
    fake_brevo: FakeBrevo, clock: Clock, status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    refuse, mend, state, still, well = REFUSALS[status]
    refuse(fake_brevo)
    before, mails = len(fake_brevo.calls(SEND)), len(fake_brevo.mails())
    for number in range(4):
        queue("order_confirmation", f"order_{number}")
    pump()
    assert read_rows("SELECT state FROM mail_gate") == [(state,)]
    assert '"message": "mail queue closed"' in capsys.readouterr().out
    clock.move_to(still)
    pump()
    assert len(fake_brevo.calls(SEND)) - before == 1, "the others were not even tried"
    mend(fake_brevo)
    clock.move_to(well)
    pump()
    pump()
    assert read_rows("SELECT state FROM mail_gate") == [("open",)]
    assert len(fake_brevo.mails()) - mails == 4
    assert read_rows("SELECT count(*) FROM message WHERE state <> 'sent'") == [(0,)]


def test_who_waits_for_an_account_waits_as_long_as_it_takes(fake_brevo: FakeBrevo, clock: Clock) -> None:
    close_key(fake_brevo)
    queue("order_confirmation", "order_1")
    for _ in range(4):
        pump()
        clock.shift(timedelta(hours=20))
    open_key(fake_brevo)
    pump()
    assert read_rows(STATES) == [("order_1", "sent", None)]


@row("S0-119")
def test_above_the_quota_only_what_is_essential_leaves_and_the_rest_the_next_day(
    fake_brevo: FakeBrevo, clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change_settings(monkeypatch, BREVO_DAILY_QUOTA="5")
    for number in range(8):
        queue("welcome", f"cus_{number}")
    for number in range(2):
        queue("order_confirmation", f"order_{number}")
    queue("shipment_sent", "parcel_1")
    pump()
    sent = [str(mail["tags"][0]) for mail in fake_brevo.mails() if isinstance(mail["tags"], list)]
    assert sent == ["order_confirmation"] * 2 + ["shipment_sent"] + ["welcome"] * 2, "the important first"
    assert capsys.readouterr().out.count('"message": "mail quota nearly used"') == 1
    for number in range(2, 4):
        queue("order_confirmation", f"order_{number}")
    clock.shift(timedelta(hours=1))
    pump()
    assert len(fake_brevo.mails()) == 7
    assert read_rows("SELECT template, error_code, count(*) FROM message WHERE state = 'queued' GROUP BY 1, 2") == [
        ("welcome", "quota_reached", 6)
    ]
    clock.move_to(NEXT_DAY - timedelta(minutes=1))
    pump()
    assert len(fake_brevo.mails()) == 7
    clock.move_to(NEXT_DAY + timedelta(seconds=5))
    pump()
    assert len(fake_brevo.mails()) == 12
    taken = "SELECT quota_on::text, count(*) FROM message WHERE quota_on IS NOT NULL GROUP BY 1 ORDER BY 1"
    assert read_rows(taken) == [
        ("2026-11-24", 7),
        ("2026-11-25", 5),
    ]


def test_what_brevo_refused_takes_no_place_of_the_day(
    fake_brevo: FakeBrevo, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_settings(monkeypatch, BREVO_DAILY_QUOTA="1")
    bad = queue("welcome", "cus_0")
    change("UPDATE message SET recipient = 'nowhere' WHERE id = :id", id=bad)
    clock.shift(timedelta(seconds=5))
    queue("welcome", "cus_1")
    pump()
    assert read_rows(STATES) == [("cus_0", "dead", "invalid_parameter"), ("cus_1", "sent", None)]


def test_a_link_that_is_over_does_not_wait_for_brevo(fake_brevo: FakeBrevo, clock: Clock, run_jobs: RunJobs) -> None:
    close_key(fake_brevo)
    queue("order_confirmation", "order_1")
    pump()
    message_id = queue("password_reset", "reset_1")
    change("UPDATE message SET expires_at = :at WHERE id = :id", at=NOON + timedelta(minutes=15), id=message_id)
    clock.shift(timedelta(minutes=16))
    pump()
    assert read_rows("SELECT state, error_code, secret FROM message WHERE id = :id", id=message_id) == [
        ("dead", "expired", None)
    ]


def test_a_mail_without_a_secret_has_none(fake_brevo: FakeBrevo, clock: Clock) -> None:
    """JSON's null looked like a secret to whoever counts them."""
    queue("welcome", "cus_1")
    queue("password_reset", "reset_1")
    assert read_rows("SELECT object_id FROM message WHERE secret IS NOT NULL") == [("reset_1",)]
