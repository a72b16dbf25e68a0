"""The Stripe events we act on: the dispatcher, the endpoint that `comptoir setup` creates and the audit read this.

Source: payments §2.1, without `customer.subscription.*` and `invoice.*`, which nothing here acts on yet: they are not
asked for, and one that comes all the same is recorded as ignored.
"""

# Of the events that `comptoir selftest payment` makes: none of Stripe's types, so each is recorded as ignored, once.
SELFTEST_EVENT_TYPE = "comptoir.selftest"
# A signature of that word: what comes with it is refused on purpose, and no event of Stripe.
SELFTEST_HEADER = "Comptoir-Selftest"
HANDLED_EVENT_TYPES = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "charge.refunded",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
        "payout.reconciliation_completed",
        "payout.failed",
    }
)
