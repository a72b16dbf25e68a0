"""Money that has moved, and somebody who rewrites what the journal says of it."""

import json

import psycopg
from sqlalchemy import text

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.ids import new_id
from app.payments.models import Dispute, Payment, Refund
from tests.command import run_command
from tests.factories.payments import make_payment
from tests.shop_front import Json

ENTRIES = "SELECT kind, amount_cents, currency_code FROM payment_journal ORDER BY number"
REWRITE = "SET LOCAL session_replication_role = replica"  # what only a superuser can: no trigger looks


def verify() -> tuple[int, Json]:
    """The command's exit code and its answer."""
    done = run_command("journal", "verify", "--json")
    answer: Json = json.loads(done.out)
    return done.code, answer


def assert_sound(entries: int) -> None:
    code, answer = verify()
    assert (code, answer["sound"], answer["entries"]) == (0, True, entries), answer


def move_money() -> list[str]:
    """Six entries about three payments, the last with a refund and a dispute; the payments' ids."""
    with unit_of_work("test") as session:
        payments = [make_payment(session, cents).id for cents in (1_000, 2_000, 30_000)]
    with unit_of_work("test") as session:
        payment = session.get_one(Payment, payments[2])
        session.add(make_refund(payment, 5_000))
    with unit_of_work("test") as session:
        dispute = make_dispute(payment, 25_000)
        dispute.withdrawn_at = utc_now()
        session.add(dispute)
    with unit_of_work("test") as session:
        session.execute(text("UPDATE dispute SET reinstated_at = now()"))
    return payments


def make_refund(payment: Payment, amount_cents: int, status: str = "succeeded") -> Refund:
    return Refund(
        id=new_id("ref"),
        payment_id=payment.id,
        amount_cents=amount_cents,
        currency_code=payment.currency_code,
        status=status,
        reason="not_shipped",
    )


def make_dispute(payment: Payment, amount_cents: int) -> Dispute:
    return Dispute(
        id=new_id("disp"),
        stripe_dispute_id=new_id("dp"),
        payment_id=payment.id,
        amount_cents=amount_cents,
        currency_code=payment.currency_code,
        status="needs_response",
        told_at=utc_now(),
    )


def rewrite(statements: str) -> None:
    """As somebody who rules over the server: constraints and triggers do not count."""
    with unit_of_work("test") as session:
        raw = session.connection().connection.dbapi_connection
        assert isinstance(raw, psycopg.Connection)
        raw.execute(f"{REWRITE}; {statements}".encode())
