"""Where a withdrawal, a cancellation, a refund and an invoice meet: no money is forgotten, none is promised twice."""

from collections.abc import Mapping

from sqlalchemy import text

from app.core.db import unit_of_work
from app.fulfilment.rules import Packed
from app.fulfilment.service import Shipment, create_fulfilment, mark_shipped
from app.returns.exclude_product import exclude_product
from app.returns.receive_return import receive_return
from app.returns.rules import AskedLine, CameIn
from app.returns.service import NewReturn, Requester, create_return
from tests.api.judge import check_invariants
from tests.factories.catalogue import make_product
from tests.factories.shipping import make_shipping_option
from tests.money_back import DELIVERY, EMAIL, MONEY, PAID, PIECE, Paid, Staff, buy, hire, last_refund
from tests.shop_front import Buyer, FakeStripe, read_rows
from tests.sold import MANUAL, sell
from tests.withdrawals import ask_for_link, send_parcel

BOOK = 2_110
INTENTIONS = "SELECT status, reason, amount_cents FROM refund ORDER BY created_at, id"
ORDER = 'SELECT status, withdrawn_at IS NOT NULL, paid_at IS NOT NULL FROM "order"'
STOCK = "SELECT stocked_quantity FROM stock_level ORDER BY variant_id"


def buy_two(buyer: Buyer, owner: Staff, *, excluded: str | None = None) -> tuple[Paid, dict[str, str]]:
    """A pair of glasses at 20 % and a book at 5.5 %, paid by transfer; the lines by product."""
    with unit_of_work("test") as session:
        ((channel_id,),) = session.execute(text("SELECT id FROM sales_channel"))
        book = make_product(session, channel_id, handle="livre", title="Livre", price_cents=BOOK, tax_category="book")
        exclude_product(session, book.id, excluded)
        variant_id = book.variants[0].id
    cart_id = buyer.fill_cart(1, email=EMAIL)
    buyer.post(f"/store/carts/{cart_id}/line-items", variant_id=variant_id, quantity=1)
    buyer.ask_for_session(buyer.open_collection(cart_id), MANUAL)
    order_id = str(buyer.complete(cart_id).json()["order"]["id"])
    ((payment_id,),) = read_rows("SELECT id FROM payment")
    captured = owner.post(f"/payments/{payment_id}/capture")
    assert captured.status_code == 200, captured.text
    lines = {str(title): str(line_id) for title, line_id in read_rows("SELECT product_title, id FROM order_line")}
    return Paid(order_id, str(payment_id), "", lines["Aura"]), lines


def send(paid: Paid, pieces: Mapping[str, int]) -> None:
    """So many pieces of each line leave."""
    with unit_of_work("packer") as session:
        packed = [Packed(line_id, quantity) for line_id, quantity in pieces.items()]
        parcel = create_fulfilment(session, paid.order_id, packed)
        mark_shipped(session, paid.order_id, parcel.id, Shipment())


def test_money_that_comes_after_a_withdrawal_waits_to_go_back(buyer: Buyer) -> None:
    """A transfer that was on its way: the contract is over, so it buys nothing."""
    before = read_rows(STOCK)
    sold = sell(buyer, 2, is_paid=False)
    withdrawn = Paid(sold.order_id, sold.payment_id, "", sold.line_id)
    token = ask_for_link(withdrawn)
    assert buyer.post(f"/store/withdrawals/{token}/confirm").status_code == 200
    assert (read_rows(ORDER), read_rows(STOCK)) == ([("canceled", True, False)], before)
    sold.pay()
    assert read_rows(ORDER) == [("canceled", True, True)]
    assert read_rows(INTENTIONS) == [("awaiting_approval", "not_shipped", PAID)]
    assert read_rows(STOCK) == before
    check_invariants()


