"""Prices with a past, and lists of other prices."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.pricing.models import PriceList
from app.pricing.service import NewPrice
from app.pricing.set_price_list import NewPriceList, create_price_list

# As if everything had happened so many days earlier.
EARLIER = (
    "UPDATE price_history SET valid_from_at = valid_from_at - make_interval(days => :days),"
    " valid_to_at = valid_to_at - make_interval(days => :days),"
    " recorded_at = recorded_at - make_interval(days => :days)",
    "UPDATE price_list SET starts_at = starts_at - make_interval(days => :days),"
    " ends_at = ends_at - make_interval(days => :days)",
    "UPDATE product SET published_at = published_at - make_interval(days => :days)",
)


def let_days_pass(session: Session, days: int) -> None:
    """So many days go by; the guards, which let nobody rewrite the past, are off for that moment."""
    session.execute(text("SET LOCAL session_replication_role = replica"))
    for statement in EARLIER:
        session.execute(text(statement), {"days": days})
    session.execute(text("SET LOCAL session_replication_role = origin"))


def make_price_list(
    session: Session,
    variant_id: str,
    amount_cents: int,
    *,
    list_type: str = "sale",
    status: str = "active",
    is_public: bool = True,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> PriceList:
    """One variant at another price, from now on unless said otherwise."""
    new = NewPriceList(
        title="Soldes",
        type=list_type,
        status=status,
        is_public=is_public,
        starts_at=starts_at,
        ends_at=ends_at,
        prices=(NewPrice(variant_id, "eur", amount_cents),),
        confirmed=True,
    )
    return create_price_list(session, new)
