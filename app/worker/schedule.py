"""What runs by the clock. Cron in UTC, nothing between 01:00 and 03:00: those hours repeat or vanish in Paris."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scheduled:
    """A job and when it is asked for: five cron fields, UTC."""

    job: str
    cron: str


SCHEDULE: tuple[Scheduled, ...] = (
    Scheduled("stripe_events.sweep", "* * * * *"),
    Scheduled("stock.release_expired", "* * * * *"),
    Scheduled("carts.expire", "37 0,3-23 * * *"),
    Scheduled("stripe_events.forget_bodies", "7 4 * * *"),
    Scheduled("customers.forget_expired", "27 4 * * *"),
    Scheduled("worker.prune_jobs", "17 4 * * *"),
)
