"""Promotion codes."""

from datetime import datetime
from decimal import Decimal
from typing import TypedDict, Unpack

from sqlalchemy.orm import Session

from app.promotions.models import Promotion
from app.promotions.service import NewPromotion, create_promotion


class Conditions(TypedDict, total=False):
    """What a promotion is for, and when."""

    target_type: str
    allocation: str
    max_quantity: int | None
    minimum_item_total_cents: int | None
    status: str
    is_automatic: bool
    starts_at: datetime | None
    ends_at: datetime | None
    usage_limit: int | None
    usage_limit_per_customer: int | None
    product_ids: tuple[str, ...]
    category_ids: tuple[str, ...]
    collection_ids: tuple[str, ...]


def make_promotion(
    session: Session,
    code: str = "DIX",
    *,
    percentage: str = "10",
    amount_cents: int | None = None,
    currency_code: str | None = None,
    **conditions: Unpack[Conditions],
) -> Promotion:
    """Ten percent off everything, unless an amount is given (in euros, unless said otherwise)."""
    needs_currency = amount_cents is not None or conditions.get("minimum_item_total_cents") is not None
    new = NewPromotion(
        code=code,
        percentage=Decimal(percentage) if amount_cents is None else None,
        amount_cents=amount_cents,
        currency_code=currency_code or ("eur" if needs_currency else None),
        **conditions,
    )
    return create_promotion(session, new)
