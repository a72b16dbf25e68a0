"""Reads of prices: what a variant costs at an instant, and when that changes next."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Text, and_, any_, bindparam, func, literal_column, null, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Session

from app.catalogue.models import Product, ProductVariant
from app.customers.models import Customer
from app.pricing.errors import PriceListNotFound
from app.pricing.models import Price, PriceHistory, PriceList, PriceListPrice
from app.pricing.rules import (
    SALE,
    Asked,
    EffectivePrice,
    HistoryRow,
    PriorPrice,
    compute_applied_prices,
    compute_effective_price,
    compute_prior_price,
    decide_asked_price,
)

# Statements are built once and read plain tuples: a page of products asks for a hundred variants.
_VARIANTS = any_(bindparam("variant_ids", type_=ARRAY(Text)))
_CURRENCY = bindparam("currency_code", type_=Text)
_AT = bindparam("at", type_=TIMESTAMP(timezone=True))
_price = Price.__table__.c
_list = PriceList.__table__.c
_listed = PriceListPrice.__table__.c
_history = PriceHistory.__table__.c

_IS_MEMBER = (
    select(literal_column("1"))
    .select_from(Customer.__table__)
    .where(Customer.__table__.c.id == bindparam("customer_id", type_=Text), Customer.__table__.c.has_account)
    .exists()
)
_ASKED = union_all(
    select(_price.variant_id, _price.id, _price.amount_cents, null(), null()).where(
        _price.variant_id == _VARIANTS, _price.currency_code == _CURRENCY
    ),
    select(_listed.variant_id, _listed.id, _listed.amount_cents, _list.id, _list.type)
    .join_from(PriceListPrice.__table__, PriceList.__table__, _list.id == _listed.price_list_id)
    .where(
        _listed.variant_id == _VARIANTS,
        _listed.currency_code == _CURRENCY,
        _list.status == "active",
        _list.starts_at <= _AT,
        or_(_list.ends_at.is_(None), _list.ends_at > _AT),
        or_(_list.is_public, _IS_MEMBER),
    ),
)
_PAST = (
    select(
        _history.variant_id,
        Product.__table__.c.published_at,
        _history.price_list_id,
        _history.price_list_type,
        _history.amount_cents,
        _history.valid_from_at,
        _history.valid_to_at,
        _history.recorded_at,
    )
    .join_from(PriceHistory.__table__, ProductVariant.__table__, ProductVariant.__table__.c.id == _history.variant_id)
    .join(Product.__table__, Product.__table__.c.id == ProductVariant.__table__.c.product_id)
    .where(_history.variant_id == _VARIANTS, _history.currency_code == _CURRENCY, _history.is_public)
    .order_by(_history.id)
)


def list_effective_prices(
    session: Session,
    variant_ids: Collection[str],
    currency_code: str,
    at: datetime,
    *,
    customer_id: str | None = None,
) -> dict[str, EffectivePrice]:
    """What each variant costs at an instant, by variant id; one without a price in this currency is absent.

    One statement, and a second one where a reduction applies. `customer_id` opens the lists for members to a customer
    with an account.
    """
    if not variant_ids:
        return {}
    asked = _list_asked(session, variant_ids, currency_code, at, customer_id)
    decided = {variant_id: decide_asked_price(all_of_it) for variant_id, all_of_it in asked.items()}
    reduced = [variant_id for variant_id, price in decided.items() if price.applied.list_type == SALE]
    prior = list_prior_prices(session, reduced, currency_code, at)
    unknown = PriorPrice(None)
    return {
        variant_id: compute_effective_price(price, prior.get(variant_id, unknown))
        for variant_id, price in decided.items()
    }


def _list_asked(
    session: Session, variant_ids: Collection[str], currency_code: str, at: datetime, customer_id: str | None
) -> dict[str, list[Asked]]:
    given = {"variant_ids": list(variant_ids), "currency_code": currency_code, "at": at, "customer_id": customer_id}
    asked: defaultdict[str, list[Asked]] = defaultdict(list)
    for variant_id, price_id, amount_cents, list_id, list_type in session.execute(_ASKED, given):
        asked[variant_id].append(Asked(amount_cents, price_id, list_id, list_type))
    return asked


def list_prior_prices(
    session: Session, variant_ids: Collection[str], currency_code: str, reduced_at: datetime
) -> dict[str, PriorPrice]:
    """What a reduction at this instant must be compared with, by variant id (french-rules §2.6)."""
    if not variant_ids:
        return {}
    rows: defaultdict[str, list[HistoryRow]] = defaultdict(list)
    published: dict[str, datetime | None] = {}
    given = {"variant_ids": list(variant_ids), "currency_code": currency_code}
    for variant_id, published_at, *row in session.execute(_PAST, given):
        published[variant_id] = published_at
        rows[variant_id].append(HistoryRow(*row))
    return {
        variant_id: compute_prior_price(compute_applied_prices(past), reduced_at, published[variant_id])
        for variant_id, past in rows.items()
    }


def find_next_price_change_at(session: Session, after: datetime) -> datetime | None:
    """The next start or end of a price list after an instant; None when none is planned."""
    planned = union_all(
        select(PriceList.starts_at.label("at")).where(PriceList.status == "active", PriceList.starts_at > after),
        select(PriceList.ends_at.label("at")).where(PriceList.status == "active", PriceList.ends_at > after),
    ).subquery()
    found: datetime | None = session.scalar(select(func.min(planned.c.at)))
    return found


def lock_price_list(session: Session, price_list_id: str) -> PriceList:
    """The list, locked until the transaction ends: every change of it starts here. Raises `PriceListNotFound`."""
    query = select(PriceList).where(PriceList.id == price_list_id).with_for_update()
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise PriceListNotFound(price_list_id)
    return found


def list_prices_of_list(session: Session, *price_list_ids: str) -> list[PriceListPrice]:
    """What these lists ask, in a steady order, as it is by now."""
    query = select(PriceListPrice).where(PriceListPrice.price_list_id.in_(price_list_ids))
    ordered = query.order_by(PriceListPrice.price_list_id, PriceListPrice.variant_id, PriceListPrice.currency_code)
    return list(session.scalars(ordered.execution_options(populate_existing=True)))


@dataclass(frozen=True)
class PriceListFilter:
    """Which lists; nothing given is no condition."""

    ids: Collection[str] | None = None
    statuses: Collection[str] | None = None
    text: str | None = None
    order: str = "-created_at"


def list_price_lists(
    session: Session, wanted: PriceListFilter, *, limit: int, offset: int
) -> tuple[list[PriceList], int]:
    """A page of lists, and how many match in all."""
    query = select(PriceList)
    if wanted.ids is not None:
        query = query.where(PriceList.id.in_(wanted.ids))
    if wanted.statuses is not None:
        query = query.where(PriceList.status.in_(wanted.statuses))
    if wanted.text:
        folded = func.comptoir_fold(PriceList.title + " " + PriceList.description)
        query = query.where(func.strpos(folded, func.comptoir_fold(wanted.text)) > 0)
    count = session.scalar(query.with_only_columns(func.count(PriceList.id))) or 0
    first = _list[wanted.order.removeprefix("-")]
    turned = [each.desc() if wanted.order.startswith("-") else each.asc() for each in (first, _list.id)]
    return list(session.scalars(query.order_by(*turned).limit(limit).offset(offset))), count


def get_price_list(session: Session, price_list_id: str) -> PriceList:
    """A list as it stands; raises `PriceListNotFound`."""
    found = session.get(PriceList, price_list_id)
    if found is None:
        raise PriceListNotFound(price_list_id)
    return found


def list_prices(session: Session, variant_ids: Collection[str]) -> list[Price]:
    """What these variants cost without any list, in every currency, in a steady order."""
    query = select(Price).where(Price.variant_id.in_(variant_ids))
    return list(session.scalars(query.order_by(Price.variant_id, Price.currency_code)))


def list_base_prices(session: Session, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """What variants cost without any list, by variant id and currency, locked for a change in the order of ids."""
    variant_ids: Sequence[str] = sorted({variant_id for variant_id, _ in pairs})
    query = select(Price.variant_id, Price.currency_code, Price.amount_cents).where(
        and_(Price.variant_id.in_(variant_ids), Price.currency_code.in_({code for _, code in pairs}))
    )
    found = session.execute(query.order_by(Price.variant_id, Price.currency_code).with_for_update())
    return {(variant_id, code): amount_cents for variant_id, code, amount_cents in found}


class PricedVariant(NamedTuple):
    """What people call a variant (its SKU, or the id), and whether its product is sold no more."""

    variant_id: str
    name: str
    is_archived: bool


def list_priced_variants(session: Session, variant_ids: Collection[str]) -> list[PricedVariant]:
    """These variants, as far as they exist, in the order of their ids."""
    query = (
        select(ProductVariant.id, func.coalesce(ProductVariant.sku, ProductVariant.id), Product.status == "archived")
        .join(Product, Product.id == ProductVariant.product_id)
        .where(ProductVariant.id.in_(variant_ids))
        .order_by(ProductVariant.id)
    )
    return [PricedVariant(*found) for found in session.execute(query)]


def find_variant_id(session: Session, named: str) -> str | None:
    """The variant with this SKU or id."""
    query = select(ProductVariant.id).where(or_(ProductVariant.sku == named, ProductVariant.id == named))
    return session.scalar(query.order_by(ProductVariant.id == named).limit(1))


def get_product_id_of(session: Session, variant_id: str) -> str:
    """The product of a variant that is there."""
    return session.scalars(select(ProductVariant.product_id).where(ProductVariant.id == variant_id)).one()


def list_variant_ids(session: Session, product_ids: Collection[str]) -> list[str]:
    """The variants of these products, in the order of their ids."""
    query = select(ProductVariant.id).where(ProductVariant.product_id.in_(product_ids))
    return list(session.scalars(query.order_by(ProductVariant.id)))


def lock_priced_products(session: Session, variant_ids: Collection[str]) -> None:
    """Lock the products of these variants, in the order of their ids, before their prices: they change together.

    Carts may refer to them meanwhile (NO KEY).
    """
    of_them = select(ProductVariant.product_id).where(ProductVariant.id.in_(variant_ids))
    query = select(Product.id).where(Product.id.in_(of_them)).order_by(Product.id).with_for_update(key_share=True)
    session.execute(query).all()
