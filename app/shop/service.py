"""Sets the shop up: seller, regions, sales channels, publishable keys, VAT rates.

`create_` refuses what exists already (look first with `queries.find_`); `set_` may be repeated.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.audit_log import record_audit, record_change
from app.core.clock import utc_now
from app.core.ids import new_id
from app.shop import queries
from app.shop.errors import NameTaken, RegionNotFound, SalesChannelNotFound, UnknownCountry
from app.shop.models import Country, PublishableKey, Region, SalesChannel, Shop, TaxRate, VatRegime
from app.shop.rules import check_currency


@dataclass(frozen=True)
class NewTaxRate:
    """A VAT rate of a country for a category of goods, in force from a day on."""

    country_code: str
    category: str
    code: str
    name: str
    rate: Decimal
    valid_from_on: date


def set_shop(
    session: Session, *, name: str, contact_email: str, default_region_id: str | None = None, default_locale: str = "fr"
) -> Shop:
    """Say who sells and where by default."""
    if default_region_id is not None and session.get(Region, default_region_id) is None:
        raise RegionNotFound
    shop = queries.find_shop(session) or Shop(id=1)
    shop.name = name
    shop.contact_email = contact_email.lower()
    shop.default_region_id = default_region_id
    shop.default_locale = default_locale
    session.add(shop)
    session.flush()  # the row must exist before whatever reads it in the same transaction
    return shop


def create_region(session: Session, name: str, currency_code: str, country_codes: Sequence[str]) -> Region:
    """Create a region of countries that no other region has.

    Raises `NameTaken`, `UnknownCountry`, and what `check_currency` refuses.
    """
    check_currency(currency_code)
    if queries.find_region_by_name(session, name):
        raise NameTaken(f"Region with name {name} already exists")
    countries = _take_countries(session, country_codes)
    region = Region(id=new_id("reg"), name=name, currency_code=currency_code, countries=countries)
    session.add(region)
    session.flush()  # the caller needs the row: default region, shipping options
    return region


def _take_countries(session: Session, country_codes: Sequence[str]) -> list[Country]:
    query = select(Country).where(Country.iso_2.in_(country_codes)).order_by(Country.iso_2).with_for_update()
    countries = list(session.scalars(query))
    unknown = sorted(set(country_codes) - {country.iso_2 for country in countries})
    taken = [country.iso_2 for country in countries if country.region_id is not None]
    if unknown or taken:
        raise UnknownCountry(f"Countries with codes: '{', '.join(unknown or taken)}' do not exist or have a region")
    return countries


def create_sales_channel(session: Session, name: str) -> SalesChannel:
    """Create a sales channel; raises `NameTaken`."""
    if queries.find_sales_channel_by_name(session, name):
        raise NameTaken(f"Sales channel with name {name} already exists")
    channel = SalesChannel(id=new_id("sc"), name=name)
    session.add(channel)
    session.flush()  # products and keys name it in the same transaction
    return channel


def create_publishable_key(session: Session, title: str, sales_channel_id: str) -> PublishableKey:
    """Create a key for a storefront; its `token` is what the storefront sends. Raises `NameTaken`."""
    if queries.find_key_by_title(session, title):
        raise NameTaken(f"Publishable key with title {title} already exists")
    if session.get(SalesChannel, sales_channel_id) is None:
        raise SalesChannelNotFound
    key = PublishableKey(
        id=new_id("apk"), title=title, token=f"pk_{secrets.token_hex(32)}", sales_channel_id=sales_channel_id
    )
    session.add(key)
    session.flush()  # the caller prints it
    record_audit(session, "publishable_key.create", key.id, {"channel": sales_channel_id})
    return key


def mark_key_revoked(session: Session, key: PublishableKey) -> None:
    """Refuse the key from now on; a revoked key stays revoked since its first time."""
    if key.revoked_at is None:
        key.revoked_at = utc_now()
        record_audit(session, "publishable_key.revoke", key.id)


def set_key_channel(session: Session, key: PublishableKey, sales_channel_id: str) -> None:
    """Let the key speak for another channel from now on; raises `SalesChannelNotFound`."""
    if session.get(SalesChannel, sales_channel_id) is None:
        raise SalesChannelNotFound
    before, key.sales_channel_id = key.sales_channel_id, sales_channel_id
    record_change(session, "publishable_key.channel", key.id, {"channel": before}, {"channel": sales_channel_id})


def set_tax_rate(session: Session, new: NewTaxRate) -> None:
    """Put a dated VAT rate into force; the same country, category and day again corrects it."""
    if session.get(Country, new.country_code) is None:
        raise UnknownCountry(f"Country with code {new.country_code} is not known")
    row = {"code": new.code, "name": new.name, "rate": new.rate}
    place = {"country_code": new.country_code, "category": new.category, "valid_from_on": new.valid_from_on}
    statement = insert(TaxRate).values(id=new_id("txr"), **place, **row)
    session.execute(statement.on_conflict_do_update(index_elements=list(place), set_=row))


def set_vat_regime(session: Session, kind: Literal["liable", "franchise"], valid_from_on: date) -> None:
    """Say from which day the seller charges VAT or is in the franchise; the same day again corrects it."""
    statement = insert(VatRegime).values(valid_from_on=valid_from_on, kind=kind)
    session.execute(statement.on_conflict_do_update(index_elements=["valid_from_on"], set_={"kind": kind}))
