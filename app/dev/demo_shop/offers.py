"""What the demo shop offers beside its products: ways to send and to send back, a code, a sale."""

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.models import Product, ProductVariant
from app.core.ids import new_id
from app.dev.demo_shop.table import ShippingRow, ShopTable
from app.pricing.models import PriceList
from app.pricing.service import NewPrice
from app.pricing.set_price_list import NewPriceList, create_price_list
from app.promotions.queries import list_promotions_by_code
from app.promotions.service import NewPromotion, create_promotion
from app.shipping.models import ShippingOption, ShippingPriceStep
from app.shipping.queries import find_option, find_option_by_code
from app.shipping.rules import PriceStep
from app.shipping.service import NewLocation, NewShippingOption, create_location, create_option
from app.shop.models import Region


def seed_shipping(session: Session, table: ShopTable, region: Region) -> None:
    """The ways to send, to fetch and to send back; one of an earlier release learns from which total on it is free."""
    place = table.location
    new = NewLocation(place.name, place.address_1, place.postal_code, place.city, place.country_code)
    location = create_location(session, new)
    for rank, row in enumerate(table.shipping):
        known = find_option_by_code(session, region.id, row.code)
        if known is None:
            create_option(session, _new_option(row, rank, region.id, location.id))
        elif row.free_from_cents is not None:
            _make_free(session, known, row.free_from_cents)


def _new_option(row: ShippingRow, rank: int, region_id: str, location_id: str) -> NewShippingOption:
    return NewShippingOption(
        region_id=region_id,
        code=row.code,
        name=row.name,
        amount_cents=row.price_cents,
        description=row.description,
        kind=row.kind,
        rank=rank,
        is_return=row.is_return,
        steps=(PriceStep(0, from_item_total_cents=row.free_from_cents),) if row.free_from_cents else (),
        location_id=location_id,
    )


def _make_free(session: Session, option: ShippingOption, from_cents: int) -> None:
    whole = find_option(session, option.id)
    if whole is not None and not whole.steps:
        step = ShippingPriceStep(id=new_id("price"), from_item_total_cents=from_cents, amount_cents=0)
        whole.steps.append(step)


def seed_promotion(session: Session, table: ShopTable) -> None:
    """The code that runs."""
    if not list_promotions_by_code(session, [table.promotion.code]):
        percentage = Decimal(table.promotion.percentage)
        create_promotion(session, NewPromotion(code=table.promotion.code, percentage=percentage))


def seed_sale(session: Session, table: ShopTable) -> None:
    """The reduction, in a transaction after the one that set the prices: a price must have been asked to be reduced."""
    if session.scalar(select(PriceList.id).where(PriceList.title == table.sale.title)) is not None:
        return
    variants = select(ProductVariant.id, Product.handle).join(Product, Product.id == ProductVariant.product_id)
    prices = [
        NewPrice(variant_id, table.currency, table.sale.prices[handle])
        for variant_id, handle in session.execute(variants.where(Product.handle.in_(table.sale.prices)))
    ]
    create_price_list(session, NewPriceList(title=table.sale.title, type="sale", prices=prices, status="active"))
