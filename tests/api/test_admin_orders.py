"""/admin/orders: found, read, corrected, accepted, canceled, completed, archived; each refusal changes nothing."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from app.payments.verify_journal import verify_journal
from tests.api.judge import check_invariants
from tests.in_process import RunJobs
from tests.money_back import EMAIL, PAID, Staff, buy, hire, last_refund
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, read_rows
from tests.sold import Sold, sell
from tests.statements import counted_statements

STOCK = "SELECT stocked_quantity FROM stock_level"
MOVED = "SELECT reason, sum(delta), count(*) FROM stock_movement WHERE reference LIKE 'order_%' GROUP BY 1 ORDER BY 1"
REFUNDS = "SELECT status, amount_cents, reason FROM refund"


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_an_unpaid_order_that_is_canceled_gives_its_pieces_back_once(buyer: Buyer) -> None:
    ((before,),) = read_rows(STOCK)
    sold = sell(buyer, 2, is_paid=False)
    assert read_rows(STOCK) == [(int(str(before)) - 2,)]
    stale = sold.staff.http.post(
        f"/admin/orders/{sold.order_id}/cancel", headers={**sold.staff.headers, "if-match": '"1"'}
    )
    assert refusal(stale) == (412, "changed_meanwhile")
    for _ in range(2):
        shown = sold.post("/cancel")
        assert shown.status_code == 200, shown.text
        order = shown.json()["order"]
        assert (order["status"], order["payment_status"], order["total"]) == ("canceled", "canceled", 0)
        assert order["summary"]["original_order_total"] == 702.9
        assert (read_rows(STOCK), read_rows(MOVED)) == ([(before,)], [("cancellation", 2, 1), ("sale", -2, 1)])
    assert read_rows(REFUNDS) == []
    ((actor, kept),) = read_rows(
        "SELECT actor, details->'pieces_put_back'->>'after' FROM audit_log WHERE action = 'order.cancel'"
    )
    assert (actor, kept) == ("staff:user_owner", "2")
    # Money that comes all the same makes it an order again, with its pieces.
    sold.pay()
    order = sold.read()
    assert (order["status"], order["payment_status"], order["total"]) == ("pending", "captured", 702.9)
    assert read_rows(MOVED) == [("cancellation", 2, 1), ("sale", -4, 2)]
    # And given up again: the money waits for a person.
    assert sold.post("/cancel").json()["order"]["payment_standing"] == "paid"
    assert (read_rows(REFUNDS), read_rows(STOCK)) == ([("awaiting_approval", PAID, "not_shipped")], [(before,)])
    check_invariants()


def test_the_money_of_a_paid_order_that_is_canceled_goes_back_once_a_person_says_so(
    buyer: Buyer, fake_stripe: FakeStripe
) -> None:
    paid = buy(buyer, fake_stripe)
    clerk = hire(buyer, "staff")
    order = clerk.post(f"/orders/{paid.order_id}/cancel").json()["order"]
    (payment,) = order["payment_collections"][0]["payments"]
    (refund,) = payment["refunds"]
    assert (order["status"], order["payment_status"], order["summary"]["pending_difference"]) == (
        "canceled", "captured", -702.9
    )  # fmt: skip
    assert (refund["status"], refund["amount"], refund["refund_reason_id"]) == (
        "awaiting_approval",
        702.9,
        "not_shipped",
    )
    assert fake_stripe.calls("PostRefunds") == [], "nothing leaves before"
    approved = clerk.post(f"/refunds/{refund['id']}/approve")
    assert approved.json()["refund"]["status"] in ("requested", "pending", "succeeded")
    fake_stripe.wait_until_delivered()
    shown = clerk.get(f"/orders/{paid.order_id}").json()["order"]
    assert (shown["payment_status"], shown["summary"]["pending_difference"]) == ("refunded", 0)
    assert refusal(clerk.post(f"/orders/{paid.order_id}/complete")) == (409, "order_is_over")
    assert clerk.post(f"/orders/{paid.order_id}/archive").json()["order"]["status"] == "archived"
    assert clerk.post(f"/orders/{paid.order_id}/archive").status_code == 200
    assert refusal(clerk.post(f"/orders/{paid.order_id}/cancel")) == (409, "order_is_over")
    with unit_of_work() as session:
        assert verify_journal(session).is_sound


def test_what_has_a_parcel_is_not_canceled_and_what_is_done_is_completed(buyer: Buyer) -> None:
    sold = sell(buyer, 2)
    parcel = sold.pack(1)
    before = (read_rows(STOCK), read_rows(MOVED))
    assert refusal(sold.post("/cancel")) == (409, "order_has_parcel")
    assert refusal(sold.post("/complete")) == (409, "order_not_finished"), "a parcel is here"
    assert sold.post(f"/fulfillments/{parcel}/shipments").status_code == 200
    assert refusal(sold.post("/cancel")) == (409, "order_has_parcel")
    assert refusal(sold.post("/complete")) == (409, "order_not_finished"), "a piece was not sent"
    assert refusal(sold.post("/archive")) == (409, "order_still_open")
    assert (read_rows(STOCK), read_rows(MOVED), read_rows(REFUNDS)) == (*before, [])
    # What will never leave is refunded.
    refund = sold.staff.post(f"/payments/{sold.payment_id}/refund", amount=349, refund_reason_id="not_shipped")
    assert last_refund(refund)["status"] == "succeeded"
    assert sold.post("/complete").json()["order"]["status"] == "completed"
    assert sold.post("/complete").status_code == 200
    assert refusal(sold.post("", email="autre@example.com")) == (409, "order_is_over")
    assert sold.post("/archive").json()["order"]["status"] == "archived"
    acts = read_rows(
        "SELECT action, details->'status'->>'before' FROM audit_log WHERE action LIKE 'order.%' ORDER BY id"
    )
    assert acts == [("order.completed", "pending"), ("order.archived", "completed")]


def test_money_on_its_way_is_waited_for(buyer: Buyer) -> None:
    sold = sell(buyer, 1, is_paid=False)
    with unit_of_work("test") as session:
        session.execute(text("UPDATE payment_session SET processing_since_at = now()"))
    assert refusal(sold.post("/cancel")) == (409, "payment_processing")
    assert sold.read()["status"] == "pending"


# Why a person looks at an order, and what stands against working on it as it is.
@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (None, None),
        ("UPDATE stock_level SET stocked_quantity = 0", "insufficient_inventory"),
        ("UPDATE payment SET refund_committed_cents = 100", "order_not_covered"),
        ("UPDATE payment SET currency_code = 'usd'", "order_not_covered"),
        ("UPDATE order_address SET postal_code = ''", "order_not_deliverable"),
        ('UPDATE "order" SET email = NULL', "order_not_deliverable"),
    ],
)
def test_an_order_that_did_not_fit_is_accepted_or_says_why_not(
    buyer: Buyer, statement: str | None, code: str | None
) -> None:
    """As `complete_cart` leaves it: paid, nothing taken from the shelf, nobody told."""
    sold = sell(buyer, 2)
    with unit_of_work("test") as session:
        for change in (
            "UPDATE \"order\" SET review_reason = 'withdrawn', status = 'requires_action'",
            "ALTER TABLE stock_movement DISABLE TRIGGER refuse_change",
            "DELETE FROM stock_movement WHERE reason = 'sale'",
            "ALTER TABLE stock_movement ENABLE TRIGGER refuse_change",
            "UPDATE stock_level SET stocked_quantity = stocked_quantity + 2",
            "DELETE FROM message",
            *([statement] if statement else []),
        ):
            session.execute(text(change))
    before = (read_rows(STOCK), read_rows(MOVED))
    answer = sold.post("/accept")
    if code is not None:
        assert refusal(answer)[1] == code, answer.text
        assert sold.read()["status"] == "requires_action"
        assert (read_rows(STOCK), read_rows(MOVED)) == before
        assert read_rows("SELECT count(*) FROM message") == [(0,)]
        return
    order = answer.json()["order"]
    assert (order["status"], order["payment_standing"], order["review_reason"]) == ("pending", "paid", "withdrawn")
    assert order["reviewed_at"]
    assert read_rows(MOVED) == [("sale", -2, 1)]
    assert sold.post("/accept").json()["order"]["updated_at"] == order["updated_at"], "repeating it changes nothing"
    assert read_rows("SELECT template FROM message") == [("order_confirmation",)]
    assert sold.pack(2)


def test_whom_to_write_to_and_where_to_send_are_corrected_until_the_parcel_is_packed(
    buyer: Buyer, run_jobs: RunJobs, fake_brevo: FakeBrevo
) -> None:
    sold = sell(buyer, 2)
    first = sold.read()
    right = {"email": "jeanne.martin@example.com", "shipping_address": {"address_1": "14 rue de la Paix"}}
    order = sold.post("", **right, metadata={"source": "téléphone"}).json()["order"]
    assert (order["email"], order["metadata"]) == (right["email"], {"source": "téléphone"})
    address = order["shipping_address"]
    assert (address["address_1"], address["city"]) == ("14 rue de la Paix", first["shipping_address"]["city"])
    assert address["id"] != first["shipping_address"]["id"], "what it was is kept"
    assert order["customer_id"] != first["customer_id"]
    run_jobs()
    mails: list[dict[str, Any]] = list(fake_brevo.mails())
    to = [mail["to"][0]["email"] for mail in mails]
    assert to == [EMAIL, right["email"]], "the confirmation goes to the new address too"
    # Where it goes decides the VAT; Corsica is not mainland France; a printed label stays.
    assert refusal(sold.post("", shipping_address={"country_code": "be"})) == (409, "country_decides_vat")
    assert refusal(sold.post("", shipping_address={"postal_code": "20000"})) == (400, "unfit_shipping_option")
    parcel = sold.pack(1)
    assert refusal(sold.post("", shipping_address={"city": "Lyon"})) == (409, "parcel_is_packed")
    assert sold.read()["shipping_address"] == address
    assert sold.post("", billing_address={"company": "Optique Martin"}).status_code == 200
    assert sold.post(f"/fulfillments/{parcel}/cancel").status_code == 200
    assert sold.post("", shipping_address={"city": "Lyon"}).json()["order"]["shipping_address"]["city"] == "Lyon"
    told = read_rows("SELECT details::text FROM audit_log WHERE action = 'order.update'")
    assert not [line for (line,) in told if "martin" in str(line).lower() or "Lyon" in str(line)], "no personal data"
    note = sold.post("/notes", note="A rappelé : livrer le matin").json()["note"]
    assert [each["note"] for each in sold.read()["notes"]] == [note["note"]]
    assert "livrer le matin" not in buyer.show_order(sold.order_id).text
    assert [sold.post("/notes", note=bad).status_code for bad in ("", "  ", "x" * 6_000)] == [400] * 3


Found = dict[str, Any]


def find(staff: Staff, query: str) -> list[str]:
    """The ids of the orders that a query gives."""
    answer = staff.get(f"/orders?{query}")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["count"] == len(found["orders"])
    return [order["id"] for order in found["orders"]]


def sell_five(buyer: Buyer) -> tuple[list[Sold], dict[str, Found]]:
    """Orders in several states, oldest first; and as the list shows them, by id."""
    first = sell(buyer, 2)
    sold = [first, *(sell(buyer, 2, is_paid=is_paid, staff=first.staff) for is_paid in (False, True, True, True))]
    _, unpaid, sent, refunded, _ = sold
    sent.post(f"/fulfillments/{sent.pack(1)}/shipments")
    first.staff.post(f"/payments/{refunded.payment_id}/refund", amount=10, refund_reason_id="not_shipped")
    unpaid.post("/cancel")
    everything = first.staff.get("/orders?limit=50&fields=*").json()["orders"]
    return sold, {order["id"]: order for order in everything}


def test_orders_are_found_by_state_as_the_rules_say_it_with_as_many_statements_for_five_as_for_three(
    buyer: Buyer,
) -> None:
    sold, everything = sell_five(buyer)
    staff = sold[0].staff
    assert list(everything) == [each.order_id for each in reversed(sold)], "newest first"
    for name in ("payment_status", "fulfillment_status", "status"):
        for value in {order[name] for order in everything.values()}:
            wanted = [order_id for order_id, order in everything.items() if order[name] == value]
            assert find(staff, f"{name}[]={value}") == wanted, (name, value)
    assert {order["payment_status"] for order in everything.values()} == {"canceled", "captured", "partially_refunded"}
    counts = []
    for limit in (3, 5):  # the third is the newest with a parcel
        with counted_statements() as statements:
            staff.get(f"/orders?limit={limit}&fields=*")
        counts.append(len(statements))
    assert counts[0] == counts[1], counts


def test_orders_are_found_by_number_name_and_time(buyer: Buyer) -> None:
    (first, unpaid, sent, refunded, _), everything = sell_five(buyer)
    staff, number = first.staff, everything[first.order_id]["display_id"]
    placed, later = everything[sent.order_id]["created_at"], everything[refunded.order_id]["created_at"]
    for query, wanted in (
        (f"q={number}", [first.order_id]),
        (f"q=%23{number}", [first.order_id]),
        ("q=JEANNE@", list(everything)),
        ("q=Mart", list(everything)),
        ("q=personne", []),
        ("q=99999999999999999999", []),
        ("q=%25", []),
        (f"id[]={first.order_id}", [first.order_id]),
        (f"email={EMAIL.upper()}", list(everything)),
        (f"created_at[$gte]={placed}&created_at[$lt]={later}", [sent.order_id]),
        (f"created_at[$lt]={placed}&order=created_at", [first.order_id, unpaid.order_id]),
        (f"status=canceled&status=pending&customer_id={everything[first.order_id]['customer_id']}", list(everything)),
        ("region_id=reg_none", []),
    ):
        assert find(staff, query) == wanted, query
    for query in ("status=nope", "order=total", "limit=-1", "limit=201", "nope=1", "created_at[$gte]=hier"):
        assert staff.get(f"/orders?{query}").status_code == 400, query
