"""An order that somebody paid by transfer, and what is asked of it below /admin."""

from dataclasses import dataclass
from typing import Any

import httpx2
from sqlalchemy import text

from app.core.db import unit_of_work
from tests.money_back import EMAIL, Staff, hire
from tests.shop_front import Buyer, read_rows

MANUAL = "pp_system_default"
Order = dict[str, Any]


@dataclass(frozen=True)
class Sold:
    """An order of some pieces of one variant."""

    staff: Staff
    order_id: str
    line_id: str
    payment_id: str

    def read(self) -> Order:
        """The order as staff reads it."""
        answer = self.staff.get(f"/orders/{self.order_id}")
        assert answer.status_code == 200, answer.text
        found: Order = answer.json()["order"]
        return found

    def post(self, path: str = "", **given: object) -> httpx2.Response:
        """POST below the order."""
        return self.staff.post(f"/orders/{self.order_id}{path}", **given)

    def pack(self, quantity: int = 1) -> str:
        """A parcel of so many pieces; its id."""
        answer = self.post("/fulfillments", items=[{"id": self.line_id, "quantity": quantity}])
        assert answer.status_code == 200, answer.text
        known = {each["id"]: each for each in answer.json()["order"]["fulfillments"]}
        return str(max(known, key=lambda each: (known[each]["packed_at"], each)))

    def pay(self) -> None:
        """The transfer came."""
        answer = self.staff.post(f"/payments/{self.payment_id}/capture")
        assert answer.status_code == 200, answer.text


def sell(buyer: Buyer, pieces: int = 2, *, is_paid: bool = True, staff: Staff | None = None) -> Sold:
    """An order to be paid by transfer, and its money if it came; the owner looks after it."""
    cart_id = buyer.fill_cart(pieces, email=EMAIL)
    buyer.ask_for_session(buyer.open_collection(cart_id), MANUAL)
    order_id = str(buyer.complete(cart_id).json()["order"]["id"])
    query = (
        'SELECT payment.id, order_line.id FROM "order" JOIN payment USING (payment_collection_id)'
        ' JOIN order_line ON order_line.order_id = "order".id WHERE "order".id = :order_id'
    )
    ((payment_id, line_id),) = read_rows(query, order_id=order_id)
    sold = Sold(staff or hire(buyer), order_id, str(line_id), str(payment_id))
    if is_paid:
        sold.pay()
    return sold


def let_minutes_pass(minutes: int = 2) -> None:
    """As if every parcel had been packed so much earlier."""
    with unit_of_work("test") as session:
        statement = "UPDATE fulfilment SET created_at = created_at - make_interval(mins => :minutes)"
        session.execute(text(statement), {"minutes": minutes})
