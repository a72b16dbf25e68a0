"""The modules that register jobs: a jobs.py that is missing here would never run (a test compares)."""

import importlib

JOB_MODULES: tuple[str, ...] = (
    "app.carts.jobs",
    "app.checkout.jobs",
    "app.customers.jobs",
    "app.files.jobs",
    "app.imports.jobs",
    "app.invoices.jobs",
    "app.notifications.jobs",
    "app.ops.jobs",
    "app.payments.jobs",
    "app.pricing.jobs",
    "app.refunds.jobs",
    "app.returns.jobs",
    "app.stock.jobs",
    "app.stripe_events.jobs",
    "app.worker.housekeeping",
)


def import_job_modules() -> None:
    """Register every job of the product."""
    for name in JOB_MODULES:
        importlib.import_module(name)
