"""News of Stripe that never arrived: listed there for a while, unknown here."""

import time

from tests.shop_front import Buyer, FakeStripe, Json
from tests.stripe_news import SUCCEEDED

# Old enough for the reconcile, which leaves what is younger than two minutes to the webhook.
OLD_SECONDS = 600


def put_event(stripe: FakeStripe, thing: Json, kind: str = SUCCEEDED, *, age: int = OLD_SECONDS, **over: object) -> str:
    """An event of some age in Stripe's list, whose delivery was lost; gives its id."""
    made = stripe.post("/_test/events", type=kind, object=thing, created=int(time.time()) - age, **over)
    return str(made["id"])


def lose_payment(buyer: Buyer, stripe: FakeStripe, quantity: int = 1, *, age: int = OLD_SECONDS) -> tuple[str, Json]:
    """A customer paid some time ago, closed the browser, and the webhook was lost; the event's id and the intent."""
    attempt = buyer.open_session(buyer.fill_cart(quantity))
    intent = stripe.pay(attempt.intent_id, deliver=False)
    return put_event(stripe, intent, age=age), intent
