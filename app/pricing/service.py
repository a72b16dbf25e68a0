"""Sets prices, one or many; every change says who, what it was and what it is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.catalogue.models import ProductVariant
from app.core.audit_log import record_audit
from app.core.ids import new_id
from app.pricing.errors import UnknownVariant
from app.pricing.models import Price
from app.pricing.queries import list_base_prices
from app.pricing.rules import check_price
from app.shop.rules import check_currency


@dataclass(frozen=True)
class NewPrice:
    """What a variant shall cost in a currency, VAT included."""

    variant_id: str
    currency_code: str
    amount_cents: int


def set_price(session: Session, variant_id: str, currency_code: str, amount_cents: int) -> None:
    """Set what a variant costs in a currency, VAT included.

    Raises `InvalidPrice`, `UnknownCurrency`, `UnknownVariant`.
    """
    set_prices(session, [NewPrice(variant_id, currency_code, amount_cents)])


def set_prices(session: Session, news: Sequence[NewPrice]) -> None:
    """Set many prices, all or none; of two for one variant and currency the last one counts."""
    demand_prices(session, news)
    wanted = {(new.variant_id, new.currency_code): new.amount_cents for new in news}
    known = list_base_prices(session, wanted.keys())
    changed = {pair: amount_cents for pair, amount_cents in sorted(wanted.items()) if known.get(pair) != amount_cents}
    if not changed:
        return
    statement = insert(Price).values(
        [
            {"id": new_id("price"), "variant_id": variant_id, "currency_code": code, "amount_cents": amount_cents}
            for (variant_id, code), amount_cents in changed.items()
        ]
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["variant_id", "currency_code"],
            set_={"amount_cents": statement.excluded.amount_cents, "updated_at": func.now()},
        )
    )
    for (variant_id, code), amount_cents in changed.items():
        details = {"currency": code, "old_cents": known.get((variant_id, code)), "new_cents": amount_cents}
        record_audit(session, "price.set", variant_id, details)


def demand_prices(session: Session, news: Sequence[NewPrice]) -> None:
    """Refuses what is not a price, not a currency, or not a variant."""
    for new in news:
        check_currency(new.currency_code)
        check_price(new.amount_cents)
    _demand_variants(session, {new.variant_id for new in news})


def _demand_variants(session: Session, variant_ids: Collection[str]) -> None:
    known = set(session.scalars(select(ProductVariant.id).where(ProductVariant.id.in_(variant_ids))))
    unknown = set(variant_ids) - known
    if unknown:
        raise UnknownVariant(sorted(unknown))
