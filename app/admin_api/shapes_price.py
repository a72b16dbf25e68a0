"""Prices as staff changes them: an amount per variant and currency, previews, planned prices. Ours, not Medusa's."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, StringConstraints

from app.core.bodies import Body, Id, PageOut
from app.core.money import GivenPrice, WireAmount, from_wire, keep_exact, to_wire
from app.core.wire import WireInstant
from app.pricing.models import ScheduledPrice
from app.pricing.rules import PriceMove
from app.pricing.service import NewPrice
from app.shop.rules import check_currency

MOST_PRICES = 1_000


def _demand_text(value: object) -> object:
    """An instant is written out: a number would be taken for seconds since 1970."""
    if not isinstance(value, str):
        raise ValueError("Expected an instant such as 2026-11-22T10:00:00Z")
    return datetime.fromisoformat(value)


GivenInstant = Annotated[AwareDatetime, BeforeValidator(_demand_text)]
CurrencyCode = Annotated[str, StringConstraints(max_length=3, to_lower=True)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=1_000, strip_whitespace=True)]
Percentage = Annotated[Decimal, BeforeValidator(keep_exact), Field(ge=-100, le=1_000, allow_inf_nan=False)]


class VariantPriceBody(Body):
    """What a variant shall cost in a currency, VAT included."""

    variant_id: Id
    currency_code: CurrencyCode
    amount: GivenPrice


Prices = Annotated[list[VariantPriceBody], Field(max_length=MOST_PRICES)]


class PriceMoveOut(BaseModel):
    """What a variant costs and what it would cost; `moves_by_half`: by more than half, which is asked for twice."""

    variant_id: str
    sku: str
    currency_code: str
    old_amount: WireAmount | None
    new_amount: WireAmount
    moves_by_half: bool


class PriceChangeOut(BaseModel):
    """A change of prices; `token` is of exactly this one."""

    token: str
    needs_confirmation: bool
    prices: list[PriceMoveOut]


class PriceChangeAnswer(BaseModel):
    """A preview, or what was done."""

    price_change: PriceChangeOut


class ScheduledPriceOut(BaseModel):
    """A planned price: `planned`, `applied`, `canceled`, or `refused` with why."""

    id: str
    variant_id: str
    currency_code: str
    amount: WireAmount
    applies_at: WireInstant
    status: str
    reason: str | None
    refused_code: str | None
    created_by: str
    created_at: WireInstant
    updated_at: WireInstant
    ended_at: WireInstant | None


class ScheduledPriceAnswer(BaseModel):
    """One planned price."""

    scheduled_price: ScheduledPriceOut


class PlannedAnswer(BaseModel):
    """Those that one request planned."""

    scheduled_prices: list[ScheduledPriceOut]


class ScheduledPricesAnswer(PageOut):
    """A page of planned prices, what is due first."""

    scheduled_prices: list[ScheduledPriceOut]


def news_of(prices: Iterable[VariantPriceBody]) -> list[NewPrice]:
    """Cents of currency units; raises `UnknownCurrency`, `InvalidRequest` for what the currency cannot pay."""
    news = []
    for price in prices:
        check_currency(price.currency_code)
        news.append(NewPrice(price.variant_id, price.currency_code, from_wire(price.amount, price.currency_code)))
    return news


def change_out(moves: Sequence[PriceMove], names: Mapping[str, str], token: str) -> PriceChangeOut:
    """A change of prices, looked at."""
    shown = [
        PriceMoveOut(
            variant_id=move.variant_id,
            sku=names[move.variant_id],
            currency_code=move.currency_code,
            old_amount=None if move.old_cents is None else to_wire(move.old_cents, move.currency_code),
            new_amount=to_wire(move.new_cents, move.currency_code),
            moves_by_half=move.is_beyond_half,
        )
        for move in moves
    ]
    return PriceChangeOut(token=token, needs_confirmation=any(each.moves_by_half for each in shown), prices=shown)


def scheduled_out(planned: ScheduledPrice) -> ScheduledPriceOut:
    """One planned price."""
    return ScheduledPriceOut(
        id=planned.id,
        variant_id=planned.variant_id,
        currency_code=planned.currency_code,
        amount=to_wire(planned.amount_cents, planned.currency_code),
        applies_at=planned.applies_at,
        status=planned.status,
        reason=planned.reason,
        refused_code=planned.refused_code,
        created_by=planned.created_by,
        created_at=planned.created_at,
        updated_at=planned.updated_at,
        ended_at=planned.ended_at,
    )
