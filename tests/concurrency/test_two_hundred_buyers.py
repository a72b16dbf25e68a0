"""Two hundred buyers of the last ten pieces, through HTTP: ten orders, 190 clear refusals, no 5xx.

The controls, without lock and constraint, are in test_last_pieces.py: they need no HTTP to oversell.
"""

from collections import Counter
from collections.abc import Callable

import httpx2
import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from tests.concurrency.buyers import run_together
from tests.shop_front import Buyer, FakeStripe, read_rows, read_state

BUYERS = 200
PIECES = 10  # what the shop of tests/shop_front.py has
MOST_TRIES = 20

# The same full cart once for each buyer, with what it owes: quicker than filling two hundred carts by hand.
COPIES = """
INSERT INTO payment_collection (id, amount_cents, currency_code)
    SELECT 'pay_col_' || n, amount_cents, currency_code FROM payment_collection, generate_series(1, :buyers) n
    WHERE payment_collection.id = :collection_id;
INSERT INTO cart (id, region_id, currency_code, sales_channel_id, email, customer_id, shipping_address_id,
                  payment_collection_id)
    SELECT 'cart_' || n, region_id, currency_code, sales_channel_id, email, customer_id, shipping_address_id,
           'pay_col_' || n FROM cart, generate_series(1, :buyers) n WHERE cart.id = :cart_id;
INSERT INTO cart_line (id, cart_id, variant_id, position, quantity, unit_price_cents)
    SELECT 'cali_' || n, 'cart_' || n, variant_id, position, quantity, unit_price_cents
    FROM cart_line, generate_series(1, :buyers) n WHERE cart_line.cart_id = :cart_id;
INSERT INTO cart_shipping_method (id, cart_id, shipping_option_id, name, amount_cents)
    SELECT 'casm_' || n, 'cart_' || n, shipping_option_id, name, amount_cents
    FROM cart_shipping_method, generate_series(1, :buyers) n WHERE cart_shipping_method.cart_id = :cart_id;
"""
MANUAL = """
INSERT INTO payment_session (id, payment_collection_id, provider_id, amount_cents, currency_code)
    SELECT 'payses_' || n, 'pay_col_' || n, 'pp_system_default', amount_cents, currency_code
    FROM payment_collection, generate_series(1, :buyers) n WHERE payment_collection.id = :collection_id
"""


@pytest.fixture
def crowd(buyer: Buyer) -> Buyer:
    """Two hundred carts of one piece each, ready to be paid: `cart_1` and so on."""
    cart_id = buyer.fill_cart(1)
    given = {"cart_id": cart_id, "collection_id": buyer.open_collection(cart_id), "buyers": BUYERS}
    with unit_of_work("test") as session:
        for statement in (*COPIES.strip().split(";\n"), MANUAL):
            session.execute(text(statement.rstrip(";")), given)
    return buyer


def in_a_word(answer: httpx2.Response) -> str:
    """What a buyer was told."""
    body = answer.json()
    return f"{answer.status_code} {body.get('code') or body.get('type') or 'session'}"


def insist(call: Callable[[], httpx2.Response], seen: Counter[str]) -> str:
    """Ask again as long as the answer is that one may (409); every answer on the way is counted."""
    for _ in range(MOST_TRIES):
        word = in_a_word(call())
        seen[word] += 1
        if not word.startswith("409"):
            return word
    return "never told"


def test_two_hundred_completions_of_the_last_ten_pieces(crowd: Buyer) -> None:
    seen: Counter[str] = Counter()
    answers = run_together(BUYERS, lambda number: insist(lambda: crowd.complete(f"cart_{number + 1}"), seen))
    assert answers == Counter({"200 order": PIECES, "400 insufficient_inventory": BUYERS - PIECES})
    assert not [word for word in seen if word.startswith("5")]
    state = read_state()
    assert (state["orders"], state["stock"], state["mails"], state["completed_carts"]) == (PIECES, 0, PIECES, PIECES)
    assert read_rows("SELECT sum(delta)::int FROM stock_movement") == [(0,)]
    numbers = [number for (number,) in read_rows('SELECT display_id FROM "order" ORDER BY display_id')]
    assert numbers == list(range(1, PIECES + 1))  # a refused one takes no number


def test_two_hundred_card_sessions_for_the_last_ten_pieces(crowd: Buyer, fake_stripe: FakeStripe) -> None:
    """Ten may pay, 190 are told before Stripe is asked for anything."""
    seen: Counter[str] = Counter()

    def ask(number: int) -> str:
        return insist(lambda: crowd.ask_for_session(f"pay_col_{number + 1}"), seen)

    answers = run_together(BUYERS, ask)
    assert answers == Counter({"200 session": PIECES, "400 insufficient_inventory": BUYERS - PIECES})
    assert not [word for word in seen if word.startswith("5")]
    assert len(fake_stripe.calls("payment_intents.create")) == PIECES
    assert read_rows("SELECT stocked_quantity, reserved_quantity FROM stock_level") == [(PIECES, PIECES)]
    winners = read_rows(
        "SELECT cart_id, payment_intent_id FROM stock_reservation"
        " JOIN cart ON cart.id = cart_id JOIN payment_session USING (payment_collection_id)"
        " WHERE payment_intent_id IS NOT NULL"
    )
    for cart_id, intent_id in winners:
        fake_stripe.pay(str(intent_id), deliver=False)
        assert in_a_word(crowd.complete(str(cart_id))) == "200 order"
    assert (len(winners), read_state()["orders"], read_state()["stock"]) == (PIECES, PIECES, 0)
    assert read_rows("SELECT stocked_quantity, reserved_quantity FROM stock_level") == [(0, 0)]
