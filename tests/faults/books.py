"""The books of the vendors beside ours: one list of what must hold whatever failed, asked of the database itself.

What Stripe and Brevo did is read from the fakes and laid beside our tables; each line of `MUST_NOT_BE` selects what
should not be there. `test_books.py` breaks every line once.
"""

import json
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

import httpx2
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import unit_of_work
from app.payments.event_types import HANDLED_EVENT_TYPES
from app.payments.verify_journal import verify_journal
from app.worker.schedule import SCHEDULE
from tests.processes import NO_AUTHORITIES
from tests.services import ENVIRONMENT
from tests.shop_front import FakeBrevo, FakeStripe, Json

# What the vendors did, as tables beside ours.
VENDORS = """
WITH paid AS (
    SELECT * FROM jsonb_to_recordset(CAST(:paid AS jsonb)) AS _(id text, amount int, currency text)
), given_back AS (
    SELECT * FROM jsonb_to_recordset(CAST(:given_back AS jsonb))
        AS _(id text, payment_intent text, amount int, status text, refund_id text)
), told AS (
    SELECT * FROM jsonb_to_recordset(CAST(:told AS jsonb)) AS _(id text, type text)
), mailed AS (
    SELECT * FROM jsonb_to_recordset(CAST(:mailed AS jsonb)) AS _(message_id text, template text, recipient text)
), captured AS (
    SELECT * FROM payment WHERE captured_at IS NOT NULL
), going_back AS (
    SELECT * FROM refund WHERE status NOT IN ('failed', 'canceled')
)
"""

