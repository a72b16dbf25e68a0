"""One order by link, from every side at once: one page, one payment, one sale, one mail.

The controls take the locks away, then the database's own limits too.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, event
from sqlalchemy.exc import IntegrityError

from app.checkout.open_order_page import open_order_page
from app.checkout.place_unpaid_order import place_unpaid_order
from app.checkout.rules import ReturnUrls
from app.core.db import get_engine, unit_of_work
from tests.concurrency.buyers import run_together, without_row_locks
from tests.order_link import Opened, ask_for_order, ask_for_page, open_page, place, read_reserved, show, turn
from tests.shop_front import Buyer, FakeStripe, Json, read_rows, read_state
from tests.stripe_news import deliver, event_about

PARTIES = 6
CREATE = "checkout.sessions.create"
OPEN = "SELECT count(*) FROM payment_session WHERE superseded_at IS NULL"
URLS = ReturnUrls("https://shop.example/merci", "https://shop.example/")
KINDS = ("checkout.session.completed", "payment_intent.succeeded")


def drop(**limits: tuple[str, ...]) -> None:
    """Take the database's own limits away, by table."""
    with unit_of_work("test") as session:
        for table, names in limits.items():
            for name in names:
                session.connection().exec_driver_sql(f'ALTER TABLE "{table}" DROP CONSTRAINT {name}')


def open_one(order_id: str) -> str:
    """One caller's answer in a word."""
    try:
        return open_order_page(order_id, URLS).checkout_session_id
    except IntegrityError:
        return "refused by the database"


def bring(buyer: Buyer, told: dict[str, Json]) -> list[int]:
    """Both events at the same moment."""
    with ThreadPoolExecutor(len(told)) as pool:
        answers = [
            pool.submit(deliver, buyer, event_about(thing, kind, id=f"evt_{number}"))
            for number, (kind, thing) in enumerate(told.items())
        ]
        return [answer.result().status_code for answer in answers]


def pay(stripe: FakeStripe, opened: Opened) -> dict[str, Json]:
    """What Stripe tells of a paid page, of the page and of its intent; the webhooks themselves are lost."""
    page = turn(stripe, opened.page_id, "pay", deliver=False)
    intent = stripe.read_object(f"payment_intents/{page['payment_intent']}")
    return dict(zip(KINDS, (page, intent), strict=True))


def read_effect() -> tuple[int, int, int, int]:
    """Payments, mails, pieces sold, pieces still promised."""
    state = read_state()
    ((sold,),) = read_rows("SELECT coalesce(-sum(delta), 0)::int FROM stock_movement WHERE reason = 'sale'")
    return state["payments"], state["mails"], int(str(sold)), read_reserved()


def test_a_cart_asked_for_at_once_is_one_order(buyer: Buyer) -> None:
    cart_id = buyer.fill_cart(2)
    answers = run_together(PARTIES, lambda _: str(ask_for_order(buyer, cart_id).json()["order"]["id"]))
    assert list(answers.values()) == [PARTIES]
    assert (read_state()["orders"], read_reserved()) == (1, 2)


def test_control_without_the_lock_the_database_refuses_the_second_order(buyer: Buyer) -> None:
    cart_id = buyer.fill_cart(2)

    def act(_number: int) -> str:
        try:
            return place_unpaid_order(cart_id).id
        except IntegrityError:
            return "refused by the database"

    with without_row_locks(2):
        answers = run_together(2, act)
    assert answers["refused by the database"] == 1
    assert (read_state()["orders"], read_reserved()) == (1, 2)


def test_a_link_clicked_at_once_opens_one_page(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    order_id = place(buyer, 2)
    answers = run_together(PARTIES, lambda _: str(ask_for_page(buyer, order_id).json()["checkout_session_id"]))
    assert list(answers.values()) == [PARTIES]
    assert len({call["idempotency_key"] for call in fake_stripe.calls(CREATE)}) == 1
    assert (read_rows(OPEN), read_reserved()) == ([(1,)], 2)


def test_control_without_locks_and_limits_a_link_opens_two_pages(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    order_id = place(buyer)
    drop(stock_reservation=("pk_stock_reservation",))
    with without_row_locks(2, at="stock_level"):
        answers = run_together(2, lambda _: open_one(order_id))
    assert len(answers) == 2
    assert len({call["idempotency_key"] for call in fake_stripe.calls(CREATE)}) == 2
    assert read_rows(OPEN) == [(2,)]


def test_a_page_and_its_intent_told_at_once_pay_once(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    opened = open_page(buyer, quantity=2)
    assert bring(buyer, pay(fake_stripe, opened)) == [200, 200]
    assert read_effect() == (1, 1, 2, 0)
    assert show(buyer, opened.order_id)["payment_status"] == "paid"
    assert read_rows("SELECT DISTINCT state, order_id FROM payment_event") == [("processed", opened.order_id)]


def test_a_page_that_is_told_between_two_looks_for_its_intent_hides_it_from_neither(
    buyer: Buyer, fake_stripe: FakeStripe
) -> None:
    """The intent is not recorded at the first look, and no more unrecorded at the second."""
    told = pay(fake_stripe, open_page(buyer))
    page, intent = (told[kind] for kind in KINDS)
    waiting = [event_about(page, KINDS[0], id="evt_of_the_page")]

    def tell_the_page(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if waiting and "payment_session.payment_intent_id IS NULL" in statement:
            assert deliver(buyer, waiting.pop()).status_code == 200

    event.listen(get_engine(), "before_cursor_execute", tell_the_page)
    try:
        assert deliver(buyer, event_about(intent, KINDS[1], id="evt_of_the_intent")).status_code == 200
    finally:
        event.remove(get_engine(), "before_cursor_execute", tell_the_page)
    assert waiting == []
    assert read_rows("SELECT DISTINCT state FROM payment_event") == [("processed",)]
    assert read_effect() == (1, 1, 1, 0)


def test_control_without_locks_and_limits_the_money_is_there_twice(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    opened = open_page(buyer, quantity=2)
    told = pay(fake_stripe, opened)
    drop(payment=("uq_payment_payment_session_id", "uq_payment_payment_intent_id"))
    with without_row_locks(2):
        assert bring(buyer, told) == [200, 200]
    assert read_effect()[0] == 2


def test_the_customer_s_return_and_the_webhook_at_once_pay_once(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    opened = open_page(buyer)
    told = pay(fake_stripe, opened)

    def act(number: int) -> str:
        if number % 2:
            return str(buyer.http.post(f"/v1/orders/{opened.order_id}/refresh").json()["order"]["payment_status"])
        kind = KINDS[number // 2 % 2]
        return str(deliver(buyer, event_about(told[kind], kind, id=f"evt_{number}")).status_code)

    assert run_together(PARTIES, act) == Counter({"200": PARTIES // 2, "paid": PARTIES // 2})
    assert read_effect() == (1, 1, 1, 0)
