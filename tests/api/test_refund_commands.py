"""`comptoir orders`, `refunds`, `returns`: the money of an order on the server, typed in cents."""

import os
import signal
from threading import Thread

import pytest

from app.core.db import unit_of_work
from app.payments.queries import get_payment
from app.refunds.service import record_intention
from tests.command import Done, run_command
from tests.factories.catalogue import make_product
from tests.factories.orders import make_order
from tests.factories.shipping import make_shipping_option
from tests.factories.shop import make_shop
from tests.money_back import DELIVERY, EMAIL, MONEY, PAID, PIECE, Paid, ask_back, buy
from tests.rows import row
from tests.shop_front import Buyer, FakeStripe, Json, read_rows, read_state
from tests.waiting import wait_until


@pytest.fixture
def paid(buyer: Buyer, fake_stripe: FakeStripe) -> Paid:
    return buy(buyer, fake_stripe)


def answer_of(done: Done) -> Json:
    """What a command answered with `--json`."""
    assert isinstance(done.answer, dict), done.out
    return done.answer


def only_of(done: Done) -> Json:
    """The one thing that a command listed."""
    assert isinstance(done.answer, list), done.out
    (only,) = done.answer
    assert isinstance(only, dict)
    return only


def number_of(paid: Paid) -> str:
    """The order's number, as a person types it."""
    ((number,),) = read_rows('SELECT display_id FROM "order" WHERE id = :id', id=paid.order_id)
    return str(number)


