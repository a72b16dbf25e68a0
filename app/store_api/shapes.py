"""Shapes that several answers share: instants, amounts, regions, addresses, totals."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, PlainSerializer

from app.carts.rules import ChargeTotals, Totals, add_up
from app.core.db import Json
from app.core.money import WireAmount, to_wire
from app.core.settings import get_settings
from app.customers.models import AddressColumns
from app.shop.models import Country, Region


def write_instant(instant: datetime) -> str:
    """ISO 8601 UTC with milliseconds: `2026-11-20T20:42:26.990Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


WireInstant = Annotated[datetime, PlainSerializer(write_instant, return_type=str, when_used="json")]
WireRate = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""A number that is no amount, such as a VAT rate in percent."""


def is_absent(value: object) -> bool:
    """For `Field(exclude_if=...)`: keys that Medusa leaves out where other keys would be null."""
    return value is None


class CountryOut(BaseModel):
    """A country; its code in lower case."""

    iso_2: str
    iso_3: str
    num_code: str
    name: str
    display_name: str
    region_id: str | None


class RegionOut(BaseModel):
    """A region with its countries."""

    id: str
    name: str
    currency_code: str
    automatic_taxes: bool
    metadata: Json | None
    created_at: WireInstant
    updated_at: WireInstant
    deleted_at: WireInstant | None
    countries: list[CountryOut]


class AddressOut(BaseModel):
    """A postal address."""

    id: str
    first_name: str | None
    last_name: str | None
    phone: str | None
    company: str | None
    address_1: str | None
    address_2: str | None
    city: str | None
    country_code: str | None
    province: str | None
    postal_code: str | None
    metadata: Json | None


ADDRESS_FIELDS = tuple(name for name in AddressOut.model_fields if name not in ("id", "metadata"))


class ChargeOut(BaseModel):
    """The totals of one line or one way of sending."""

    total: WireAmount
    subtotal: WireAmount
    tax_total: WireAmount
    discount_total: WireAmount
    discount_subtotal: WireAmount
    discount_tax_total: WireAmount
    original_total: WireAmount
    original_subtotal: WireAmount
    original_tax_total: WireAmount


class TotalsOut(ChargeOut):
    """The totals of a cart or an order (store-api §1)."""

    item_total: WireAmount
    item_subtotal: WireAmount
    item_tax_total: WireAmount
    item_discount_total: WireAmount
    original_item_total: WireAmount
    original_item_subtotal: WireAmount
    original_item_tax_total: WireAmount
    shipping_total: WireAmount
    shipping_subtotal: WireAmount
    shipping_tax_total: WireAmount
    shipping_discount_total: WireAmount
    original_shipping_total: WireAmount
    original_shipping_subtotal: WireAmount
    original_shipping_tax_total: WireAmount
    credit_line_total: WireAmount
    credit_line_subtotal: WireAmount
    credit_line_tax_total: WireAmount


class TaxLineOut(BaseModel):
    """The VAT on a line; `rate` is in percent."""

    id: str
    description: str
    code: str
    rate: WireRate
    provider_id: str
    total: WireAmount
    subtotal: WireAmount


class AdjustmentOut(BaseModel):
    """What a promotion takes off a line."""

    id: str
    code: str | None
    promotion_id: str | None
    amount: WireAmount
    is_tax_inclusive: bool


def charge_values(charge: ChargeTotals, currency_code: str) -> dict[str, Decimal]:
    """The fields of `ChargeOut`."""
    return {name: to_wire(cents, currency_code) for name, cents in charge_cents(charge).items()}


def totals_values(totals: Totals, currency_code: str) -> dict[str, Decimal]:
    """The fields of `TotalsOut`."""
    return {name: to_wire(cents, currency_code) for name, cents in totals_cents(totals).items()}


def charge_cents(charge: ChargeTotals) -> dict[str, int]:
    """The names of store-api §1 for what one charge, or all of them together, come to."""
    return {
        "total": charge.total_cents,
        "subtotal": charge.subtotal_cents,
        "tax_total": charge.tax_cents,
        "discount_total": charge.discount_cents,
        "discount_subtotal": charge.discount_subtotal_cents,
        "discount_tax_total": charge.discount_tax_cents,
        "original_total": charge.original_total_cents,
        "original_subtotal": charge.subtotal_cents,
        "original_tax_total": charge.original_tax_cents,
    }


def totals_cents(totals: Totals) -> dict[str, int]:
    """The same for a whole cart or order, goods and carriage apart too; nothing is paid by credit."""
    item, shipping = totals.item_sum, totals.shipping_sum
    return {
        **charge_cents(add_up((item, shipping))),
        **_part_cents("item", item),
        **_part_cents("shipping", shipping),
        **dict.fromkeys(("credit_line_total", "credit_line_subtotal", "credit_line_tax_total"), 0),
    }


def _part_cents(part: str, charge: ChargeTotals) -> dict[str, int]:
    return {
        f"{part}_total": charge.total_cents,
        f"{part}_subtotal": charge.subtotal_cents,
        f"{part}_tax_total": charge.tax_cents,
        f"{part}_discount_total": charge.discount_cents,
        f"original_{part}_total": charge.original_total_cents,
        f"original_{part}_subtotal": charge.subtotal_cents,
        f"original_{part}_tax_total": charge.original_tax_cents,
    }


def region_out(region: Region) -> RegionOut:
    """A region whose countries are loaded."""
    return RegionOut(
        id=region.id,
        name=region.name,
        currency_code=region.currency_code,
        automatic_taxes=True,
        metadata=None,
        created_at=region.created_at,
        updated_at=region.updated_at,
        deleted_at=None,
        countries=_countries(region.countries),
    )


def _countries(countries: Sequence[Country]) -> list[CountryOut]:
    return [
        CountryOut(
            iso_2=country.iso_2,
            iso_3=country.iso_3,
            num_code=country.num_code,
            name=country.display_name.upper(),
            display_name=country.display_name,
            region_id=country.region_id,
        )
        for country in countries
    ]


def address_out(address_id: str | None, address: AddressColumns | None) -> AddressOut | None:
    """An address of a cart or an order, or null."""
    if address_id is None or address is None:
        return None
    columns = {name: getattr(address, name) for name in ADDRESS_FIELDS}
    return AddressOut.model_validate({"id": address_id, "metadata": address.details, **columns})


def absolute_url(path: str | None) -> str | None:
    """A picture's address: ours are kept as paths below the shop's public address."""
    if path is None or not path.startswith("/"):
        return path
    return f"{get_settings().public_url.rstrip('/')}{path}"
