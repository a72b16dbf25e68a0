"""How long everything is kept, in one table, and by whom it is ended (runbook C-28, french-rules §3.2).

One job a day asks for what ends the rest, by name; what is past its time all the same is counted here for the audit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import enqueue_once
from app.core.words import Words

YEAR = timedelta(days=366)
# What the daily job has not come to yet is not late.
GRACE = timedelta(days=2)


@dataclass(frozen=True)
class Rule:
    """One kind of thing: how long it is kept, why so, what ends it.

    `overdue` counts, as SQL with `:before`, what is older. `job` None: the host, or a person after reading this table.
    """

    id: str
    what: Words
    keeps: timedelta
    source: str
    job: str | None = None
    overdue: str | None = None


@dataclass(frozen=True)
class Standing:
    """A rule and how much is older than it allows; None where this database does not hold it."""

    rule: Rule
    overdue: int | None


RULES: tuple[Rule, ...] = (
    Rule(
        "logs",
        Words("journaux du serveur (logrotate)", "the server's logs (logrotate)"),
        timedelta(days=30),
        "C-28, S3-023",
    ),
    Rule(
        "backups",
        Words("sauvegardes (rôle backups)", "backups (role backups)"),
        timedelta(days=7),
        "C-28, S0-124",
    ),
    Rule(
        "carts",
        Words("paniers abandonnés", "carts that nobody bought"),
        timedelta(days=7),
        "C-28, S0-017",
        "carts.expire",
        "SELECT count(*) FROM cart WHERE completed_at IS NULL AND expires_at < :before + interval '7 days'",
    ),
    Rule(
        "event_bodies",
        Words("contenu des événements de Stripe (leur empreinte reste)", "bodies of Stripe's events (a hash stays)"),
        timedelta(days=30),
        "design §4.7; C-28 says 90, the shorter one holds",
        "stripe_events.forget_bodies",
        "SELECT count(*) FROM payment_event WHERE body IS NOT NULL AND received_at < :before",
    ),
    Rule(
        "sessions",
        Words("connexions terminées, demandes de mot de passe", "sessions that are over, password requests"),
        timedelta(days=1),
        "french-rules §3.2",
        "customers.forget_expired",
        "SELECT (SELECT count(*) FROM auth_session WHERE expires_at < :before)"
        " + (SELECT count(*) FROM password_reset WHERE created_at < :before)",
    ),
    Rule(
        "unfinished_accounts",
        Words("inscriptions jamais finies", "sign-ups that nobody finished"),
        timedelta(days=7),
        "french-rules §3.2",
        "customers.forget_expired",
        "SELECT count(*) FROM auth_identity WHERE customer_id IS NULL AND updated_at < :before",
    ),
    Rule(
        "mails",
        Words("contenu et adresse des e-mails envoyés", "contents and addresses of mails"),
        YEAR,
        "choice: docs/decisions/0034",
        "notifications.forget_contents",
        "SELECT count(*) FROM message WHERE recipient <> '' AND state <> 'queued'"
        " AND template <> 'order_confirmation' AND created_at < :before",
    ),
    Rule(
        "confirmations",
        Words("confirmations de commande (contrat électronique)", "confirmations of orders (electronic contract)"),
        10 * YEAR,
        "french-rules §2.4 [S28]",
        "notifications.forget_contents",
        "SELECT count(*) FROM message WHERE recipient <> '' AND state <> 'queued'"
        " AND template = 'order_confirmation' AND created_at < :before",
    ),
    Rule(
        "csv_files",
        Words("fichiers importés et exportés", "imported and exported files"),
        timedelta(days=7),
        "docs/decisions/0029",
        "imports.forget",
        "SELECT count(*) FROM csv_run WHERE created_at < :before",
    ),
    Rule(
        "jobs",
        Words("tâches de fond réussies", "jobs that succeeded"),
        timedelta(days=7),
        "choice: docs/decisions/0034",
        "worker.prune_jobs",
        "SELECT count(*) FROM procrastinate_jobs job WHERE status IN ('succeeded', 'cancelled') AND NOT EXISTS"
        " (SELECT FROM procrastinate_events event WHERE event.job_id = job.id AND event.at > :before)",
    ),
    Rule(
        "invoices",
        Words("factures et avoirs, jusqu'à dix ans après leur année", "invoices, for ten years after their year"),
        11 * YEAR,
        "code de commerce L123-22",
        None,
        "SELECT count(*) FROM invoice WHERE issued_at < :before",
    ),
    Rule(
        "payment_journal",
        Words("journal des paiements", "the payment journal"),
        11 * YEAR,
        "code de commerce L123-22",
        None,
        "SELECT count(*) FROM payment_journal WHERE written_at < :before",
    ),
    Rule(
        "inactive_customers",
        Words("clients sans contact : à prévenir, puis à effacer", "customers without contact: warn, then erase"),
        3 * YEAR,
        "french-rules §3.2 [S30b]",
        None,
        "SELECT count(*) FROM customer WHERE updated_at < :before AND NOT EXISTS"
        ' (SELECT FROM "order" WHERE customer_id = customer.id AND "order".created_at > :before)',
    ),
)


def list_standings(session: Session, now: datetime, grace: timedelta = timedelta(0)) -> Sequence[Standing]:
    """Each rule, and how much is past its time (and past `grace`)."""
    return [Standing(rule, _count(session, rule, now - rule.keeps - grace)) for rule in RULES]


def _count(session: Session, rule: Rule, before: datetime) -> int | None:
    if rule.overdue is None:
        return None
    return int(session.execute(text(rule.overdue), {"before": before}).scalar_one())


def apply_retention() -> Sequence[Standing]:
    """Have everything ended that is past its time, and write down how much that was. No transaction is open."""
    with unit_of_work() as session:
        standings = list_standings(session, utc_now())
        for name in sorted({rule.job for rule in RULES if rule.job is not None}):
            enqueue_once(session, name, "retention")
        overdue = {each.rule.id: each.overdue for each in standings if each.overdue}
        record_audit(session, "retention.applied", "retention", overdue)
    return standings