@row("S0-091")
def test_cents_are_shown_and_asked_before_they_leave(
    paid: Paid, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    asked = ("orders", "refund", number_of(paid), "--amount", "1250", "--reason", "goodwill", "--note", "Retard")
    before = read_state()
    for refused in ("n\n", "\n", "ok\n", ""):
        no = run_command(*asked, typed=refused)
        assert (no.code, read_state(), fake_stripe.calls("refunds.create")) == (1, before, []), refused
        assert ("rembourser 1250 = 12,50\xa0€" in no.out, "rien n'a été fait" in no.err) == (True, True)
    yes = run_command(*asked, typed="Oui\n")
    assert (yes.code, "L'argent est parti" in yes.out) == (0, True)
    assert read_rows(MONEY) == [(1250, 1250)]
    assert read_rows("SELECT actor LIKE 'cli:%' FROM audit_log WHERE action = 'refund.requested'") == [(True,)]
    assert run_command(*asked, "--json").code == 2, "nobody can be asked"


def test_whoever_stops_waiting_for_stripe_reads_that_the_money_will_leave(
    paid: Paid, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C after the promise ended without a word, as if nothing had been done; the worker paid all the same."""
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    fake_stripe.break_down("refunds.create", "hang", times=1, seconds=1)

    def stop_when_asked() -> None:
        wait_until(lambda: bool(fake_stripe.calls("refunds.create")), 10, "the call is made")
        os.kill(os.getpid(), signal.SIGINT)

    impatient = Thread(target=stop_when_asked)
    impatient.start()
    done = run_command("orders", "refund", number_of(paid), "--reason", "not_shipped", "--yes")
    impatient.join()
    assert (done.code, "requested" in done.out, "Ne le refaites pas" in done.out) == (0, True, True), done
    waiting = "SELECT args->>'refund_id' FROM procrastinate_jobs WHERE status = 'todo' AND args ? 'refund_id'"
    assert read_rows(waiting) == read_rows("SELECT id FROM refund")


def test_a_refusal_is_one_sentence_and_changes_nothing(paid: Paid, fake_stripe: FakeStripe) -> None:
    number, before = number_of(paid), read_state()
    for arguments, code in (
        ((number,), "refund_without_ground"),
        ((number, "--amount", str(PAID + 1), "--reason", "not_shipped"), "refund_above_capture"),
        ((number, "--reason", "goodwill"), "refund_needs_note"),
        ((number, "--return", "return_none"), "return_not_found"),
        ((number, "--payment", "pay_none", "--reason", "not_shipped"), "payment_to_choose"),
        (("order_none", "--reason", "not_shipped"), "order_not_found"),
    ):
        done = run_command("orders", "refund", *arguments, "--yes", "--json")
        assert (done.code, answer_of(done)["code"]) == (1, code)
    assert run_command("orders", "refund", number, "--reason", "because", "--yes").code == 2
    assert (read_state(), fake_stripe.calls("refunds.create")) == (before, [])


@row("S0-089", "S0-090", "S0-091", "S0-093", "S0-094")
def test_a_whole_return_from_the_counter(paid: Paid, fake_stripe: FakeStripe) -> None:
    """Asked for, sent with proof, received with one piece spoilt, refunded, and the customer told."""
    return_id = ask_back(paid, 2)
    listed = only_of(run_command("returns", "list", "--status", "requested", "--json"))
    assert (listed["id"], listed["status"]) == (return_id, "requested")
    sent = answer_of(run_command("returns", "dispatch", return_id, "--proof", "8R00000000000", "--json"))
    assert (sent["status"], sent["proof_of_dispatch"]) == ("in_transit", "8R00000000000")
    assert isinstance(sent["lines"], list)
    item = f"{sent['lines'][0]['id']}=1,1"
    received = answer_of(run_command("returns", "receive", return_id, "--item", item, "--json"))
    assert received["status"] == "received"
    again = run_command("returns", "receive", return_id, "--json")
    assert (again.code, answer_of(again)["code"]) == (1, "return_is_over")
    assert run_command("returns", "receive", return_id, "--item", "x=y").code == 2
    refunded = run_command("orders", "refund", number_of(paid), "--return", return_id, "--yes", "--json")
    assert (refunded.code, answer_of(refunded)["amount_cents"]) == (0, 2 * PIECE + DELIVERY)
    pieces = "SELECT return_requested_quantity, return_received_quantity, return_dismissed_quantity FROM order_line"
    assert read_rows(pieces) == [(0, 1, 1)]
    assert read_rows("SELECT recipient FROM message WHERE template = 'refund_sent'") == [(EMAIL,)]
    fake_stripe.wait_until_delivered()
    shown = answer_of(run_command("orders", "show", paid.order_id, "--json"))
    assert (shown["standing"], shown["total_cents"]) == ("refunded", PAID)
    events = shown["events"]
    assert isinstance(events, list)
    assert {"payment_intent.succeeded", "charge.refunded", "refund.created"} <= {each["type"] for each in events}
    text = run_command("orders", "show", number_of(paid)).out
    assert return_id in text
    assert EMAIL not in text


def test_an_intention_is_approved_or_set_aside(paid: Paid) -> None:
    for verb, status, left in (("decline", "canceled", 0), ("approve", "succeeded", PAID)):
        with unit_of_work("test") as session:
            record_intention(session, get_payment(session, paid.payment_id), "not_shipped")
        waiting = str(only_of(run_command("refunds", "list", "--status", "awaiting_approval", "--json"))["id"])
        done = run_command("refunds", verb, waiting, "--json")
        assert (done.code, answer_of(done)["status"]) == (0, status)
        assert read_rows(MONEY) == [(left, left)]
    twice = run_command("refunds", "approve", waiting, "--json")
    assert (twice.code, answer_of(twice)["code"]) == (1, "refund_not_awaiting_approval")
    assert run_command("refunds", "approve", "ref_none", "--json").code == 1


def test_money_that_came_by_hand_goes_back_by_hand(environment: dict[str, str], fake_stripe: FakeStripe) -> None:
    """Whoever asks has given it back; before it came there is nothing to give."""
    with unit_of_work("test") as session:
        shop = make_shop(session)
        variant_id = make_product(session, shop.channel.id).variants[0].id
        there = make_shipping_option(session, shop.region.id)
        order = make_order(session, shop, (variant_id, 1), option_id=there.id, email=EMAIL)
    asked = ("orders", "refund", order.id, "--reason", "not_shipped", "--yes", "--json")
    early = run_command(*asked)
    assert (early.code, answer_of(early)["code"]) == (1, "payment_not_captured")
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql(
            "SELECT set_config('comptoir.actor', 'test', true), set_config('comptoir.request_id', 'test', true);"
            " UPDATE payment SET captured_at = now()"
        )
    done = run_command(*asked)
    assert (done.code, answer_of(done)["status"]) == (0, "succeeded")
    assert read_rows(MONEY) == [(PIECE + DELIVERY, PIECE + DELIVERY)]
    assert fake_stripe.calls("refunds.create") == []
    assert read_rows("SELECT count(*) FROM message WHERE template = 'refund_sent'") == [(1,)]
