"""The demo shop as data: reads shop.toml into typed rows and works out each product's variants."""

import itertools
import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from app.dev.demo_shop.canvas import Rgb, rgb

TABLE = Path(__file__).with_name("shop.toml")
COLOUR = "Couleur"
PLAIN_TINT = "Gris"
ONLY_VARIANT = "Unique"


@dataclass(frozen=True)
class ShippingRow:
    """A way to send an order."""

    code: str
    name: str
    description: str
    price_cents: int
    kind: str = "shipping"
    is_return: bool = False
    free_from_cents: int | None = None


@dataclass(frozen=True)
class LocationRow:
    """Where parcels start, and where an order may be picked up."""

    name: str
    address_1: str
    postal_code: str
    city: str
    country_code: str


@dataclass(frozen=True)
class SellerRow:
    """Who sells, for invoices: nobody, with numbers whose check digits fit."""

    legal_name: str
    legal_form: str
    siret: str
    registration: str
    vat_number: str
    capital: str
    address_1: str
    postal_code: str
    city: str


@dataclass(frozen=True)
class PromotionRow:
    """A code that anybody may type; `percentage` as text so that it stays exact."""

    code: str
    percentage: str


@dataclass(frozen=True)
class SaleRow:
    """A reduction: what products cost meanwhile, by handle."""

    title: str
    prices: dict[str, int]


@dataclass(frozen=True)
class CollectionRow:
    """Products that are shown together for a while."""

    handle: str
    title: str


@dataclass(frozen=True)
class TaxRow:
    """A VAT rate of the shop's countries; `rate` in percent, as text so that it stays exact."""

    category: str
    code: str
    name: str
    rate: str
    valid_from_on: date


@dataclass(frozen=True)
class CategoryRow:
    """A shelf, and the colour behind its pictures; `parent` is the shelf it stands in."""

    handle: str
    name: str
    description: str
    background: str
    parent: str = ""


@dataclass(frozen=True)
class VariantRow:
    """One thing that can be put into a cart; `values` holds one value per option."""

    title: str
    sku: str
    values: dict[str, str]
    price_cents: int
    stock: int


@dataclass(frozen=True)
class ProductRow:
    """One product page."""

    handle: str
    title: str
    subtitle: str
    description: str
    category: str
    picture: str
    sku: str
    price_cents: int
    stock: int
    weight_grams: int
    material: str
    status: str = "published"
    tax_category: str = "standard"
    tint: str = PLAIN_TINT
    type: str = ""
    collection: str = ""
    tags: list[str] = field(default_factory=list)
    also_in: list[str] = field(default_factory=list)
    metadata: dict[str, object] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)
    price_cents_of: dict[str, int] = field(default_factory=dict)
    stock_of: dict[str, int] = field(default_factory=dict)

    @property
    def tints(self) -> list[str]:
        """The colours this product is drawn in, its first picture first."""
        return self.options.get(COLOUR, [self.tint])

    @property
    def variants(self) -> list[VariantRow]:
        """Every combination of its options, in their order."""
        rows = []
        for values in itertools.product(*self.options.values()):
            title = " / ".join(values) or ONLY_VARIANT
            rows.append(
                VariantRow(
                    title=title,
                    sku="-".join([self.sku, *map(shorten, values)]),
                    values=dict(zip(self.options, values, strict=True)),
                    price_cents=self.price_cents_of.get(title, self.price_cents),
                    stock=self.stock_of.get(title, self.stock),
                )
            )
        return rows


@dataclass(frozen=True)
class ShopTable:
    """The whole shop."""

    name: str
    contact_email: str
    channel: str
    region: str
    currency: str
    countries: list[str]
    seller: SellerRow
    shipping: list[ShippingRow]
    location: LocationRow
    promotion: PromotionRow
    sale: SaleRow
    collections: list[CollectionRow]
    taxes: list[TaxRow]
    tints: dict[str, Rgb]
    categories: list[CategoryRow]
    products: list[ProductRow]


def shorten(value: str) -> str:
    """An option's value inside a stock-keeping unit: `Vert sauge` gives `VERT-SAUGE`, `+1,0` gives `1.0`."""
    return value.upper().replace("É", "E").replace(",", ".").replace(" ", "-").lstrip("+")


def read_table(path: Path = TABLE) -> ShopTable:
    """The demo shop; a wrong key or a missing one raises TypeError or KeyError with its name."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return ShopTable(
        name=raw["name"],
        contact_email=raw["contact_email"],
        channel=raw["channel"],
        region=raw["region"],
        currency=raw["currency"],
        countries=raw["countries"],
        seller=SellerRow(**raw["seller"]),
        shipping=[ShippingRow(**row) for row in raw["shipping"]],
        location=LocationRow(**raw["location"]),
        promotion=PromotionRow(**raw["promotion"]),
        sale=SaleRow(**raw["sale"]),
        collections=[CollectionRow(**row) for row in raw["collection"]],
        taxes=[TaxRow(**row) for row in raw["tax"]],
        tints={name: rgb(value) for name, value in raw["tints"].items()},
        categories=[CategoryRow(**row) for row in raw["category"]],
        products=[ProductRow(**row) for row in raw["product"]],
    )
