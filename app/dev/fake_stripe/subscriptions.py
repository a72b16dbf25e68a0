"""Subscriptions and their invoices, as far as their events go: nothing is asked of them by the API yet."""

from dataclasses import dataclass, field, replace

from starlette.routing import Route

from app.core.clock import utc_now
from app.dev.fake_stripe.arguments import merge_metadata
from app.dev.fake_stripe.control import control, int_or_none
from app.dev.fake_stripe.events import Events
from app.dev.fake_stripe.ids import new_id
from app.dev.fake_stripe.refused import Json, Refused, StateRefused, no_such
from app.dev.fake_stripe.subscription_object import Invoice, Subscription, render_invoice, render_subscription
from app.dev.journal import Journal

_DAY = 24 * 3600
_MONTH = 30 * _DAY
# Outcome of an invoice -> its event, and the status that the subscription takes.
_OUTCOMES = {
    "paid": ("invoice.paid", "active"),
    "payment_failed": ("invoice.payment_failed", "past_due"),
    "payment_action_required": ("invoice.payment_action_required", "past_due"),
}
_CHANGEABLE = ("price", "amount", "cancel_at_period_end", "status", "metadata")


@dataclass(frozen=True)
class _Change:
    """What a control did to a subscription: its event, and the fields that are different now."""

    event: str
    fields: Json = field(default_factory=dict)


class Subscriptions:
    """Does what a customer, a card and time do to a subscription."""

    def __init__(self, journal: Journal, events: Events) -> None:
        self._journal = journal
        self._events = events

    def controls(self) -> list[Route]:
        """A subscription's life."""
        subscription = "subscriptions/{id}"
        return [
            control("POST", "subscriptions", self._create),
            control("POST", f"{subscription}/update", self._update),
            control("POST", f"{subscription}/pause", lambda path, _: self._move(path, "trialing", "paused")),
            control("POST", f"{subscription}/resume", lambda path, _: self._move(path, "paused", "active")),
            control("POST", f"{subscription}/trial_will_end", self._warn),
            control("POST", f"{subscription}/cancel", self._cancel),
            control("POST", f"{subscription}/invoice", self._invoice),
        ]

    def find(self, subscription_id: str) -> Subscription:
        """That subscription, or Stripe's 404."""
        subscription = self._journal.find(Subscription, subscription_id)
        if subscription is None:
            raise no_such("subscription", subscription_id, "id")
        return subscription

    def _create(self, _path: dict[str, str], given: Json) -> object:
        """`customer`, `price`, `amount`, `currency`, `metadata`; `trial_days`: it begins as `trialing`."""
        now, trial_days = int(utc_now().timestamp()), int_or_none(given.get("trial_days")) or 0
        trial_end = now + trial_days * _DAY if trial_days else None
        subscription = Subscription(
            id=new_id("sub"),
            item=new_id("si", 14),
            customer=str(given.get("customer") or new_id("cus", 14)),
            price=str(given.get("price", "price_monthly")),
            amount=int_or_none(given.get("amount")) or 1900,
            currency=str(given.get("currency", "eur")),
            created=now,
            period_start=now,
            period_end=trial_end or now + _MONTH,
            trial_end=trial_end,
            status="trialing" if trial_end else "active",
            metadata=merge_metadata({}, given.get("metadata")),
        )
        self._journal.put(subscription)
        self._events.emit("customer.subscription.created", render_subscription(subscription))
        return render_subscription(subscription)

    def _update(self, path: dict[str, str], given: Json) -> object:
        """`price`, `amount`, `cancel_at_period_end`, `status`, `metadata`: whatever is to be different."""
        fields = {name: given[name] for name in _CHANGEABLE if name in given}
        if not fields:
            raise Refused(400, f"name one of {', '.join(_CHANGEABLE)}")
        return self._change(self._alive(path), _Change("updated", fields))

    def _move(self, path: dict[str, str], before: str, after: str) -> object:
        """A trial that ends without a card pauses; a card resumes it."""
        subscription = self._alive(path)
        if subscription.status != before:
            raise StateRefused(f"This subscription has a status of {subscription.status}, not {before}.")
        return self._change(subscription, _Change("paused" if after == "paused" else "resumed", {"status": after}))

    def _warn(self, path: dict[str, str], _given: Json) -> object:
        """Three days before the end of a trial."""
        subscription = self._alive(path)
        if subscription.status != "trialing":
            raise StateRefused("This subscription is not in its trial.")
        self._events.emit("customer.subscription.trial_will_end", render_subscription(subscription))
        return render_subscription(subscription)

    def _cancel(self, path: dict[str, str], _given: Json) -> object:
        """At once, and for good."""
        now = int(utc_now().timestamp())
        return self._change(self._alive(path), _Change("deleted", {"status": "canceled", "ended_at": now}))

    def _invoice(self, path: dict[str, str], given: Json) -> object:
        """`outcome`: `paid` (the next period begins), `payment_failed` or `payment_action_required`."""
        subscription, outcome = self._alive(path), str(given.get("outcome", "paid"))
        if outcome not in _OUTCOMES:
            raise Refused(400, f"outcome is one of {', '.join(_OUTCOMES)}", param="outcome")
        event, status = _OUTCOMES[outcome]
        invoice = self._bill(subscription, is_paid=outcome == "paid")
        fields: Json = {"status": status, "latest_invoice": invoice.id}
        if outcome == "paid":
            fields |= {"period_start": subscription.period_end, "period_end": subscription.period_end + _MONTH}
        self._events.emit(event, render_invoice(invoice, subscription))
        self._change(subscription, _Change("updated", fields))
        return render_invoice(invoice, subscription)

    def _bill(self, subscription: Subscription, *, is_paid: bool) -> Invoice:
        number = sum(each.subscription == subscription.id for each in self._journal.list_all(Invoice)) + 1
        invoice = Invoice(
            id=new_id("in"),
            line=new_id("il"),
            subscription=subscription.id,
            number=f"FAKE-{number:04d}",
            amount=subscription.amount,
            currency=subscription.currency,
            created=int(utc_now().timestamp()),
            period_start=subscription.period_end,
            period_end=subscription.period_end + _MONTH,
            is_paid=is_paid,
            payment_intent=new_id("pi"),
        )
        self._journal.put(invoice)
        return invoice

    def _alive(self, path: dict[str, str]) -> Subscription:
        subscription = self.find(path["id"])
        if subscription.status == "canceled":
            raise StateRefused("This subscription is canceled, which is final.")
        return subscription

    def _change(self, subscription: Subscription, change: _Change) -> Json:
        changed = replace(subscription, **change.fields)  # type: ignore[arg-type]
        self._journal.put(changed)
        before, after = render_subscription(subscription), render_subscription(changed)
        previous = {name: before[name] for name in before if before[name] != after[name]}
        self._events.emit(f"customer.subscription.{change.event}", after, previous)
        return after
