"""The Stripe events we act on: the dispatcher, the endpoint that `comptoir setup` creates and the audit read this."""

HANDLED_EVENT_TYPES = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
    }
)
