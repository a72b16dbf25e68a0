"""Many carts that are being paid, copied from one, and what Stripe says of them: for proofs that need thousands.

The copies are made by the database itself, so that a proof measures what it is about and not the filling of carts.
"""

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from queue import Empty, SimpleQueue
from typing import cast
from urllib.parse import urlsplit

from app.dev.fake_stripe.delivery import sign
from app.payments.event_types import HANDLED_EVENT_TYPES
from tests.shop_front import WEBHOOK_SECRET, FakeStripe, Json
from tests.stripe_news import PATH

SUCCEEDED, FAILED, CANCELED = "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.canceled"
REFUNDED, DISPUTED = "refund.created", "charge.dispute.created"
IGNORED = ("invoice.paid", "customer.subscription.updated")
# Of twenty pieces of news: most are payments, some come to nothing, some are not for us.
MIXTURE = (*(SUCCEEDED,) * 14, *(FAILED,) * 3, CANCELED, *IGNORED)
# Triggers on money demand to know who writes.
SIGN = "SELECT set_config('comptoir.actor', 'test', true), set_config('comptoir.request_id', 'test', true)"
COPIES = """
INSERT INTO payment_collection (id, amount_cents, currency_code)
    SELECT 'pay_col_' || n, amount_cents, currency_code
    FROM payment_collection original, generate_series(FIRST, LAST) n WHERE original.id = 'COLLECTION';
INSERT INTO cart (id, region_id, currency_code, sales_channel_id, email, customer_id, shipping_address_id,
                  payment_collection_id)
    SELECT 'cart_' || n, region_id, currency_code, sales_channel_id, 'buyer-' || n || '@example.com', customer_id,
           shipping_address_id, 'pay_col_' || n
    FROM cart original, generate_series(FIRST, LAST) n WHERE original.id = 'CART';
INSERT INTO cart_line (id, cart_id, variant_id, position, quantity, unit_price_cents)
    SELECT 'cali_' || n, 'cart_' || n, variant_id, position, quantity, unit_price_cents
    FROM cart_line original, generate_series(FIRST, LAST) n WHERE original.cart_id = 'CART';
INSERT INTO cart_shipping_method (id, cart_id, shipping_option_id, name, amount_cents)
    SELECT 'casm_' || n, 'cart_' || n, shipping_option_id, name, amount_cents
    FROM cart_shipping_method original, generate_series(FIRST, LAST) n WHERE original.cart_id = 'CART';
INSERT INTO payment_session (id, payment_collection_id, provider_id, amount_cents, currency_code, payment_intent_id)
    SELECT 'payses_' || n, 'pay_col_' || n, 'pp_stripe_stripe', amount_cents, currency_code, 'pi_' || n
    FROM payment_collection original, generate_series(FIRST, LAST) n WHERE original.id = 'COLLECTION';
"""


@dataclass(frozen=True)
class Template:
    """The cart that is copied: filled, its collection opened at this total."""

    cart_id: str
    collection_id: str
    total_cents: int


def copy_statements(template: Template, first: int, last: int) -> list[str]:
    """What makes the carts `cart_FIRST` to `cart_LAST`, each with an attempt to pay of its own, `pi_N`."""
    text = COPIES.replace("CART'", f"{template.cart_id}'").replace("COLLECTION'", f"{template.collection_id}'")
    text = text.replace("FIRST", str(first)).replace("LAST", str(last))
    return [SIGN, *(statement for statement in text.strip().split(";\n") if statement.strip(" ;\n"))]


def make_news(template: Template, first: int, last: int) -> list[Json]:
    """One event about each of these attempts, mixed as in `MIXTURE`; Stripe has not told any of them yet."""
    return [_event(number, MIXTURE[number % len(MIXTURE)], template.total_cents) for number in range(first, last + 1)]


