"""What the shop's set-up asks of the mail provider; the end of an outage of Stripe."""

from app.core.jobs import job
from app.core.log import log_event
from app.core.settings import get_settings
from app.gateways.brevo import get_brevo
from app.ops.recover_checkout import recover_checkout


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


@job("ops.recover_checkout", attempts=1)
def recover() -> None:
    """Open the checkout again once Stripe answers; asked for every minute, and by the first call that gets through."""
    recover_checkout()
