"""Many prices at once: looked at first, then set as they were looked at, or not at all."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.catalogue.models import Product, ProductVariant, product_category_link
from app.pricing.errors import NothingToChange, PricesChangedMeanwhile
from app.pricing.queries import list_priced_variants, list_prices
from app.pricing.rules import PriceMove, compute_changed_price
from app.pricing.service import NewPrice, demand_prices, lock_moves, set_prices
from app.shop.rules import check_currency

MOST_PRICES = 10_000


@dataclass(frozen=True)
class Selection:
    """Which variants: by their ids, or of these products, categories, collections; nothing given chooses nothing.

    `is_everything`: all that is not archived.
    """

    variant_ids: Collection[str] = ()
    product_ids: Collection[str] = ()
    category_ids: Collection[str] = ()
    collection_ids: Collection[str] = ()
    is_everything: bool = False


@dataclass(frozen=True)
class PricePreview:
    """What would change, by variant in the order of the ids, how people call them, and the token of exactly this."""

    moves: Sequence[PriceMove]
    names: dict[str, str]
    token: str

    @property
    def beyond_half(self) -> list[PriceMove]:
        """The moves that are asked for twice."""
        return [move for move in self.moves if move.is_beyond_half]


def list_selected_prices(
    session: Session, selection: Selection, percentage: Decimal, currency_code: str
) -> list[NewPrice]:
    """What the chosen variants would cost, each so many percent dearer (cheaper: below nought), rounded to the cent.

    A variant without a price in the currency stays without, one of an archived product as it is. Raises
    `UnknownCurrency`, `InvalidPrice`.
    """
    check_currency(currency_code)
    variant_ids = list(session.scalars(_selected(selection)))
    return [
        NewPrice(each.variant_id, currency_code, compute_changed_price(each.amount_cents, percentage))
        for each in list_prices(session, variant_ids)
        if each.currency_code == currency_code
    ]


def preview_prices(session: Session, news: Sequence[NewPrice]) -> PricePreview:
    """What these prices would change, as things are. Nothing is changed; the locks end with the transaction.

    Raises `NothingToChange`, and what makes no price (`InvalidPrice`, `UnknownCurrency`, `UnknownVariant`).
    """
    if len(news) > MOST_PRICES:
        raise NothingToChange(f"At most {MOST_PRICES} prices are changed at once")
    demand_prices(session, news)
    moves = lock_moves(session, news)
    if not moves:
        raise NothingToChange
    variants = list_priced_variants(session, {move.variant_id for move in moves})
    return PricePreview(moves, {each.variant_id: each.name for each in variants}, _token_of(moves))


def set_previewed_prices(
    session: Session, news: Sequence[NewPrice], token: str, *, confirmed: bool = False, reason: str | None = None
) -> PricePreview:
    """Set what was looked at. Raises what `preview_prices` and `set_prices` raise.

    Raises `PricesChangedMeanwhile` when it would change anything else by now.
    """
    preview = preview_prices(session, news)
    if preview.token != token:
        raise PricesChangedMeanwhile
    set_prices(session, news, confirmed=confirmed, reason=reason)
    return preview


def _token_of(moves: Sequence[PriceMove]) -> str:
    """The same for the same old and new prices, whatever else happened meanwhile."""
    return sha256(json.dumps(moves).encode()).hexdigest()[:32]


def _selected(selection: Selection) -> Select[str]:
    query = select(ProductVariant.id).join(Product, Product.id == ProductVariant.product_id)
    query = query.where(Product.status != "archived").order_by(ProductVariant.id)
    if selection.is_everything:
        return query
    on_shelves = select(product_category_link.c.product_id).where(
        product_category_link.c.category_id.in_(selection.category_ids)
    )
    return query.where(
        or_(
            ProductVariant.id.in_(selection.variant_ids),
            Product.id.in_(selection.product_ids),
            Product.id.in_(on_shelves),
            Product.collection_id.in_(selection.collection_ids),
        )
    )
