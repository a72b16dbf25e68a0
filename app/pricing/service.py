"""Sets prices, one or many; every change says who, what it was and what it is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.catalogue.models import Product, ProductVariant
from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.ids import new_id
from app.pricing.errors import UnknownVariant
from app.pricing.models import Price
from app.pricing.queries import list_base_prices, list_priced_variants, lock_priced_products
from app.pricing.rules import PriceMove, check_moves, check_price
from app.shop.rules import check_currency


@dataclass(frozen=True)
class NewPrice:
    """What a variant shall cost in a currency, VAT included."""

    variant_id: str
    currency_code: str
    amount_cents: int


def set_price(
    session: Session, variant_id: str, currency_code: str, amount_cents: int, *, confirmed: bool = False
) -> None:
    """Set what a variant costs in a currency, VAT included; see `set_prices`."""
    set_prices(session, [NewPrice(variant_id, currency_code, amount_cents)], confirmed=confirmed)


def set_prices(
    session: Session, news: Sequence[NewPrice], *, confirmed: bool = False, reason: str | None = None
) -> list[PriceMove]:
    """Set many prices, all or none, and give those that changed; of two for one variant and currency the last counts.

    `confirmed`: whoever asks has seen which prices move by more than half. Raises `InvalidPrice`, `UnknownCurrency`,
    `UnknownVariant`, `ProductArchived`, `PriceMovesByHalf`.
    """
    demand_prices(session, news)
    moves = lock_moves(session, news)
    if not moves:
        return []
    demand_moves(session, moves, confirmed=confirmed)
    _write_prices(session, moves)
    for move in moves:
        details = {"currency": move.currency_code, "old_cents": move.old_cents, "new_cents": move.new_cents}
        record_audit(session, "price.set", move.variant_id, {**details, "reason": reason} if reason else details)
    return moves


def demand_moves(session: Session, moves: Sequence[PriceMove], *, confirmed: bool) -> None:
    """Refuses what `pricing.rules:check_moves` refuses."""
    variants = list_priced_variants(session, {move.variant_id for move in moves})
    names = {each.variant_id: each.name for each in variants}
    archived = {each.variant_id for each in variants if each.is_archived}
    check_moves(moves, names, archived, confirmed=confirmed)


def lock_moves(session: Session, news: Sequence[NewPrice]) -> list[PriceMove]:
    """What would change, in the order of the ids, with the products and their prices locked against other changes."""
    lock_priced_products(session, {new.variant_id for new in news})
    return compare_prices(session, news)


def compare_prices(session: Session, news: Sequence[NewPrice]) -> list[PriceMove]:
    """The same with the prices alone locked: what the variants cost without any list, beside what is asked for."""
    wanted = {(new.variant_id, new.currency_code): new.amount_cents for new in news}
    known = list_base_prices(session, wanted.keys())
    return [
        PriceMove(variant_id, code, known.get((variant_id, code)), amount_cents)
        for (variant_id, code), amount_cents in sorted(wanted.items())
        if known.get((variant_id, code)) != amount_cents
    ]


def _write_prices(session: Session, moves: Sequence[PriceMove]) -> None:
    """The prices, and a new version of the products whose prices they are."""
    statement = insert(Price).values(
        [
            {
                "id": new_id("price"),
                "variant_id": move.variant_id,
                "currency_code": move.currency_code,
                "amount_cents": move.new_cents,
            }
            for move in moves
        ]
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["variant_id", "currency_code"],
            set_={"amount_cents": statement.excluded.amount_cents, "updated_at": func.now()},
        )
    )
    of_them = select(ProductVariant.product_id).where(ProductVariant.id.in_({move.variant_id for move in moves}))
    session.execute(
        update(Product)
        .where(Product.id.in_(of_them))
        .values(updated_at=utc_now())
        .execution_options(synchronize_session=False)
    )


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