JOURNAL = "journal that is not what the database wrote, or not what payments and refunds come to"
MUST_NOT_BE = {
    "money at Stripe without payment here": """
        SELECT id FROM paid WHERE NOT EXISTS (SELECT FROM captured WHERE payment_intent_id = paid.id
            AND amount_cents = paid.amount AND currency_code = paid.currency)""",
    "payment here without money at Stripe": """
        SELECT id FROM captured WHERE payment_intent_id IS NOT NULL
            AND payment_intent_id NOT IN (SELECT id FROM paid)""",
    "payment without order": """
        SELECT id FROM captured WHERE NOT EXISTS (
            SELECT FROM "order" WHERE payment_collection_id = captured.payment_collection_id)""",
    "order that does not know its money": """
        SELECT "order".id FROM "order" JOIN captured USING (payment_collection_id)
            WHERE paid_at IS NULL AND review_reason IS NULL""",
    "order paid without money": """
        SELECT id FROM "order" WHERE paid_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM captured WHERE payment_collection_id = "order".payment_collection_id)""",
    "order without goods whose money does not go back": """
        SELECT "order".id FROM "order" JOIN captured USING (payment_collection_id)
            WHERE review_reason = 'stock_gone'
            AND NOT EXISTS (SELECT FROM refund WHERE payment_id = captured.id)""",
    "money taken twice that does not go back": """
        SELECT payment_collection_id FROM captured GROUP BY payment_collection_id
            HAVING count(*) - 1 > count(*) FILTER (WHERE EXISTS (
                SELECT FROM going_back WHERE payment_id = captured.id AND reason = 'duplicate_payment'))""",
    "gap in the order numbers": """
        SELECT display_id FROM (SELECT display_id, row_number() OVER (ORDER BY display_id) AS place FROM "order") _
            WHERE display_id <> place""",
    "cart completed without order": """
        SELECT id FROM cart WHERE completed_at IS NOT NULL AND id NOT IN (SELECT cart_id FROM "order")""",
    "refund at Stripe that is not here": """
        SELECT id FROM given_back WHERE NOT EXISTS (
            SELECT FROM refund JOIN payment ON payment.id = payment_id
            WHERE stripe_refund_id = given_back.id AND refund.amount_cents = given_back.amount
            AND payment_intent_id = given_back.payment_intent)""",
    "refund here that is not at Stripe": """
        SELECT id FROM refund WHERE (stripe_refund_id IS NOT NULL OR status IN ('pending', 'succeeded'))
            AND (stripe_refund_id IS NULL OR stripe_refund_id NOT IN (SELECT id FROM given_back))""",
    "refund that Stripe has in another state": """
        SELECT refund.id FROM refund JOIN given_back ON given_back.id = stripe_refund_id
            WHERE refund.status <> given_back.status""",
    "refund made twice at Stripe": """
        SELECT refund_id FROM given_back WHERE refund_id IS NOT NULL GROUP BY refund_id HAVING count(*) > 1""",
    "refund left halfway": """
        SELECT id FROM refund WHERE status = 'requested'""",
    "committed cents that no refund explains": """
        SELECT id FROM payment WHERE refund_committed_cents <> (
            SELECT least(coalesce(sum(amount_cents), 0), payment.amount_cents) FROM going_back
            WHERE payment_id = payment.id)""",
    "refunded cents that are not Stripe's": """
        SELECT id FROM captured WHERE refunded_cents <> (
            SELECT least(coalesce(sum(amount), 0), captured.amount_cents) FROM given_back
            WHERE payment_intent = payment_intent_id AND status NOT IN ('failed', 'canceled'))""",
    "level that its movements do not explain": """
        SELECT variant_id FROM stock_level FULL JOIN (
            SELECT variant_id, sum(delta) AS moved FROM stock_movement GROUP BY variant_id) _ USING (variant_id)
            WHERE stocked_quantity IS DISTINCT FROM moved""",
    "sale that is not the order's": """
        SELECT order_id, reference FROM (
            SELECT order_id, variant_id, sum(quantity) AS ordered FROM order_line JOIN "order" ON "order".id = order_id
            WHERE review_reason IS NULL AND (paid_at IS NOT NULL OR NOT is_placed_unpaid)
            GROUP BY order_id, variant_id) bought
        FULL JOIN (
            SELECT reference, variant_id, -sum(delta) AS sold FROM stock_movement
            WHERE reason <> 'receipt' GROUP BY reference, variant_id) gone
        ON reference = order_id AND gone.variant_id = bought.variant_id WHERE ordered IS DISTINCT FROM sold""",
    "pieces promised to a cart that has its order": """
        SELECT cart_id FROM stock_reservation JOIN cart ON cart.id = cart_id
            WHERE completed_at IS NOT NULL AND EXISTS (
                SELECT FROM "order" WHERE "order".cart_id = cart.id AND paid_at IS NOT NULL)""",
    "paid order without its mail": """
        SELECT id FROM "order" WHERE paid_at IS NOT NULL AND review_reason IS NULL AND email IS NOT NULL
            AND 1 <> (SELECT count(*) FROM message WHERE template = 'order_confirmation' AND object_id = "order".id)""",
    "mail that is not at Brevo exactly once": """
        SELECT id FROM message WHERE state = 'sent'
            AND 1 <> (SELECT count(*) FROM mailed WHERE message_id = message.id AND recipient = message.recipient)""",
    "mail at Brevo that nobody wrote": """
        SELECT message_id FROM mailed WHERE message_id NOT IN (SELECT id FROM message WHERE state = 'sent')""",
    # The worker looks at the webhook by the clock: an alert of this very moment is still on its way.
    "mail that did not leave": """
        SELECT id FROM message WHERE state <> 'sent'
            AND NOT (template = 'money_alert' AND created_at > now() - interval '10 seconds')""",
    "event that Stripe told and the ledger lacks": """
        SELECT id FROM told WHERE id NOT IN (SELECT stripe_event_id FROM payment_event)""",
    "event that is not applied": """
        SELECT stripe_event_id, error_code FROM payment_event WHERE state NOT IN ('processed', 'ignored')""",
    "job that failed for good": """
        SELECT id, task_name FROM procrastinate_jobs WHERE status NOT IN ('todo', 'doing', 'succeeded')
            AND task_name <> ALL(string_to_array(:by_the_clock, ','))""",
}  # fmt: skip


@dataclass(frozen=True)
class Outside:
    """What the vendors have done so far."""

    paid: list[Json]
    given_back: list[Json]
    told: list[Json]
    mailed: list[Json]


