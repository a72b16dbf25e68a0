"""What Stripe's objects are to us. Each is read from the plain dict of an event or an answer, in any accepted version.

A `read_*` function raises KeyError, TypeError or ValueError on what is no such object. Amounts are integers in the
currency's smallest unit, its code is in lower case, instants are UTC; `raw` is all of it, cleaned for PostgreSQL.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, cast

from app.core.strict_json import keep_storable

Json = dict[str, object]
# What a buyer's browser writes into names and addresses is cleaned: what the database refuses must not lose a payment.
_Fields = dict[str, Any]


@dataclass(frozen=True)
class Intent:
    """A PaymentIntent as Stripe holds it now. `raw` is the whole object, for a payment session's `data`."""

    id: str
    status: str
    amount_cents: int
    amount_received_cents: int
    currency: str
    created_at: datetime
    metadata: Mapping[str, str]
    latest_charge_id: str | None
    error_code: str | None
    decline_code: str | None
    client_secret: str | None = field(repr=False)
    raw: Json = field(repr=False)


@dataclass(frozen=True)
class CheckoutSession:
    """Stripe's own page for one payment: `open`, `complete` or `expired`; and `paid`, `unpaid`, `no_payment_required`.

    The intent is not named before the customer pays (payments §1.4).
    """

    id: str
    status: str | None
    payment_status: str
    payment_intent_id: str | None
    amount_total_cents: int | None
    currency: str | None
    client_reference_id: str | None
    metadata: Mapping[str, str]
    created_at: datetime
    expires_at: datetime
    url: str | None = field(repr=False)
    raw: Json = field(repr=False)


@dataclass(frozen=True)
class StripeRefund:
    """Money on its way back; `failed` means that it came back to our balance and stays there."""

    id: str
    status: str
    amount_cents: int
    currency: str
    payment_intent_id: str | None
    charge_id: str | None
    created_at: datetime
    metadata: Mapping[str, str]
    failure_reason: str | None
    pending_reason: str | None
    raw: Json = field(repr=False)


@dataclass(frozen=True)
class StripeCharge:
    """The movement behind a paid intent; what was refunded of it is cumulative."""

    id: str
    payment_intent_id: str | None
    amount_cents: int
    amount_refunded_cents: int
    currency: str
    metadata: Mapping[str, str]
    raw: Json = field(repr=False)


@dataclass(frozen=True)
class StripeDispute:
    """The customer's bank wants the money back. Statuses are Stripe's, and it adds new ones."""

    id: str
    charge_id: str
    payment_intent_id: str | None
    amount_cents: int
    currency: str
    status: str
    reason: str
    evidence_due_at: datetime | None
    created_at: datetime
    raw: Json = field(repr=False)


@dataclass(frozen=True)
class StripePayout:
    """Money on its way to the shop's bank."""

    id: str
    amount_cents: int
    currency: str
    status: str
    arrives_on: date
    failure_code: str | None
    is_automatic: bool
    raw: Json = field(repr=False)


@dataclass(frozen=True)
class BalanceTransaction:
    """One movement of our balance at Stripe, in the settlement currency; `kind` is Stripe's `type`."""

    id: str
    kind: str
    amount_cents: int
    currency: str
    source_id: str | None
    created_at: datetime


@dataclass(frozen=True)
class Event:
    """An event read from the API, in the shape of the version it was created with."""

    id: str
    type: str
    created_at: datetime
    raw: Json = field(repr=False)


def read_intent(given: Json) -> Intent:
    """A PaymentIntent."""
    raw = cast("_Fields", keep_storable(given))
    error = raw.get("last_payment_error") or {}
    return Intent(
        id=str(raw["id"]),
        status=str(raw["status"]),
        amount_cents=int(raw["amount"]),
        amount_received_cents=int(raw["amount_received"]),
        currency=_currency(raw),
        created_at=_instant(raw["created"]),
        metadata=raw.get("metadata") or {},
        latest_charge_id=_id_of(raw.get("latest_charge")),
        error_code=error.get("code"),
        decline_code=error.get("decline_code"),
        client_secret=raw.get("client_secret"),
        raw=raw,
    )


