"""What the shop's set-up asks of the mail provider; the end of an outage of Stripe; the journal, every night."""

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import job
from app.core.log import log_event
from app.core.settings import get_settings
from app.gateways.brevo import get_brevo
from app.ops import apply_retention as retention
from app.ops.recover_checkout import recover_checkout
from app.ops.rules import compute_sender_standing
from app.ops.sweep_files import delete_unused, sweep_store
from app.ops.watch_invoices import watch_invoices
from app.ops.watch_journal import watch_journal

# In Brevo's words for a subscription; its payloads have others (`notifications.record_event:KNOWN_EVENTS`).
MAIL_EVENTS = ("request", "delivered", "deferred", "softBounce", "hardBounce", "blocked", "invalid", "spam")
MAIL_WEBHOOK_PATH = "/brevo/webhook"


@job("ops.register_mail_webhook")
def register_mail_webhook() -> None:
    """Have Brevo tell us what becomes of mails, with the present token; it never says which one it has."""
    settings, brevo = get_settings(), get_brevo()
    url, token = f"{settings.public_url}{MAIL_WEBHOOK_PATH}", settings.brevo_webhook_token.get_secret_value()
    known = next((webhook for webhook in brevo.list_webhooks() if webhook.url == url), None)
    if known is None:
        brevo.create_webhook(url=url, events=MAIL_EVENTS, token=token)
    else:
        brevo.update_webhook(known.id, url=url, events=MAIL_EVENTS, token=token)
    log_event("mail webhook registered")


@job("ops.register_sender")
def register_sender() -> None:
    """Register the shop's address at Brevo unless it is known; Brevo then mails it a code to prove it is ours."""
    settings = get_settings()
    brevo = get_brevo()
    known = {sender.email.lower() for sender in brevo.list_senders()}
    if settings.brevo_sender_email.lower() in known:
        return
    brevo.create_sender(email=settings.brevo_sender_email, name=settings.brevo_sender_name)
    log_event("mail sender registered")


def read_sender_standing() -> str:
    """What Brevo says of the address we write from, for commands and the audit: `verified`, or what it is instead.

    Raises `VendorFailure`. Brevo takes a mail of another sender all the same, and then drops it.
    """
    active = {sender.email: sender.is_active for sender in get_brevo().list_senders()}
    return compute_sender_standing(active, get_settings().brevo_sender_email)


@job("ops.recover_checkout", attempts=1)
def recover() -> None:
    """Open the checkout again once Stripe answers; asked for every minute, and by the first call that gets through."""
    recover_checkout()


@job("ops.verify_journal")
def verify_journal() -> None:
    """Verify the payment journal every night; the shop is written to when it is broken."""
    watch_journal()


@job("ops.verify_invoices")
def verify_invoices() -> None:
    """Verify invoices and their series every night; the shop is written to when something is not right."""
    watch_invoices()


@job("ops.apply_retention")
def apply_retention() -> None:
    """Once a day: what was kept long enough is ended, by the one table of `app/ops/apply_retention.py`."""
    retention.apply_retention()


@job("ops.sweep_files")
def sweep_files() -> None:
    """Delete pictures that nothing has shown for a month, then what lies in the store and belongs to nothing."""
    now = utc_now()
    with unit_of_work() as session:
        deleted = delete_unused(session, now)
    strays = sweep_store(now)
    log_event("files swept", status=f"{deleted} unused, {strays} stray")