def make_later_news(news: Sequence[Json], count: int) -> list[Json]:
    """Of so many of those payments a euro went back by hand, or a bank wants it all: every other one."""
    paid = [event for event in news if event["type"] == SUCCEEDED][:count]
    return [
        _wrap(f"evt_later_{place}", (REFUNDED, DISPUTED)[place % 2], _of_payment(place, cast("Json", event["object"])))
        for place, event in enumerate(paid)
    ]


def count_applied(news: Sequence[Json]) -> int:
    """How many of them are for us."""
    return sum(event["type"] in HANDLED_EVENT_TYPES for event in news)


def list_at_stripe(stripe: FakeStripe, news: Sequence[Json], age: int = 0) -> list[bytes]:
    """Have Stripe know these events, so many seconds old, without bringing them; gives the bodies it would bring."""
    aged = [{**event, "created": _now() - age} for event in news]
    return [write_body(stripe.post("/_test/events", **event, deliver=False)) for event in aged]


def write_body(event: Json) -> bytes:
    """An event as Stripe writes it."""
    return json.dumps(event, indent=2).encode()


def render(event: Json) -> Json:
    """An event of `make_news` as Stripe's API gives it."""
    return {
        "id": event["id"],
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": event["created"],
        "data": {"object": event["object"]},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event["type"],
    }


def bring_all(url: str, bodies: Sequence[bytes], at_once: int) -> Counter[int]:
    """Deliver these, so many at a time and in this order; what was answered, counted."""
    waiting: SimpleQueue[bytes] = SimpleQueue()
    for body in bodies:
        waiting.put(body)

    def bring(_: int) -> Counter[int]:
        answered: Counter[int] = Counter()
        with closing(HTTPConnection(urlsplit(url).netloc, timeout=60)) as connection:
            while True:
                try:
                    body = waiting.get_nowait()
                except Empty:
                    return answered
                headers = {"Content-Type": "application/json", "Stripe-Signature": sign(body, [WEBHOOK_SECRET])}
                connection.request("POST", PATH, body, headers)
                answer = connection.getresponse()
                answer.read()
                answered[answer.status] += 1

    with ThreadPoolExecutor(at_once) as pool:
        return sum(pool.map(bring, range(at_once)), Counter())


def _event(number: int, kind: str, total_cents: int) -> Json:
    not_for_us: Json = {"id": f"in_{number}", "object": kind.split(".")[0]}
    thing = _intent(number, kind, total_cents) if kind in HANDLED_EVENT_TYPES else not_for_us
    return _wrap(f"evt_{number}", kind, thing)


def _wrap(event_id: str, kind: str, thing: Json) -> Json:
    return {"id": event_id, "type": kind, "object": thing, "created": _now()}


def _now() -> int:
    return int(datetime.now(UTC).timestamp())


def _of_payment(place: int, intent: Json) -> Json:
    common = {
        "payment_intent": intent["id"],
        "charge": intent["latest_charge"],
        "currency": intent["currency"],
        "created": _now(),
        "metadata": {},
    }
    if place % 2 == 0:
        return {**common, "id": f"re_{place}", "object": "refund", "amount": 100, "status": "succeeded"}
    open_dispute = {"object": "dispute", "status": "needs_response", "reason": "fraudulent"}
    return {**common, **open_dispute, "id": f"dp_{place}", "amount": intent["amount"]}


def _intent(number: int, kind: str, total_cents: int) -> Json:
    status = {SUCCEEDED: "succeeded", FAILED: "requires_payment_method", CANCELED: "canceled"}[kind]
    error = {"code": "card_declined", "decline_code": "generic_decline", "type": "card_error"}
    return {
        "id": f"pi_{number}",
        "object": "payment_intent",
        "status": status,
        "amount": total_cents,
        "amount_received": total_cents if kind == SUCCEEDED else 0,
        "currency": "eur",
        "created": _now(),
        "latest_charge": f"ch_{number}" if kind != CANCELED else None,
        "last_payment_error": error if kind == FAILED else None,
        "metadata": {"session_id": f"payses_{number}"},
    }
