"""/admin/orders/:id/fulfillments: parcels are packed, leave, arrive; nothing leaves that must not."""

from datetime import datetime
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.fulfilment.queries import find_last_delivery
from tests.in_process import RunJobs
from tests.money_back import EMAIL
from tests.rows import row
from tests.shop_front import Buyer, FakeBrevo, read_rows
from tests.sold import Sold, let_minutes_pass, sell

PARCELS = "SELECT count(*), sum(quantity) FROM fulfilment JOIN fulfilment_line ON fulfilment_id = fulfilment.id"
PIECES = "SELECT fulfilled_quantity, shipped_quantity, delivered_quantity FROM order_line"
MAILS = "SELECT count(*) FROM message WHERE template = 'shipment_sent'"
TRACKING = "https://suivi.example/6A12345678901"
LABEL = {"tracking_number": "6A12345678901", "tracking_url": TRACKING, "label_url": "#", "carrier": "Colissimo"}


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def last_delivery(sold: Sold) -> datetime | None:
    with unit_of_work() as session:
        return find_last_delivery(session, sold.order_id)


@row("S0-032")
def test_parcels_leave_and_arrive_and_the_customer_hears_of_each_once(
    buyer: Buyer, run_jobs: RunJobs, fake_brevo: FakeBrevo
) -> None:
    sold = sell(buyer, 3)
    first = sold.pack(2)
    assert read_rows(PIECES) == [(2, 0, 0)]
    assert sold.read()["fulfillment_status"] == "partially_fulfilled"
    ship = f"/fulfillments/{first}/shipments"
    items = [{"id": sold.line_id, "quantity": 2}]
    answer = sold.post(ship, items=items, labels=[LABEL])
    assert answer.status_code == 200, answer.text
    (parcel,) = answer.json()["order"]["fulfillments"]
    assert (parcel["shipped_at"] is None, parcel["delivered_at"]) == (False, None)
    (label,) = parcel["labels"]
    assert (label["tracking_number"], label["tracking_url"], label["label_url"]) == ("6A12345678901", TRACKING, "")
    assert [(each["line_item_id"], each["quantity"]) for each in parcel["items"]] == [(sold.line_id, 2)]
    # A second click, and a corrected number: no second mail.
    assert sold.post(ship, items=items, labels=[LABEL]).json()["order"]["updated_at"] == sold.read()["updated_at"]
    corrected = {"tracking_number": "6A99", "tracking_url": "https://suivi.example/6A99"}
    shown = sold.post(ship, labels=[corrected]).json()["order"]["fulfillments"][0]["labels"]
    assert [each["tracking_number"] for each in shown] == ["6A99"]
    assert read_rows(MAILS) == [(1,)]
    assert read_rows(PIECES) == [(2, 2, 0)]
    run_jobs()
    mails: list[dict[str, Any]] = list(fake_brevo.mails())
    (mail,) = [each for each in mails if "est en route" in each["subject"]]
    assert mail["to"][0]["email"] == EMAIL
    told = ("6A12345678901", TRACKING, "Colissimo", "Une partie de votre commande", "2 ×")
    assert [words for words in told if words not in mail["textContent"]] == []


def test_the_withdrawal_counts_from_the_day_when_everything_has_arrived(buyer: Buyer) -> None:
    sold = sell(buyer, 3)
    first = sold.pack(2)
    sold.post(f"/fulfillments/{first}/shipments", labels=[LABEL])
    # Arrived before it left, or in the future, cannot be.
    arrive = f"/fulfillments/{first}/mark-as-delivered"
    assert refusal(sold.post(arrive, delivered_at="2026-01-01T10:00:00Z")) == (400, "delivery_out_of_time")
    assert refusal(sold.post(arrive, delivered_at="2999-01-01T10:00:00Z")) == (400, "delivery_out_of_time")
    assert sold.staff.http.post(f"/admin/orders/{sold.order_id}{arrive}", headers=sold.staff.headers).status_code == 200
    assert (sold.read()["fulfillment_status"], last_delivery(sold)) == ("partially_delivered", None)
    # Handed over in the shop: it leaves as it arrives, and no mail says that it is on its way.
    second, before = sold.pack(1), utc_now()
    delivered = sold.post(f"/fulfillments/{second}/mark-as-delivered").json()["order"]
    assert delivered["fulfillment_status"] == "delivered"
    assert (
        sold.post(f"/fulfillments/{second}/mark-as-delivered").json()["order"]["updated_at"] == delivered["updated_at"]
    )
    assert (read_rows(PIECES), read_rows(MAILS)) == ([(3, 3, 3)], [(1,)])
    assert before <= (last_delivery(sold) or before) <= utc_now()
    assert last_delivery(sold) is not None
    guest = buyer.http.get(f"/store/orders/{sold.order_id}", params={"fields": "*fulfillments"}).json()["order"]
    assert [each["labels"] for each in guest["fulfillments"]] == [[], []], "the id alone does not follow a parcel"
    acts = read_rows("SELECT action, actor FROM audit_log WHERE action LIKE 'fulfilment.%' ORDER BY id")
    assert acts == [(f"fulfilment.{act}", "staff:user_owner") for act in ("create", "ship", "deliver")] + [
        ("fulfilment.create", "staff:user_owner"),
        ("fulfilment.deliver", "staff:user_owner"),
    ]


