"""Reads of the shop's set-up."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Text, bindparam, func, outerjoin, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased, selectinload

from app.core.tagged_cache import get_tagged_cache
from app.shop.errors import SalesChannelNotFound, SellerNotFound
from app.shop.models import Country, PublishableKey, Region, SalesChannel, Seller, Shop, TaxRate, VatRegime
from app.shop.rules import FRANCHISE, FRANCHISE_CODE, FRANCHISE_MENTION, STANDARD

RATES_BYTES = 4_000
SERVED_BYTES = 2_000
NAMES_BYTES = 500
MOST_KEYS = 1_000
ORDERS = {"id": Region.id, "name": Region.name, "created_at": Region.created_at}

_SELLER = select(*Seller.__table__.c)
_NAMES = select(Shop.name, Shop.contact_email)
_SERVED = select(
    Region.id,
    Region.name,
    Region.currency_code,
    func.array(select(Country.iso_2).where(Country.region_id == Region.id).order_by(Country.iso_2).scalar_subquery()),
)
_SERVED_BY_ID = _SERVED.where(Region.id == bindparam("region_id", type_=Text()))
_SERVED_BY_DEFAULT = (
    _SERVED.outerjoin(Shop, Shop.default_region_id == Region.id)
    .order_by(Shop.id.is_(None), Region.created_at, Region.id)
    .limit(1)
)


@dataclass(frozen=True)
class ServedRegion:
    """What a cart knows of its region: what it pays in, and the codes of the countries it may go to."""

    id: str
    name: str
    currency_code: str
    served: tuple[str, ...]


class ShopNames(NamedTuple):
    """How the shop calls itself to those it writes to."""

    name: str
    contact_email: str


def find_shop_names(session: Session) -> ShopNames | None:
    """How the shop signs its mails, once it is set up. The process keeps it."""

    def read() -> ShopNames | None:
        found = session.execute(_NAMES).one_or_none()
        return ShopNames(*found) if found is not None else None

    return get_tagged_cache().find_or_read(ShopNames, ShopNames, read, size=NAMES_BYTES)


def find_seller(session: Session) -> Seller | None:
    """Who sells, once that is said. The process keeps it: every invoice says it."""

    def read() -> Seller | None:
        found = session.execute(_SELLER).mappings().one_or_none()
        return Seller(**found) if found is not None else None  # it outlives this session

    return get_tagged_cache().find_or_read(Seller, Seller, read, size=SERVED_BYTES)


def lock_seller(session: Session) -> Seller | None:
    """The seller's row, locked, to be changed."""
    return session.scalar(select(Seller).where(Seller.id == 1).with_for_update())


def get_seller(session: Session) -> Seller:
    """The seller as the database has it now; raises `SellerNotFound`."""
    found = session.get(Seller, 1)
    if found is None:
        raise SellerNotFound
    return found


def find_shop(session: Session) -> Shop | None:
    """The shop, once it is set up."""
    return session.get(Shop, 1)


def find_active_key(session: Session, token: str) -> PublishableKey | None:
    """The publishable key with this token, unless it is revoked."""
    return session.scalar(
        select(PublishableKey).where(PublishableKey.token == token, PublishableKey.revoked_at.is_(None))
    )


def find_publishable_key(session: Session, key_id: str) -> PublishableKey | None:
    """The publishable key of this id, locked: it is about to be shown or changed."""
    return session.scalar(select(PublishableKey).where(PublishableKey.id == key_id).with_for_update())


def list_publishable_keys(session: Session) -> list[PublishableKey]:
    """The publishable keys, revoked ones too; a shop has a handful."""
    return list(session.scalars(select(PublishableKey).order_by(PublishableKey.created_at.desc()).limit(MOST_KEYS)))


def get_first_channel_id(session: Session) -> str:
    """The channel that `comptoir setup` made; raises `SalesChannelNotFound`."""
    channel_id = session.scalar(select(SalesChannel.id).order_by(SalesChannel.id).limit(1))
    if channel_id is None:
        raise SalesChannelNotFound
    return channel_id


def find_key_by_title(session: Session, title: str) -> PublishableKey | None:
    """The publishable key of this title, revoked or not."""
    return session.scalar(select(PublishableKey).where(PublishableKey.title == title))


def find_sales_channel_by_name(session: Session, name: str) -> SalesChannel | None:
    """The sales channel of this name."""
    return session.scalar(select(SalesChannel).where(SalesChannel.name == name))


def find_region_by_name(session: Session, name: str) -> Region | None:
    """The region of this name, with its countries."""
    return session.scalar(select(Region).where(Region.name == name).options(selectinload(Region.countries)))


def find_region(session: Session, region_id: str) -> Region | None:
    """The region, with its countries."""
    return session.scalar(select(Region).where(Region.id == region_id).options(selectinload(Region.countries)))


