"""What a person does about mails: try one again, let an address have mail again, ask for a test. Each is audited."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.errors import Refusal
from app.core.ids import new_id
from app.core.jobs import enqueue
from app.notifications import queries
from app.notifications.errors import AddressNotSuppressed
from app.notifications.models import MailSuppression
from app.notifications.rules import check_retry, compute_address_hash
from app.notifications.service import describe_shop, queue_mail

# Enough to tell two addresses apart in the audit log, too little to try addresses against.
SHOWN_OF_HASH = 12
# Who waits for a test looks now.
TEST_LIFE = timedelta(hours=1)


@dataclass(frozen=True)
class Retried:
    """How many mails leave again, and how many cannot: their link is over."""

    count: int
    left: int


def retry_message(session: Session, message_id: str) -> None:
    """Have a mail leave again that was given up; its day of attempts begins anew, and the gate lets it try.

    Raises `MailNotFound`, `MailNotWaiting`, `MailLinkForgotten`.
    """
    now = utc_now()
    let_one_try(session)
    message = queries.lock_message(session, message_id)
    check_retry(message.state, message.template, message.expires_at, now)
    record_audit(session, "mail.retried", message.id, {"state": message.state, "code": message.error_code})
    message.state, message.error_code, message.attempts = "queued", None, 0
    message.queued_at = message.next_attempt_at = now
    enqueue(session, "notifications.send", message_id=message.id, attempt=0)


def retry_dead(session: Session) -> Retried:
    """Have every mail leave again that was given up and still leads somewhere."""
    count = left = 0
    for message_id in queries.list_dead(session):
        try:
            retry_message(session, message_id)
            count += 1
        except Refusal:
            left += 1
    return Retried(count, left)


def let_one_try(session: Session) -> None:
    """A person asks: a closed gate lets the next mail try at once."""
    gate = queries.lock_gate(session)
    if gate.state != "open":
        gate.opens_at = utc_now()


def allow_address(session: Session, address: str) -> str:
    """Let mail reach this address again; why it did not. Raises `AddressNotSuppressed`."""
    address_hash = compute_address_hash(address)
    gone = delete(MailSuppression).where(MailSuppression.address_hash == address_hash)
    reason = session.scalars(gone.returning(MailSuppression.reason)).one_or_none()
    if reason is None:
        raise AddressNotSuppressed
    record_audit(session, "mail.address_allowed", f"address {address_hash[:SHOWN_OF_HASH]}", {"reason": reason})
    return reason


def queue_test(session: Session, address: str, locale: str) -> str:
    """Ask for a test mail to this address; the message's id."""
    asked_at = utc_now()
    test_id = new_id("mailtest")
    content = {**describe_shop(session), "asked_at": asked_at.isoformat()}
    queue_mail(session, "mail_test", test_id, address, locale, content, expires_at=asked_at + TEST_LIFE)
    let_one_try(session)
    return queries.get_message_id(session, "mail_test", test_id)
