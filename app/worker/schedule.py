"""What runs by the clock. Cron in UTC, nothing between 01:00 and 03:00: those hours repeat or vanish in Paris."""

from dataclasses import dataclass

from app.core.jobs import JsonValue


@dataclass(frozen=True)
class Scheduled:
    """A job and when it is asked for: five cron fields, UTC."""

    job: str
    cron: str


SCHEDULE: tuple[Scheduled, ...] = (
    Scheduled("stripe_events.sweep", "* * * * *"),
    Scheduled("stripe_events.reconcile", "* * * * *"),
    Scheduled("stripe_events.watch", "* * * * *"),
    Scheduled("ops.recover_checkout", "* * * * *"),
    Scheduled("stock.release_expired", "* * * * *"),
    Scheduled("pricing.apply_scheduled", "* * * * *"),
    Scheduled("notifications.pump", "* * * * *"),
    Scheduled("notifications.watch", "*/10 * * * *"),
    Scheduled("notifications.compare", "47 4 * * *"),
    Scheduled("refunds.resume", "22 0,3-23 * * *"),
    Scheduled("refunds.watch_deadlines", "12 5 * * *"),
    Scheduled("returns.forget_asked", "14 5 * * *"),
    Scheduled("stripe_events.check_objects", "52 0,3-23 * * *"),
    Scheduled("invoices.issue_missing", "12 0,3-23 * * *"),
    Scheduled("carts.expire", "37 0,3-23 * * *"),
    Scheduled("checkout.cancel_unpaid", "47 0,3-23 * * *"),
    # What ends carts, bodies, sessions, mails, files and jobs in time: by the table of app/ops/apply_retention.py.
    Scheduled("ops.apply_retention", "7 4 * * *"),
    Scheduled("files.encode_waiting", "* * * * *"),
    Scheduled("ops.sweep_files", "12 4 * * *"),
    Scheduled("ops.verify_journal", "32 4 * * *"),
    Scheduled("ops.verify_invoices", "37 4 * * *"),
    Scheduled("stripe_events.report_drift", "42 5 * * *"),
)

# Asked for by each worker that starts, and once the database is back: what came meanwhile was not received.
AT_START: tuple[tuple[str, dict[str, JsonValue]], ...] = (("stripe_events.reconcile", {"is_asked": True}),)
