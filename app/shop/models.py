"""Where and how the shop sells: itself, its regions and countries, sales channels, publishable keys, VAT rates."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base


class Shop(Base):
    """The one shop of this database and its seller identity (one row, id 1)."""

    __tablename__ = "shop"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str]
    contact_email: Mapped[str]
    default_locale: Mapped[str] = mapped_column(server_default="fr")
    default_region_id: Mapped[str | None] = mapped_column(ForeignKey("region.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class Seller(Base):
    """Who sells, as invoices must say it (one row, id 1; french-rules §2.4). Without it no invoice has a number."""

    __tablename__ = "seller"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("siren ~ '^[0-9]{9}$'", name="siren"),
        CheckConstraint("siret ~ '^[0-9]{14}$' AND left(siret, 9) = siren", name="siret"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    legal_name: Mapped[str]
    legal_form: Mapped[str]
    siren: Mapped[str]
    siret: Mapped[str]
    # The register and its town (`RCS Lyon`); None for who is in none.
    registration: Mapped[str | None]
    # None for who is in the franchise and has none.
    vat_number: Mapped[str | None]
    address_1: Mapped[str]
    address_2: Mapped[str | None]
    postal_code: Mapped[str]
    city: Mapped[str]
    country_code: Mapped[str] = mapped_column(ForeignKey("country.iso_2"))
    # As the articles say it: `1 000 €`, `variable`.
    capital: Mapped[str | None]
    # A person in business by themselves: the name is followed by "EI".
    is_sole_trader: Mapped[bool] = mapped_column(server_default="false")
    pays_vat_on_debits: Mapped[bool] = mapped_column(server_default="false")
    # Since when sales to other Member States bear their own VAT, declared at the one-stop shop.
    oss_since_on: Mapped[date | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class Region(Base):
    """A set of countries sold to in one currency, with prices that include VAT."""

    __tablename__ = "region"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    currency_code: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    countries: Mapped[list["Country"]] = relationship(lazy="raise", order_by="Country.iso_2")


class Country(Base):
    """A country a region may take; the table is filled by the migration."""

    __tablename__ = "country"

    iso_2: Mapped[str] = mapped_column(primary_key=True)
    iso_3: Mapped[str]
    num_code: Mapped[str]
    display_name: Mapped[str]
    region_id: Mapped[str | None] = mapped_column(ForeignKey("region.id"), index=True)


class SalesChannel(Base):
    """What a publishable key shows: products are published into channels."""

    __tablename__ = "sales_channel"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class PublishableKey(Base):
    """The key a storefront sends with every call; it names a channel and guards nothing secret."""

    __tablename__ = "publishable_key"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(unique=True)
    token: Mapped[str] = mapped_column(unique=True)
    sales_channel_id: Mapped[str] = mapped_column(ForeignKey("sales_channel.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    revoked_at: Mapped[datetime | None]


class VatRegime(Base):
    """From a day on the seller charges VAT (`liable`), or is in the franchise and charges none (french-rules §2.2).

    A shop without a row is liable.
    """

    __tablename__ = "vat_regime"
    __table_args__ = (CheckConstraint("kind IN ('liable', 'franchise')", name="kind"),)

    valid_from_on: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str]


class TaxRate(Base):
    """A VAT rate of a country for a category of goods, from a date on (french-rules §2.2)."""

    __tablename__ = "tax_rate"
    __table_args__ = (
        UniqueConstraint("country_code", "category", "valid_from_on"),
        CheckConstraint("rate >= 0 AND rate < 100", name="rate_is_percentage"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    country_code: Mapped[str] = mapped_column(ForeignKey("country.iso_2"))
    category: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    valid_from_on: Mapped[date]
