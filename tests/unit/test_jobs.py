"""Waits between attempts, the schedule, the list of modules."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from croniter import croniter  # type: ignore[import-untyped]
from procrastinate.jobs import Job

from app.core.jobs import DEFAULT_ATTEMPTS, JobDefinition, job, list_jobs, wait_seconds
from app.gateways.errors import Retryable
from app.worker.modules import JOB_MODULES, import_job_modules
from app.worker.queue import GrowingWaits
from app.worker.schedule import SCHEDULE

APP = Path(__file__).parents[2] / "app"


def test_waits_grow_to_six_hours() -> None:
    assert [wait_seconds(attempt) for attempt in range(8)] == [5, 20, 80, 320, 1280, 5120, 20480, 21600]


def definition(attempts: int) -> JobDefinition:
    return JobDefinition("scratch.job", print, attempts, gives_up_on=(LookupError,))


def queued(attempts: int) -> Job:
    return Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="scratch.job", attempts=attempts)


@pytest.mark.parametrize(
    ("attempts_before", "failure", "is_retried"),
    [
        (0, ValueError(), True),
        (1, ValueError(), True),
        (2, ValueError(), False),
        (0, LookupError(), False),
        (0, KeyError(), False),
    ],
)
def test_a_job_is_tried_three_times_unless_it_is_hopeless(
    attempts_before: int, failure: Exception, is_retried: bool
) -> None:
    decision = GrowingWaits(definition(3)).get_retry_decision(exception=failure, job=queued(attempts_before))
    assert (decision is not None) == is_retried


def test_the_wait_is_that_of_the_attempt() -> None:
    decision = GrowingWaits(definition(DEFAULT_ATTEMPTS)).get_retry_decision(exception=ValueError(), job=queued(2))
    assert decision is not None
    assert decision.retry_at is not None
    assert timedelta(seconds=75) < decision.retry_at - datetime.now(UTC) <= timedelta(seconds=80)


def test_a_vendor_that_says_when_to_come_back_is_obeyed() -> None:
    busy = Retryable("stripe", "rate_limit", http_status=429, retry_after_seconds=600)
    decision = GrowingWaits(definition(3)).get_retry_decision(exception=busy, job=queued(0))
    assert decision is not None
    assert decision.retry_at is not None
    assert timedelta(seconds=595) < decision.retry_at - datetime.now(UTC) <= timedelta(seconds=600)


def test_two_jobs_cannot_share_a_name() -> None:
    import_job_modules()
    with pytest.raises(ValueError, match=r"worker\.prune_jobs"):
        job("worker.prune_jobs")(print)


def test_every_jobs_file_is_imported_by_the_worker() -> None:
    files = {f"app.{path.parent.name}.jobs" for path in APP.glob("*/jobs.py")} - {"app.core.jobs"}
    assert files == {module for module in JOB_MODULES if module.endswith(".jobs")}


def test_the_schedule_names_jobs_and_keeps_out_of_the_changing_hours() -> None:
    import_job_modules()
    names = {definition.name for definition in list_jobs()}
    for scheduled in SCHEDULE:
        assert scheduled.job in names
        assert len(scheduled.cron.split()) == 5
        hours = scheduled.cron.split()[1]
        if hours != "*":
            asked = croniter(scheduled.cron, datetime(2026, 3, 1, tzinfo=UTC))
            assert not {asked.get_next(datetime).hour for _ in range(50)} & {1, 2}
