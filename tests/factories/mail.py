"""Mails of the outbox, and the time that they wait."""

from sqlalchemy import text

from app.core.db import unit_of_work
from app.core.jobs import list_jobs, run_job
from app.dev.mail_samples import SAMPLES
from app.notifications.service import queue_mail
from app.worker.modules import import_job_modules


def queue_sample(template: str, object_id: str, recipient: str = "jeanne@example.com", locale: str = "fr") -> str:
    """A mail as the product queues it, with its job; gives the message's id."""
    content = dict(SAMPLES[template])
    link = content.pop("link", None)
    with unit_of_work("test") as session:
        secret = {"link": link} if link is not None else None
        assert queue_mail(session, template, object_id, recipient, locale, content, secret=secret)
        wanted = text("SELECT id FROM message WHERE template = :template AND object_id = :object_id")
        return str(session.scalars(wanted, {"template": template, "object_id": object_id}).one())


def make_mail_due() -> None:
    """Every wait of a mail is over: its own, and that of the gate."""
    change("UPDATE message SET next_attempt_at = now() WHERE state = 'queued'")
    change("UPDATE mail_gate SET opens_at = now()")
    change("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE task_name = 'notifications.send'")


def change(statement: str, **values: object) -> None:
    """Something that only time or a failure would bring about."""
    with unit_of_work("test") as session:
        session.execute(text(statement), values)


def run_by_name(name: str) -> None:
    """What the clock would ask for."""
    import_job_modules()
    run_job(next(job for job in list_jobs() if job.name == name), {})