def test_what_cannot_be_packed_shipped_or_called_off_is_refused_and_changes_nothing(buyer: Buyer) -> None:
    sold = sell(buyer, 3)
    parcel = sold.pack(2)
    for answer, code in (
        (sold.post("/fulfillments", items=[{"id": sold.line_id, "quantity": 2}]), "too_many_pieces"),
        (sold.post("/fulfillments", items=[{"id": "ordli_none", "quantity": 1}]), "order_line_unknown"),
        (sold.post("/fulfillments", items=[{"id": sold.line_id, "quantity": 1}] * 2), "order_line_twice"),
        (sold.post("/fulfillments", items=[]), "invalid_data"),
        (
            sold.post("/fulfillments", items=[{"id": sold.line_id, "quantity": 1}], location_id="x"),
            "stock_location_not_found",
        ),
        (
            sold.post(f"/fulfillments/{parcel}/shipments", items=[{"id": sold.line_id, "quantity": 1}]),
            "parcel_is_whole",
        ),
        (sold.post("/fulfillments/ful_none/shipments"), "fulfilment_not_found"),
        (sold.post("/fulfillments/ful_none/cancel"), "fulfilment_not_found"),
        *(
            (sold.post(f"/fulfillments/{parcel}/shipments", labels=[{**LABEL, "tracking_url": link}]), "invalid_data")
            for link in ("http://suivi.example/1", "javascript:alert(1)", "https://a b", "https://" + "a" * 3_000)
        ),
    ):
        assert answer.json()["code"] == code, answer.text
    assert (read_rows(PARCELS), read_rows(PIECES), read_rows(MAILS)) == ([(1, 2)], [(2, 0, 0)], [(0,)])


def test_what_is_unpacked_may_go_again_and_two_clicks_pack_one_parcel(buyer: Buyer) -> None:
    sold = sell(buyer, 3)
    parcel = sold.pack(2)
    # Unpacked: its pieces may go again, the parcel itself goes nowhere. The same by the same person: in a minute.
    for _ in range(2):
        assert sold.post(f"/fulfillments/{parcel}/cancel").status_code == 200
    assert read_rows(PIECES) == [(0, 0, 0)]
    assert refusal(sold.post(f"/fulfillments/{parcel}/shipments")) == (409, "fulfilment_canceled")
    again = sold.pack(1)
    asked = [{"id": sold.line_id, "quantity": 1}]
    assert refusal(sold.post("/fulfillments", items=asked)) == (409, "fulfilment_repeated")
    let_minutes_pass()
    assert sold.post("/fulfillments", items=asked).status_code == 200, "two parcels of one piece, if they are wanted"
    assert sold.post(f"/fulfillments/{again}/shipments").status_code == 200
    assert refusal(sold.post(f"/fulfillments/{again}/cancel")) == (409, "fulfilment_shipped")
    assert read_rows(PIECES) == [(2, 1, 0)]
    # Two people at one order: whoever read it before the other changed it is told.
    headers = {**sold.staff.headers, "if-match": '"1"'}
    path = f"/admin/orders/{sold.order_id}/fulfillments"
    assert refusal(sold.staff.http.post(path, headers=headers, json={"items": asked})) == (412, "changed_meanwhile")
    tag = sold.staff.get(f"/orders/{sold.order_id}").headers["etag"]
    let_minutes_pass()
    assert sold.staff.http.post(path, headers={**headers, "if-match": tag}, json={"items": asked}).status_code == 200