def find_faults(stripe: FakeStripe, brevo: FakeBrevo) -> list[str]:
    """Each thing that should not be, under what it breaks; empty when every book agrees and the journal is sound."""
    outside = read_outside(stripe, brevo)
    with unit_of_work("test") as session:
        found = compare(session, outside)
    with unit_of_work("test") as session:
        verdict = verify_journal(session)
    journal = [] if verdict.is_sound else [f"{JOURNAL}: {verdict.broken} {verdict.differences}"]
    return sorted(f"{what}: {row}" for what, rows in found.items() for row in rows) + journal


def compare(session: Session, outside: Outside) -> dict[str, list[tuple[object, ...]]]:
    """What breaks each line that does not hold, as this transaction sees it."""
    given = {name: json.dumps(rows) for name, rows in vars(outside).items()}
    # Asked for again at the next round: that one of them died with its worker is nobody's concern.
    given["by_the_clock"] = ",".join(scheduled.job for scheduled in SCHEDULE)
    found = {what: session.execute(text(VENDORS + query), given).all() for what, query in MUST_NOT_BE.items()}
    return {what: [tuple(row) for row in rows] for what, rows in found.items() if rows}


def read_outside(stripe: FakeStripe, brevo: FakeBrevo) -> Outside:
    """Ask both fakes. What an event told stands beside what Stripe has: either may be without the other."""
    events = [event for event in list_all(stripe, "events") if not event["livemode"]]
    intents = [*_things(events, "payment_intent."), *list_all(stripe, "payment_intents")]
    refunds = [*_things(events, "refund."), *list_all(stripe, "refunds")]
    return Outside(
        paid=[_of_intent(each) for each in _newest(intents) if each["status"] == "succeeded"],
        given_back=[_of_refund(each) for each in _newest(refunds)],
        told=[{"id": each["id"], "type": each["type"]} for each in events if each["type"] in HANDLED_EVENT_TYPES],
        mailed=[_of_mail(mail) for mail in brevo.mails()],
    )


def list_all(stripe: FakeStripe, resource: str) -> list[Json]:
    """Everything of a kind that Stripe lists, oldest first."""
    found: list[Json] = []
    while True:
        after = {"starting_after": found[-1]["id"]} if found else {}
        page = ask_api(stripe, f"/v1/{resource}", limit=100, **after)
        data = page["data"]
        assert isinstance(data, list)
        found += data
        if not page["has_more"]:
            return found[::-1]


def ask_api(stripe: FakeStripe, path: str, **query: object) -> Json:
    """One read of Stripe's API, as the shop's owner could make it."""
    headers = {"Authorization": f"Bearer {ENVIRONMENT['STRIPE_SECRET_KEY']}"}
    answer = httpx2.get(f"{stripe.url}{path}?{urlencode(query)}", headers=headers, timeout=10, verify=NO_AUTHORITIES)
    assert answer.status_code == 200, answer.text
    read: Json = answer.json()
    return read


def _things(events: list[Json], kind: str) -> list[Json]:
    """The objects that such events told of, oldest first."""
    told = [cast("Json", event["data"])["object"] for event in events if str(event["type"]).startswith(kind)]
    return cast("list[Json]", told)


def _newest(things: list[Json]) -> list[Json]:
    """The last word on each of them."""
    return list({thing["id"]: thing for thing in things}.values())


def _of_intent(thing: Json) -> Json:
    return {"id": thing["id"], "amount": thing["amount_received"], "currency": thing["currency"]}


def _of_refund(thing: Json) -> Json:
    metadata = thing["metadata"]
    assert isinstance(metadata, dict)
    wanted = {name: thing[name] for name in ("id", "payment_intent", "amount", "status")}
    return {**wanted, "refund_id": metadata.get("refund_id")}


def _of_mail(mail: Json) -> Json:
    tags, people = mail["tags"], mail["to"]
    assert isinstance(tags, list)
    assert isinstance(people, list)
    return {"template": tags[0], "message_id": tags[1], "recipient": people[0]["email"]}
