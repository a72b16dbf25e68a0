"""Many workers, one day's quota: so many mails that can wait leave as there are places, whoever comes first."""

from collections import Counter

import pytest

from app.core.db import unit_of_work
from app.notifications.send_message import claim_message
from tests.concurrency.buyers import run_together, without_row_locks
from tests.factories.mail import queue_sample
from tests.rows import row
from tests.shop_front import change_settings, read_rows

WORKERS = 8
QUOTA = 3
TAKEN = "SELECT count(*)::int FROM message WHERE quota_on IS NOT NULL"


@pytest.fixture
def waiting(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """More mails that can wait than the day takes."""
    change_settings(monkeypatch, BREVO_DAILY_QUOTA=str(QUOTA))
    return [queue_sample("welcome", f"cus_{number}") for number in range(WORKERS)]


def claim(message_id: str) -> str:
    """One worker's transaction before it calls Brevo."""
    with unit_of_work("test") as session:
        return "held" if claim_message(session, message_id) is None else "leaves"


@row("S0-119")
def test_so_many_leave_as_the_day_takes(waiting: list[str]) -> None:
    assert run_together(WORKERS, lambda number: claim(waiting[number])) == Counter(leaves=QUOTA, held=WORKERS - QUOTA)
    assert read_rows(TAKEN) == [(QUOTA,)]
    held = "SELECT count(*)::int FROM message WHERE error_code = 'quota_reached' AND next_attempt_at > now()"
    assert read_rows(held) == [(WORKERS - QUOTA,)]


def test_one_mail_takes_one_place_however_many_send_it(waiting: list[str]) -> None:
    assert run_together(WORKERS, lambda _number: claim(waiting[0])) == Counter(leaves=WORKERS)
    assert read_rows(TAKEN) == [(1,)]


def test_control_without_the_lock_all_of_them_leave(waiting: list[str]) -> None:
    with without_row_locks(WORKERS, at="FROM message"):
        answers = run_together(WORKERS, lambda number: claim(waiting[number]))
    assert answers["leaves"] > QUOTA
    assert read_rows(TAKEN) == [(answers["leaves"],)]
