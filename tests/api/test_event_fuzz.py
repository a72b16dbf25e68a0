"""Signed events that are not as they should be: each has its answer and its row, and nobody else's news suffers."""

import copy
import random
from collections.abc import Iterator

import pytest

from app.core.db import unit_of_work
from app.payments.event_types import HANDLED_EVENT_TYPES
from app.stripe_events.jobs import sweep
from tests.order_link import open_page
from tests.proofs import proof_size
from tests.rows import row
from tests.shop_front import Buyer, FakeStripe, Json, change_settings, read_rows
from tests.stripe_news import SUCCEEDED, deliver, event_about

SEED = 20261122
EACH = proof_size(5, 100)
# What may stand where something else is expected.
STRANGE: tuple[object, ...] = (
    None, True, -1, 10**30, 0.5, "", "\x00", "\ud800", "x" * 70_000, [], [None], {}, {"id": {"id": []}}, "pi_1", "eur",
)  # fmt: skip


def places(thing: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where something stands in an object, to its depth."""
    inside = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    for key, value in inside:
        yield (*path, key)
        yield from places(value, (*path, key))


def spoil(thing: Json, dice: random.Random) -> Json:
    """The same object with one to three places gone, or holding what nobody expects there."""
    spoiled = copy.deepcopy(thing)
    for _ in range(dice.randint(1, 3)):
        *way, last = dice.choice(list(places(spoiled)))
        holder: object = spoiled
        for key in way:
            holder = holder[key]  # type: ignore[index]
        if dice.random() < 0.3:
            del holder[last]  # type: ignore[attr-defined]
        else:
            holder[last] = copy.deepcopy(dice.choice(STRANGE))  # type: ignore[index]
        if not spoiled:
            return spoiled
    return spoiled


def real_things(buyer: Buyer, stripe: FakeStripe) -> dict[str, Json]:
    """One object of each kind that events are about, as Stripe has it, all of one purchase that is known here."""
    intent_id = buyer.open_session(buyer.fill_cart()).intent_id
    stripe.pay(intent_id)
    page = stripe.post(f"/_test/checkout_sessions/{open_page(buyer).page_id}/pay", deliver=False)
    refund = stripe.post("/_test/refunds", payment_intent=intent_id, amount=1000, deliver=False)
    dispute = stripe.post("/_test/disputes", payment_intent=intent_id, amount=500, deliver=False)
    payout = stripe.post("/_test/payouts", deliver=False)
    stripe.wait_until_delivered()
    intent = stripe.read_object(f"payment_intents/{intent_id}")
    charge = stripe.read_object(f"charges/{intent['latest_charge']}")
    return {
        "payment_intent": intent, "checkout.session": page, "charge": charge, "refund": refund,
        "charge.dispute": dispute, "payout": payout,
    }  # fmt: skip


@row("S4-023")
def test_no_event_stops_the_next_one(buyer: Buyer, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch) -> None:
    change_settings(monkeypatch, RATE_LIMIT_WEBHOOK_MAX="100000")
    things, dice = real_things(buyer, fake_stripe), random.Random(SEED)  # noqa: S311 - repeatable, not secret
    late = buyer.open_session(buyer.fill_cart()).intent_id
    before = read_rows('SELECT count(*) FROM "order"')
    answers: dict[str, int] = {}
    for kind in sorted(HANDLED_EVENT_TYPES):
        about = kind if kind in things else kind.rpartition(".")[0]
        for number in range(EACH):
            event = event_about(spoil(things[about], dice), kind, id=f"evt_{kind.replace('.', '_')}_{number}")
            answers[str(event["id"])] = deliver(buyer, event).status_code
    assert set(answers.values()) == {200, 500}, "nothing else, and the dice spoiled something that matters"
    states = {str(name): state for name, state in read_rows("SELECT stripe_event_id, state FROM payment_event")}
    assert {name for name, status in answers.items() if (states[name] == "failed") != (status == 500)} == set()
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("UPDATE payment_event SET next_try_at = now() WHERE state = 'failed'")
    sweep()
    assert deliver(buyer, event_about(fake_stripe.pay(late, deliver=False), SUCCEEDED)).status_code == 200
    assert read_rows('SELECT count(*) FROM "order"') == [(int(str(before[0][0])) + 1,)]
