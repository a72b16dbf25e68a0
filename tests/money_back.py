"""A paid order whose money may go back, and the people of the shop who may give it."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx2
from sqlalchemy import text

from app.core.auth import Principal
from app.core.callers import create_bearer
from app.core.db import unit_of_work
from app.returns.rules import AskedLine
from app.returns.service import NewReturn, Requester, create_return
from app.staff.models import StaffUser
from app.stripe_events.service import receive_event
from app.stripe_events.verify_event import parse_event
from tests.factories.orders import mark_pieces
from tests.factories.shipping import make_shipping_option
from tests.shop_front import Buyer, FakeStripe, Json, read_rows

EMAIL = "jeanne@example.com"
# Two pieces at 349,00 € and a delivery at 4,90 €.
PIECE, DELIVERY, PAID = 34_900, 490, 70_290
MONEY = "SELECT refund_committed_cents, refunded_cents FROM payment ORDER BY id"
STORED = "SELECT status, amount_cents, error_code, stripe_refund_id IS NOT NULL FROM refund ORDER BY created_at, id"


@dataclass(frozen=True)
class Paid:
    """An order of two pieces, paid by card."""

    order_id: str
    payment_id: str
    intent_id: str
    line_id: str


def buy(buyer: Buyer, fake_stripe: FakeStripe, pieces: int = 2) -> Paid:
    """A whole purchase; its events are delivered, later ones are too."""
    cart_id = buyer.fill_cart(pieces, email=EMAIL)
    attempt = buyer.open_session(cart_id)
    fake_stripe.pay(attempt.intent_id)
    fake_stripe.wait_until_delivered()
    order_id = str(buyer.complete(cart_id).json()["order"]["id"])
    ((payment_id, line_id),) = read_rows("SELECT payment.id, order_line.id FROM payment, order_line")
    return Paid(order_id, str(payment_id), attempt.intent_id, str(line_id))


def ask_back(paid: Paid, pieces: int, *, code: str = "retour", is_withdrawal: bool = True) -> str:
    """The order was sent, and so many pieces are asked back; gives the return's id."""
    with unit_of_work("test") as session:
        ((bought,),) = session.execute(text("SELECT quantity FROM order_line"))
        mark_pieces(session, paid.line_id, fulfilled=bought, shipped=bought, delivered=bought)
        ((region_id,),) = session.execute(text('SELECT region_id FROM "order"'))
        way = make_shipping_option(session, region_id, code=code, amount_cents=390, is_return=True)
        new = NewReturn(paid.order_id, [AskedLine(paid.line_id, pieces)], way.id)
        made = create_return(session, new, Requester(email=EMAIL))
        made.is_withdrawal = is_withdrawal
        return made.id


@dataclass(frozen=True)
class Staff:
    """Somebody of the shop with a token, before the running application."""

    http: httpx2.Client
    headers: dict[str, str]

    def get(self, path: str) -> httpx2.Response:
        """GET below /admin."""
        return self.http.get(f"/admin{path}", headers=self.headers)

    def post(self, path: str, **given: object) -> httpx2.Response:
        """POST below /admin."""
        return self.http.post(f"/admin{path}", headers=self.headers, json=given)

    def delete(self, path: str) -> httpx2.Response:
        """DELETE below /admin."""
        return self.http.delete(f"/admin{path}", headers=self.headers)

    def refund(self, paid: Paid, **given: object) -> httpx2.Response:
        """Give money back."""
        return self.post(f"/payments/{paid.payment_id}/refund", **given)


def hire(buyer: Buyer, role: str = "owner") -> Staff:
    """An account of this role."""
    with unit_of_work("test") as session:
        session.add(StaffUser(id=f"user_{role}", email=f"{role}@example.com", role=role, token_version=1))
    token = create_bearer(Principal("user", f"user_{role}", f"user_{role}", 1))
    return Staff(buyer.http, {"authorization": f"Bearer {token}"})


def last_refund(answer: httpx2.Response) -> Json:
    """The newest refund of a payment that was answered."""
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()["payment"]["refunds"][-1]
    return found


def let_time_pass(hours: int) -> None:
    """As if the first attempt of every refund had been so much earlier."""
    with unit_of_work("test") as session:
        session.execute(
            text("UPDATE refund SET first_sent_at = first_sent_at - make_interval(hours => :h)"), {"h": hours}
        )


@dataclass
class News:
    """Events of the test's own making, each as Stripe would write it, brought to the door of the webhook's service."""

    paid: Paid
    start: datetime = field(default_factory=lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))
    count: int = 0

    def make(self, kind: str, thing: Json, *, seconds: int = 0, key: str | None = None) -> bytes:
        """One event, so many seconds after the start; `key` is the idempotency key of the request behind it."""
        self.count += 1
        created = int((self.start + timedelta(seconds=seconds)).timestamp())
        event = {
            "id": f"evt_{self.count}", "object": "event", "api_version": "2026-10-28.endive", "created": created,
            "data": {"object": thing}, "livemode": False, "type": kind, "request": {"id": None, "idempotency_key": key},
        }  # fmt: skip
        return json.dumps(event).encode()

    def refund(self, amount: int, status: str, *, id: str = "re_1", **more: object) -> Json:
        """A refund of the payment."""
        return {
            "id": id, "object": "refund", "amount": amount, "currency": "eur", "status": status, "charge": "ch_1",
            "payment_intent": self.paid.intent_id, "created": int(self.start.timestamp()), "metadata": {}, **more,
        }  # fmt: skip

    def charge(self, amount_refunded: int) -> Json:
        """The charge of the payment."""
        return {
            "id": "ch_1", "object": "charge", "amount": PAID, "amount_refunded": amount_refunded, "currency": "eur",
            "payment_intent": self.paid.intent_id, "disputed": False, "metadata": {},
        }  # fmt: skip

    def dispute(self, status: str, **more: object) -> Json:
        """A dispute of the whole payment."""
        return {
            "id": "dp_1", "object": "dispute", "amount": PAID, "currency": "eur", "status": status, "charge": "ch_1",
            "payment_intent": self.paid.intent_id, "reason": "fraudulent", "created": int(self.start.timestamp()),
            "evidence_details": {"due_by": int(self.start.timestamp()) + 864_000}, **more,
        }  # fmt: skip


def bring(body: bytes) -> str:
    """An event to the door behind the signature; gives what became of it."""
    return receive_event(parse_event(body), "webhook").state