def find_price_currency(session: Session, region_id: str | None) -> str | None:
    """The currency of this region, or of the shop's default one when none is named."""
    if region_id is not None:
        return session.scalar(select(Region.currency_code).where(Region.id == region_id))
    return session.scalar(select(Region.currency_code).join(Shop, Shop.default_region_id == Region.id))


def list_sales_channels(session: Session) -> list[SalesChannel]:
    """Where the shop sells, in the order of their names."""
    return list(session.scalars(select(SalesChannel).order_by(SalesChannel.name)))


def list_all_tax_rates(session: Session, country_codes: Collection[str] = ()) -> list[TaxRate]:
    """Every VAT rate that was ever set up, of these countries (none: of all), the newest of each first."""
    wanted = select(TaxRate).order_by(TaxRate.country_code, TaxRate.category, TaxRate.valid_from_on.desc())
    return list(session.scalars(wanted.where(TaxRate.country_code.in_(country_codes)) if country_codes else wanted))


def list_known_countries(session: Session, codes: Collection[str]) -> set[str]:
    """Which of these are countries."""
    return set(session.scalars(select(Country.iso_2).where(Country.iso_2.in_(codes))))


def list_currency_codes(session: Session) -> list[str]:
    """The currencies of the shop's regions."""
    return list(session.scalars(select(Region.currency_code).distinct().order_by(Region.currency_code)))


def find_served_region(session: Session, region_id: str | None) -> ServedRegion | None:
    """The region of a cart; the shop's default one, else its oldest, when none is named. The process keeps it."""

    def read() -> ServedRegion | None:
        statement = _SERVED_BY_ID if region_id is not None else _SERVED_BY_DEFAULT
        found = session.execute(statement, {"region_id": region_id} if region_id is not None else None).one_or_none()
        return ServedRegion(found[0], found[1], found[2], tuple(found[3])) if found is not None else None

    return get_tagged_cache().find_or_read((ServedRegion, region_id), ServedRegion, read, size=SERVED_BYTES)


def list_regions(
    session: Session,
    *,
    limit: int,
    offset: int,
    ids: Collection[str] = (),
    names: Collection[str] = (),
    currency_codes: Collection[str] = (),
    text: str | None = None,
    order: str = "created_at",
) -> tuple[list[Region], int]:
    """A page of regions with their countries, and how many match in all.

    `order` is a field of `ORDERS`, with a minus in front to turn it round.
    """
    query = select(Region)
    if ids:
        query = query.where(Region.id.in_(ids))
    if names:
        query = query.where(Region.name.in_(names))
    if currency_codes:
        query = query.where(Region.currency_code.in_([code.lower() for code in currency_codes]))
    if text:
        query = query.where(Region.name.icontains(text, autoescape=True))
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    column = ORDERS[order.removeprefix("-")]
    ordered = query.order_by(column.desc() if order.startswith("-") else column.asc(), Region.id)
    page = ordered.limit(limit).offset(offset)
    return list(session.scalars(page.options(selectinload(Region.countries)))), count


def list_tax_rates(session: Session, country_code: str, on: date) -> dict[str, TaxRate]:
    """The rates in force in a country on a business day, by category of goods; a franchise seller has nought alone.

    Every price and every line takes its VAT from here; the process keeps them until one of them changes.
    """
    cache, key = get_tagged_cache(), (list_tax_rates, country_code, on)
    kept = cache.get(key, dict)
    if kept is not None:
        return kept
    since = cache.mark()
    rates = _read_tax_rates(session, country_code, on)
    for rate in rates.values():
        if rate in session:
            session.expunge(rate)  # it outlives this session
    cache.keep(key, rates, size=RATES_BYTES, since=since)
    return rates


def _read_tax_rates(session: Session, country_code: str, on: date) -> dict[str, TaxRate]:
    in_force = (
        select(TaxRate)
        .where(TaxRate.country_code == country_code, TaxRate.valid_from_on <= on)
        .order_by(TaxRate.category, TaxRate.valid_from_on.desc())
        .ext(distinct_on(TaxRate.category))
        .subquery()
    )
    regime = select(VatRegime.kind).where(VatRegime.valid_from_on <= on).order_by(VatRegime.valid_from_on.desc())
    seller = select(regime.limit(1).scalar_subquery().label("kind")).subquery()
    rate = aliased(TaxRate, in_force)
    found = session.execute(select(seller.c.kind, rate).select_from(outerjoin(seller, rate, true()))).all()
    if any(kind == FRANCHISE for kind, _ in found):
        return {STANDARD: _franchise_rate(country_code, on)}
    return {rate.category: rate for _, rate in found if rate is not None}


def _franchise_rate(country_code: str, on: date) -> TaxRate:
    return TaxRate(
        id="txr_franchise",
        country_code=country_code,
        category=STANDARD,
        code=FRANCHISE_CODE,
        name=FRANCHISE_MENTION,
        rate=Decimal(0),
        valid_from_on=on,
    )
