"""The queue's own upkeep."""

from sqlalchemy import text

from app.core.db import unit_of_work
from app.core.jobs import job

KEEP_SUCCEEDED_DAYS = 7


@job("worker.prune_jobs")
def prune_jobs() -> None:
    """Forget jobs that succeeded days ago; failed ones stay until a person has looked at them."""
    with unit_of_work() as session:
        session.execute(
            text(
                "DELETE FROM procrastinate_jobs job WHERE status IN ('succeeded', 'cancelled') AND NOT EXISTS ("
                " SELECT FROM procrastinate_events event WHERE event.job_id = job.id"
                " AND event.at > now() - make_interval(days => :days))"
            ),
            {"days": KEEP_SUCCEEDED_DAYS},
        )
