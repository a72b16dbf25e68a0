"""Decisions about mails: which leaves, what a failure means, what bounces say."""

from datetime import UTC, datetime, timedelta

import pytest

from app.notifications.rules import (
    KINDS,
    Bounces,
    Departure,
    Setback,
    compute_address_hash,
    compute_bounce_level,
    compute_mail_health,
    compute_next_day_start,
    compute_probe_time,
    compute_warning_count,
    compute_yesterday,
    decide_asking,
    decide_departure,
    decide_setback,
)
from app.notifications.schemas import CONTENTS
from tests.rows import row

NOW = datetime(2026, 7, 14, 21, 59, tzinfo=UTC)  # a minute to midnight in Paris
MIDNIGHT = NOW + timedelta(minutes=1)
SOON = NOW + timedelta(minutes=5)


def decide(template: str = "welcome", **over: object) -> Departure:
    given: dict[str, object] = {
        "kind": KINDS[template],
        "gate": "open",
        "gate_opens_at": SOON,
        "bounce_level": "ok",
        "used_today": 0,
        "quota": 300,
        "now": NOW,
        **over,
    }
    return decide_departure(**given)  # type: ignore[arg-type]


def test_every_template_has_its_kind_and_what_cannot_wait_leaves_first() -> None:
    assert set(KINDS) == set(CONTENTS)
    first = {template for template, kind in KINDS.items() if kind.priority == 1}
    assert first == {
        "order_confirmation", "password_reset", "refund_sent", "payment_failed", "mail_test", "withdrawal_link",
        "withdrawal_acknowledged",
    }  # fmt: skip
    assert {template for template, kind in KINDS.items() if not kind.is_essential} == {"welcome"}


@pytest.mark.parametrize("gate", ["limited", "down", "paused", "stopped"])
def test_a_closed_gate_holds_everything_until_one_may_try(gate: str) -> None:
    for template in KINDS:
        assert decide(template, gate=gate) == Departure(False, gate, SOON)
        assert decide(template, gate=gate, gate_opens_at=NOW).is_now


@row("S0-119")
def test_a_full_quota_and_many_bounces_hold_what_can_wait() -> None:
    assert decide(used_today=299).is_now
    assert decide(used_today=300) == Departure(False, "quota_reached", MIDNIGHT)
    assert decide(bounce_level="warning").is_now
    assert decide(bounce_level="critical") == Departure(False, "bounces", NOW + timedelta(minutes=15))
    for template in set(KINDS) - {"welcome"}:
        assert decide(template, used_today=900, bounce_level="critical").is_now


@pytest.mark.parametrize(
    ("code", "status", "wait", "failures", "expected"),
    [
        ("unauthorized", 401, None, 1, Setback(False, "stopped", MIDNIGHT)),
        ("permission_denied", 403, None, 9, Setback(False, "stopped", NOW + timedelta(minutes=15))),
        ("not_enough_credits", 402, None, 1, Setback(False, "paused", MIDNIGHT)),
        ("rate_limited", 429, 7, 1, Setback(False, "limited", NOW + timedelta(seconds=7))),
        ("rate_limited", 429, None, 5, Setback(False, "limited", MIDNIGHT)),
        ("unreachable", None, None, 1, Setback(False, "open")),
        ("no_answer", None, None, 2, Setback(True, "open")),
        ("vendor_error", 500, None, 2, Setback(True, "open")),
        ("vendor_error", 502, None, 3, Setback(True, "down", MIDNIGHT)),
        ("unreachable", None, None, 4, Setback(False, "down", NOW + timedelta(minutes=2))),
        ("malformed_answer", None, None, 90, Setback(True, "down", NOW + timedelta(minutes=15))),
    ],
)
def test_what_a_failure_says(code: str, status: int | None, wait: int | None, failures: int, expected: Setback) -> None:
    assert (
        decide_setback(code=code, http_status=status, retry_after_seconds=wait, failures=failures, now=NOW) == expected
    )


def test_a_probe_waits_one_two_five_then_fifteen_minutes() -> None:
    waits = [compute_probe_time(failures, NOW) - NOW for failures in range(1, 7)]
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 15, 15)]


def test_brevo_is_asked_once_it_has_forgotten_the_key() -> None:
    assert not decide_asking(None, NOW)
    assert not decide_asking(NOW - timedelta(minutes=24), NOW)
    assert decide_asking(NOW - timedelta(minutes=25), NOW)


@pytest.mark.parametrize(
    ("day", "week", "level"),
    [
        ((0, 0), (0, 0), "ok"),
        ((49, 49), (49, 49), "ok"),
        ((50, 1), (50, 1), "ok"),
        ((100, 3), (100, 3), "warning"),
        ((100, 5), (1000, 5), "warning"),
        ((100, 6), (1000, 6), "critical"),
        ((10, 10), (100, 10), "critical"),
    ],
)
def test_bounces_count_over_a_day_and_a_week(day: tuple[int, int], week: tuple[int, int], level: str) -> None:
    assert compute_bounce_level(Bounces(*day), Bounces(*week)) == level


@pytest.mark.parametrize(
    ("gate", "dead", "bounces", "used", "untold", "health"),
    [
        ("open", 0, "ok", 79, 0, "ok"),
        ("limited", 0, "ok", 0, 0, "ok"),
        ("open", 0, "ok", 0, 1, "webhook_silent"),
        ("open", 0, "ok", 80, 1, "quota_warning"),
        ("open", 0, "ok", 100, 1, "quota_reached"),
        ("open", 0, "warning", 100, 0, "bounces_warning"),
        ("open", 1, "critical", 0, 0, "dead_mails"),
        ("down", 1, "critical", 100, 1, "down"),
        ("stopped", 0, "ok", 0, 0, "stopped"),
    ],
)
def test_mail_is_as_well_as_its_gravest_fault(
    gate: str, dead: int, bounces: str, used: int, untold: int, health: str
) -> None:
    said = compute_mail_health(
        gate=gate, dead=dead, bounce_level=bounces, used_today=used, quota=100, untold_events=untold
    )
    assert said == health
    deaf = compute_mail_health(
        gate=gate, dead=dead, bounce_level=bounces, used_today=used, quota=100, untold_events=untold,
        is_contact_suppressed=True,
    )  # fmt: skip
    assert deaf == (health if health in ("stopped", "down", "paused") else "contact_suppressed")


def test_days_are_those_of_paris_in_summer_and_winter() -> None:
    assert compute_next_day_start(NOW) == MIDNIGHT
    assert compute_next_day_start(MIDNIGHT) == MIDNIGHT + timedelta(days=1)
    winter = datetime(2026, 12, 24, 22, 59, tzinfo=UTC)
    assert compute_next_day_start(winter) == winter + timedelta(minutes=1)
    assert compute_yesterday(MIDNIGHT).isoformat() == "2026-07-14"
    assert [compute_warning_count(quota) for quota in (1, 5, 300)] == [1, 4, 240]


def test_an_address_is_known_however_it_is_written_and_is_not_in_its_hash() -> None:
    known = compute_address_hash("jeanne@example.com")
    assert compute_address_hash("  Jeanne@Example.COM\n") == known
    assert compute_address_hash("jeann@example.com") != known
    assert (len(known), "jeanne" in known) == (64, False)
