"""What the webhook refuses."""

from app.core.errors import Refusal


class EventNotApplied(Exception):
    """A rule of ours refused the event's effect. Not a `Refusal`: Stripe is told 500 and brings the event again."""


class SignatureInvalid(Refusal):
    """Not signed by Stripe with a secret of ours, or too long ago."""

    code = "signature_invalid"
    default_message = "Stripe webhook signature verification failed"


class EventMalformed(Refusal):
    """Signed, but not an event as Stripe writes one."""

    code = "event_malformed"
    default_message = "The body is not a Stripe event"
