"""Each judge of the audit can say no, and silence is never a pass."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.ops.checks import CHECKS
from app.ops.checks.model import PRELUDE, Check
from app.ops.rules import (
    Judge,
    ProbeResult,
    Status,
    at_least,
    at_most,
    decide_verdict,
    each_line_is,
    equals,
    matches,
    same_lines,
)


@pytest.mark.parametrize(
    ("judge", "kept", "broken"),
    [
        (equals("PONG"), "PONG\n", "PONG PONG"),
        (matches("30[18]"), "301", "3011"),
        (at_least(21), "21", "20.9"),
        (at_most(85), "85\n", "86"),
        (each_line_is("active"), "active\nactive\n", "active\ninactive\n"),
        (same_lines(), "v1\nv1\nv1", "v1\nv2\nv1"),
    ],
)
def test_judge_tells_kept_from_broken(judge: Judge, kept: str, broken: str) -> None:
    assert decide_verdict(judge, ProbeResult(0, kept, "")).status is Status.OK
    assert decide_verdict(judge, ProbeResult(0, broken, "")).status is Status.FAILED


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_silence_is_never_a_pass(check: Check) -> None:
    for result in (ProbeResult(0, "", ""), ProbeResult(0, "\n", ""), ProbeResult(127, "", "sh: not found")):
        assert decide_verdict(check.judge, result).status is Status.FAILED


def test_not_applicable_is_said_with_its_reason() -> None:
    verdict = decide_verdict(equals("yes"), ProbeResult(0, "not-applicable: the clock belongs to the host\n", ""))
    assert verdict.status is Status.NOT_APPLICABLE
    assert verdict.value == "the clock belongs to the host"


def test_a_probe_that_failed_shows_why() -> None:
    verdict = decide_verdict(equals("x"), ProbeResult(2, "", "psql: could not connect\n"))
    assert verdict.value == "exit 2: psql: could not connect"


@pytest.mark.parametrize(
    ("hours", "status"), [(None, Status.OK), (-1, Status.OK), (24, Status.OK), (50, Status.FAILED)]
)
def test_two_webhook_secrets_are_accepted_together_for_two_days_at_most(
    tmp_path: Path, hours: int | None, status: Status
) -> None:
    until = datetime.now(UTC) + timedelta(hours=hours or 0)
    settings = "" if hours is None else f"STRIPE_WEBHOOK_SECRET_PREVIOUS_UNTIL={until.isoformat()}\n"
    assert judge_settings("secrets.rotation", tmp_path, settings) is status


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ("", Status.OK),
        ("RATE_LIMIT_WEBHOOK_MAX=100\n", Status.OK),
        ("RATE_LIMIT_WEBHOOK_MAX=7\nRATE_LIMIT_WEBHOOK_REASON=\n", Status.OK),
        ("RATE_LIMIT_WEBHOOK_MAX=101\n", Status.FAILED),
        ("RATE_LIMIT_WEBHOOK_MAX=600\nRATE_LIMIT_WEBHOOK_REASON= \n", Status.FAILED),
        ("RATE_LIMIT_WEBHOOK_MAX=600\nRATE_LIMIT_WEBHOOK_REASON=replay of a night\n", Status.OK),
        ("RATE_LIMIT_WEBHOOK_MAX=0\nRATE_LIMIT_WEBHOOK_REASON=none\n", Status.FAILED),
    ],
)
def test_the_webhooks_limit_is_a_hundred_or_has_its_reason(tmp_path: Path, settings: str, status: Status) -> None:
    assert judge_settings("limits.webhook", tmp_path, settings) is status


def judge_settings(check_id: str, folder: Path, settings: str) -> Status:
    """What a check that reads the settings alone says of these, as on a host."""
    (check,) = [check for check in CHECKS if check.id == check_id]
    (folder / "env").write_text(settings)
    script = (PRELUDE + check.probe).replace("/etc/comptoir/env", str(folder / "env"))
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    return decide_verdict(check.judge, ProbeResult(done.returncode, done.stdout, done.stderr)).status


def test_check_ids_are_unique_and_every_check_says_what_to_do() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS) >= 30
    assert all(check.promise and check.fix for check in CHECKS)