def read_checkout_session(given: Json) -> CheckoutSession:
    """A Checkout Session."""
    raw = cast("_Fields", keep_storable(given))
    return CheckoutSession(
        id=str(raw["id"]),
        status=raw.get("status"),
        payment_status=str(raw["payment_status"]),
        payment_intent_id=_id_of(raw.get("payment_intent")),
        amount_total_cents=raw.get("amount_total"),
        currency=_currency(raw) if raw.get("currency") else None,
        client_reference_id=raw.get("client_reference_id"),
        metadata=raw.get("metadata") or {},
        created_at=_instant(raw["created"]),
        expires_at=_instant(raw["expires_at"]),
        url=raw.get("url"),
        raw=raw,
    )


def read_refund(given: Json) -> StripeRefund:
    """A Refund."""
    raw = cast("_Fields", keep_storable(given))
    return StripeRefund(
        id=str(raw["id"]),
        # Null in the very old shapes only, where a refund was done once it existed.
        status=str(raw.get("status") or "succeeded"),
        amount_cents=int(raw["amount"]),
        currency=_currency(raw),
        payment_intent_id=_id_of(raw.get("payment_intent")),
        charge_id=_id_of(raw.get("charge")),
        created_at=_instant(raw["created"]),
        metadata=raw.get("metadata") or {},
        failure_reason=raw.get("failure_reason"),
        pending_reason=raw.get("pending_reason"),
        raw=raw,
    )


def read_charge(given: Json) -> StripeCharge:
    """A Charge."""
    raw = cast("_Fields", keep_storable(given))
    return StripeCharge(
        id=str(raw["id"]),
        payment_intent_id=_id_of(raw.get("payment_intent")),
        amount_cents=int(raw["amount"]),
        amount_refunded_cents=int(raw["amount_refunded"]),
        currency=_currency(raw),
        metadata=raw.get("metadata") or {},
        raw=raw,
    )


def read_dispute(given: Json) -> StripeDispute:
    """A Dispute."""
    raw = cast("_Fields", keep_storable(given))
    due = (raw.get("evidence_details") or {}).get("due_by")
    return StripeDispute(
        id=str(raw["id"]),
        charge_id=str(_id_of(raw["charge"])),
        payment_intent_id=_id_of(raw.get("payment_intent")),
        amount_cents=int(raw["amount"]),
        currency=_currency(raw),
        status=str(raw["status"]),
        reason=str(raw["reason"]),
        evidence_due_at=_instant(due) if due else None,
        created_at=_instant(raw["created"]),
        raw=raw,
    )


def read_payout(given: Json) -> StripePayout:
    """A Payout."""
    raw = cast("_Fields", keep_storable(given))
    return StripePayout(
        id=str(raw["id"]),
        amount_cents=int(raw["amount"]),
        currency=_currency(raw),
        status=str(raw["status"]),
        arrives_on=_instant(raw["arrival_date"]).date(),
        failure_code=raw.get("failure_code"),
        is_automatic=bool(raw["automatic"]),
        raw=raw,
    )


def read_balance_transaction(given: Json) -> BalanceTransaction:
    """A BalanceTransaction."""
    raw = cast("_Fields", keep_storable(given))
    return BalanceTransaction(
        id=str(raw["id"]),
        kind=str(raw["type"]),
        amount_cents=int(raw["amount"]),
        currency=_currency(raw),
        source_id=_id_of(raw.get("source")),
        created_at=_instant(raw["created"]),
    )


def read_event(given: Json) -> Event:
    """An Event, its object as it is."""
    return Event(str(given["id"]), str(given["type"]), _instant(cast("int", given["created"])), given)


def _id_of(reference: object) -> str | None:
    """Stripe gives an id, or the object itself where it was asked to."""
    given = reference.get("id") if isinstance(reference, dict) else reference
    return given if isinstance(given, str) else None


def _currency(raw: _Fields) -> str:
    return str(raw["currency"]).lower()


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), tz=UTC)