def test_what_was_refunded_as_not_shipped_is_not_promised_again_by_a_withdrawal(
    buyer: Buyer, fake_stripe: FakeStripe
) -> None:
    """One piece left, the other never will and its money is back: the withdrawal is about the first alone."""
    paid = buy(buyer, fake_stripe)
    send_parcel(paid, 1)
    owner = hire(buyer)
    last_refund(owner.refund(paid, amount=PIECE / 100, refund_reason_id="not_shipped"))
    declared = buyer.post(f"/store/withdrawals/{ask_for_link(paid)}/confirm").json()["withdrawal"]
    assert [line["quantity"] for line in declared["items"]] == [1]
    assert [each[1:] for each in read_rows(INTENTIONS)] == [("not_shipped", PIECE)]
    owner.post(f"/returns/{declared['return_id']}/dispatch", proof_of_dispatch="8R001")
    assert last_refund(owner.refund(paid, return_id=declared["return_id"]))["amount"] == (PIECE + DELIVERY) / 100
    assert read_rows(MONEY) == [(PAID, PAID)]


def test_all_the_money_of_a_canceled_order_waits_though_a_part_of_it_did_already(buyer: Buyer) -> None:
    """Withdrawn from in part, then given up by the shop: the rest must not stay behind a first intention."""
    owner = hire(buyer)
    paid, _ = buy_two(buyer, owner, excluded="made_to_order")
    total = PIECE + BOOK + DELIVERY
    assert buyer.post(f"/store/withdrawals/{ask_for_link(paid)}/confirm").status_code == 200
    assert read_rows(INTENTIONS) == [("awaiting_approval", "not_shipped", PIECE)]
    assert owner.post(f"/orders/{paid.order_id}/cancel").status_code == 200
    assert read_rows(MONEY) == [(total, 0)]
    waiting = read_rows("SELECT id FROM refund WHERE status = 'awaiting_approval'")
    for (refund_id,) in waiting:
        assert owner.post(f"/refunds/{refund_id}/approve").status_code == 200
    assert read_rows(MONEY) == [(total, total)]
    check_invariants()


def test_a_credit_note_is_about_what_came_in_not_about_what_was_announced(buyer: Buyer) -> None:
    """Glasses and a book were to come back, the book did: its rate and its name, no others."""
    owner = hire(buyer)
    paid, lines = buy_two(buyer, owner)
    send(paid, dict.fromkeys(lines.values(), 1))
    with unit_of_work("test") as session:
        way = make_shipping_option(session, buyer.goods.region_id, code="retour", amount_cents=390, is_return=True)
        new = NewReturn(paid.order_id, [AskedLine(line_id, 1) for line_id in lines.values()], way.id)
        made = create_return(session, new, Requester(email=EMAIL))
        by_line = {line.order_line_id: line.id for line in made.lines}
        return_id = made.id
    with unit_of_work("test") as session:
        receive_return(session, return_id, [CameIn(by_line[lines["Livre"]], 1)])
    assert last_refund(owner.refund(paid, return_id=return_id))["amount"] == BOOK / 100
    ((about, rates),) = read_rows(
        "SELECT document->>'about', document->'rates' FROM invoice WHERE kind = 'credit_note'"
    )
    assert "1 × Livre" in str(about)
    assert "Aura" not in str(about)
    assert [(each["rate"], each["total_cents"]) for each in rates] == [("5.50", BOOK)]  # type: ignore[attr-defined]


def test_an_excluded_piece_does_not_take_the_right_from_the_others(buyer: Buyer) -> None:
    """One request for both is refused with what to do; alone, the glasses are a withdrawal and the book is a wish."""
    owner = hire(buyer)
    paid, lines = buy_two(buyer, owner, excluded="unsealed_media")
    send(paid, dict.fromkeys(lines.values(), 1))
    with unit_of_work("test") as session:
        way = make_shipping_option(session, buyer.goods.region_id, code="retour", amount_cents=390, is_return=True)
        way_id = way.id
    asked = {"order_id": paid.order_id, "email": EMAIL, "return_shipping": {"option_id": way_id}}
    pieces = [{"id": lines[title], "quantity": 1} for title in ("Aura", "Livre")]
    mixed = buyer.post("/store/returns", **asked, items=pieces)
    assert (mixed.status_code, mixed.json()["code"]) == (400, "return_mixes_excluded"), mixed.text
    assert read_rows("SELECT count(*) FROM order_return") == [(0,)]
    for each in pieces:
        alone = buyer.post("/store/returns", **asked, items=[each])
        assert alone.status_code == 200, alone.text
    assert read_rows("SELECT is_withdrawal FROM order_return ORDER BY display_id") == [(True,), (False,)]
