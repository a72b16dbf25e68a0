"""Setting a shop up: what exists is refused by `create_`, corrected by `set_`."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.catalogue.errors import CategoryNotFound, HandleTaken, SkuTaken, UnknownReference
from app.catalogue.rules import NewProduct, NewVariant
from app.core.db import unit_of_work
from app.core.errors import Refusal
from app.pricing.models import Price
from app.pricing.service import set_price
from app.shipping.errors import CodeTaken
from app.shop import service
from app.shop.errors import (
    CurrencyCountedOtherwise,
    NameTaken,
    RegionNotFound,
    SalesChannelNotFound,
    UnknownCountry,
    UnknownCurrency,
)
from app.shop.models import Country, TaxRate
from app.shop.queries import find_region_by_name, find_sales_channel_by_name, find_shop, list_tax_rates
from app.stock.errors import UnknownPiece
from app.stock.models import StockMovement
from app.stock.queries import list_available
from app.stock.service import receive
from tests.factories.catalogue import make_product
from tests.factories.shipping import make_shipping_option
from tests.factories.shop import MadeShop, make_tax_rate

TABLES = ("region", "sales_channel", "publishable_key", "product", "product_variant", "product_category",
          "shipping_option", "stock_level")  # fmt: skip


def counts() -> list[int]:
    """How many rows each table has."""
    with unit_of_work("test") as session:
        return [session.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in TABLES]  # noqa: S608 - own names


def test_what_exists_or_cannot_be_is_refused(shop: MadeShop) -> None:
    with unit_of_work("test") as session:
        product_id = make_product(session, shop.channel.id).id
        make_shipping_option(session, shop.region.id)
        catalogue.create_category(session, "Lunettes", "lunettes")
    variant = NewVariant("Noir", sku="AURA-NOIR")
    attempts: list[tuple[type[Refusal], Callable[[Session], object]]] = [
        (NameTaken, lambda session: service.create_region(session, "France", "eur", ["be"])),
        (UnknownCountry, lambda session: service.create_region(session, "Europe", "eur", ["fr"])),
        (UnknownCountry, lambda session: service.create_region(session, "Mars", "eur", ["zz"])),
        (UnknownCurrency, lambda session: service.create_region(session, "Mars", "zzz", ["be"])),
        (CurrencyCountedOtherwise, lambda session: service.create_region(session, "Islande", "isk", ["is"])),
        (NameTaken, lambda session: service.create_sales_channel(session, "Boutique en ligne")),
        (NameTaken, lambda session: service.create_publishable_key(session, "Boutique", shop.channel.id)),
        (SalesChannelNotFound, lambda session: service.create_publishable_key(session, "Salon", "sc_x")),
        (RegionNotFound, lambda session: service.set_shop(session, name="B", contact_email="", default_region_id="x")),
        (UnknownCountry, lambda session: make_tax_rate(session, country_code="zz")),
        (HandleTaken, lambda session: make_product(session, shop.channel.id)),
        (SkuTaken, lambda session: catalogue.create_product(session, NewProduct("Autre", "autre", (variant,)))),
        (UnknownReference, lambda session: make_product(session, "sc_x", handle="b")),
        (UnknownReference, lambda session: make_product(session, shop.channel.id, handle="b", category_ids=("x",))),
        (HandleTaken, lambda session: catalogue.create_category(session, "L", "lunettes")),
        (CategoryNotFound, lambda session: catalogue.create_category(session, "L", "l", parent_category_id="x")),
        (CodeTaken, lambda session: make_shipping_option(session, shop.region.id)),
        (RegionNotFound, lambda session: make_shipping_option(session, "reg_x")),
        (UnknownPiece, lambda session: receive(session, product_id, 1)),
    ]
    before = counts()
    for refusal, attempt in attempts:
        with pytest.raises(refusal), unit_of_work("test") as session:
            attempt(session)
    assert counts() == before


def test_what_is_set_again_is_corrected(shop: MadeShop) -> None:
    with unit_of_work("test") as session:
        variant_id = make_product(session, shop.channel.id, stock=3).variants[0].id
        set_price(session, variant_id, "eur", 29_900)
        set_price(session, variant_id, "eur", 39_900)
        make_tax_rate(session, rate=Decimal("19.60"))
        make_tax_rate(session, rate=Decimal("21.00"), valid_from_on=date(2027, 1, 1))
        receive(session, variant_id, 4, "BL-12")
        service.set_shop(session, name="Autre", contact_email="A@Example.com", default_region_id=shop.region.id)
    with unit_of_work("test") as session:
        assert session.scalars(select(Price.amount_cents)).all() == [39_900]
        assert session.scalar(select(func.count()).select_from(TaxRate)) == 3
        rates = {
            day: list_tax_rates(session, "fr", day)["standard"].rate for day in (date(2026, 12, 31), date(2027, 1, 1))
        }
        assert rates == {date(2026, 12, 31): Decimal("19.60"), date(2027, 1, 1): Decimal("21.00")}
        assert list_tax_rates(session, "be", date(2026, 1, 1)) == {}
        assert list_available(session, [variant_id]) == {variant_id: 7}
        movements = session.execute(select(StockMovement.delta, StockMovement.reason, StockMovement.reference))
        assert [tuple(row) for row in movements] == [(3, "receipt", "test"), (4, "receipt", "BL-12")]
        found = find_shop(session)
        assert found is not None
        assert (found.name, found.contact_email) == ("Autre", "a@example.com")


def test_a_region_takes_its_countries(shop: MadeShop) -> None:
    with unit_of_work("test") as session:
        region = find_region_by_name(session, "France")
        assert region is not None
        assert [country.iso_2 for country in region.countries] == ["fr"]
        assert session.get_one(Country, "fr").region_id == shop.region.id
        assert session.get_one(Country, "be").region_id is None
        assert find_region_by_name(session, "Europe") is None
        assert find_sales_channel_by_name(session, "Salon") is None
        assert shop.key.token.startswith("pk_")
        assert len(shop.key.token) == len("pk_") + 64