# What an order may be when nothing leaves for it: how it comes to be so, and what is said, by the Admin and by the
# database itself.
STATES = {
    "not paid": ('UPDATE "order" SET paid_at = NULL', "order_not_paid", "is not paid"),
    "to be looked at": (
        "UPDATE \"order\" SET review_reason = 'stock_gone', status = 'requires_action'",
        "order_needs_review",
        "waits for a person",
    ),
    "canceled": ("UPDATE \"order\" SET status = 'canceled', canceled_at = now()", "order_is_over", "is canceled"),
    "completed": ("UPDATE \"order\" SET status = 'completed'", "order_is_over", "is completed"),
    "withdrawn": ('UPDATE "order" SET withdrawn_at = now()', "order_withdrawn", "has withdrawn"),
    "disputed": (
        "INSERT INTO dispute (id, stripe_dispute_id, payment_id, amount_cents, currency_code, status, told_at)"
        " SELECT 'dp', 'dp', id, 1, 'eur', 'needs_response', now() FROM payment",
        "order_disputed",
        "is disputed",
    ),
    "lost to the bank": (
        "INSERT INTO dispute (id, stripe_dispute_id, payment_id, amount_cents, currency_code, status, told_at)"
        " SELECT 'dp', 'dp', id, 1, 'eur', 'lost', now() FROM payment",
        "order_disputed",
        "is disputed",
    ),
    "refunded": (
        "UPDATE payment SET refund_committed_cents = amount_cents, refunded_cents = amount_cents",
        "order_refunded",
        "goes back",
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_packed_or_leaves_for_an_order_that_is(buyer: Buyer, state: str) -> None:
    sold = sell(buyer)
    parcel = sold.pack(1)
    statement, code, said = STATES[state]
    if state == "canceled":
        assert sold.post(f"/fulfillments/{parcel}/cancel").status_code == 200
    with unit_of_work("test") as session:
        session.execute(text(statement))
    before = (read_rows(PARCELS), read_rows(PIECES))
    refused = [sold.post("/fulfillments", items=[{"id": sold.line_id, "quantity": 1}])]
    if state != "canceled":
        refused.append(sold.post(f"/fulfillments/{parcel}/shipments", labels=[LABEL]))
        refused.append(sold.post(f"/fulfillments/{parcel}/mark-as-delivered"))
    assert {refusal(answer) for answer in refused} == {(409, code)}
    assert all(" / " in answer.json()["message"] for answer in refused), "in French, then in English"
    by_hand = ["INSERT INTO fulfilment (id, order_id, created_by) SELECT 'ful_hand', id, 'psql' FROM \"order\""]
    if state != "canceled":
        by_hand.append("UPDATE fulfilment SET shipped_at = now()")
    for sql in by_hand:
        with pytest.raises(DBAPIError, match=said), unit_of_work("somebody with psql") as session:
            session.execute(text(sql))
    assert (read_rows(PARCELS), read_rows(PIECES), read_rows(MAILS)) == (*before, [(0,)])


def test_the_database_keeps_what_became_of_a_parcel(buyer: Buyer) -> None:
    sold = sell(buyer)
    parcel = sold.pack(1)
    canceled = "UPDATE \"order\" SET status = 'canceled', canceled_at = now()"
    refused = [(canceled, "has a parcel"), ("DELETE FROM fulfilment_line", "only grows")]
    sold.post(f"/fulfillments/{parcel}/shipments", labels=[LABEL])
    refused += [
        ("UPDATE fulfilment SET shipped_at = NULL", "keeps what it was packed for"),
        ("UPDATE fulfilment SET canceled_at = now()", "left_is_not_canceled"),
        ("UPDATE fulfilment SET delivered_at = shipped_at - interval '1 day'", "delivered_after_it_left"),
        ("UPDATE fulfilment_line SET quantity = 2", "only grows"),
        ("DELETE FROM fulfilment", "only grows"),
        ("UPDATE fulfilment_label SET tracking_url = 'http://suivi.example'", "links_are_https"),
        ("TRUNCATE fulfilment_line", "only grows"),
    ]
    for sql, said in refused:
        with pytest.raises(DBAPIError, match=said), unit_of_work("somebody with psql") as session:
            session.execute(text(sql))
    unsigned = "SELECT set_config('comptoir.actor', '', true); UPDATE fulfilment SET updated_at = now()"
    with pytest.raises(DBAPIError, match="through comptoir only"), unit_of_work("test") as session:
        session.connection().exec_driver_sql(unsigned)
