"""Promotion codes."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from app.promotions.models import Promotion
from app.promotions.service import NewPromotion, create_promotion


def make_promotion(
    session: Session,
    code: str = "DIX",
    *,
    percentage: str | None = "10",
    amount_cents: int | None = None,
    currency_code: str | None = None,
    target_type: str = "items",
    allocation: str = "across",
    max_quantity: int | None = None,
    minimum_item_total_cents: int | None = None,
    status: str = "active",
    is_automatic: bool = False,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    usage_limit: int | None = None,
    usage_limit_per_customer: int | None = None,
    product_ids: tuple[str, ...] = (),
    category_ids: tuple[str, ...] = (),
    collection_ids: tuple[str, ...] = (),
) -> Promotion:
    """Ten percent off everything, unless an amount is given (in euros, unless said otherwise)."""
    needs_currency = amount_cents is not None or minimum_item_total_cents is not None
    return create_promotion(
        session,
        NewPromotion(
            code=code,
            percentage=Decimal(percentage) if percentage and amount_cents is None else None,
            amount_cents=amount_cents,
            currency_code=currency_code or ("eur" if needs_currency else None),
            target_type=target_type,
            allocation=allocation,
            max_quantity=max_quantity,
            minimum_item_total_cents=minimum_item_total_cents,
            status=status,
            is_automatic=is_automatic,
            starts_at=starts_at,
            ends_at=ends_at,
            usage_limit=usage_limit,
            usage_limit_per_customer=usage_limit_per_customer,
            product_ids=product_ids,
            category_ids=category_ids,
            collection_ids=collection_ids,
        ),
    )
