"""Puts the demo shop into the database through the services, as a person would; what is there stays as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.models import Product, ProductCategory
from app.catalogue.rules import NewOption, NewProduct, NewVariant
from app.catalogue.service import create_category, create_product
from app.core.auth import hash_password
from app.dev.demo_shop.arrange import arrange
from app.dev.demo_shop.offers import seed_promotion, seed_shipping
from app.dev.demo_shop.table import ProductRow, ShopTable
from app.pricing.service import set_price
from app.shop.models import Region
from app.shop.queries import (
    find_key_by_title,
    find_region_by_name,
    find_sales_channel_by_name,
    find_shop,
    lock_seller,
)
from app.shop.service import (
    NewTaxRate,
    create_publishable_key,
    create_region,
    create_sales_channel,
    set_shop,
    set_tax_rate,
)
from app.shop.set_seller import SellerIdentity, set_seller
from app.staff.service import accept_invitation, invite
from app.stock.service import receive

KEY_TITLE = "Boutique de démonstration"
STOCK_REFERENCE = "demo shop"
ORIGIN = "fr"


@dataclass(frozen=True)
class Owner:
    """Who may log in to the Admin."""

    email: str
    password: str


def seed(session: Session, table: ShopTable, pictures: Mapping[str, Sequence[str]], owner: Owner) -> str:
    """Make what is missing, in the caller's transaction; the publishable key's token."""
    region = _seed_region(session, table)
    seed_shipping(session, table, region)
    channel = find_sales_channel_by_name(session, table.channel) or create_sales_channel(session, table.channel)
    key = find_key_by_title(session, KEY_TITLE) or create_publishable_key(session, KEY_TITLE, channel.id)
    categories = _seed_categories(session, table)
    known = set(session.scalars(select(Product.handle)))
    for row in table.products:
        if row.handle not in known:
            urls = tuple(f"/static/{name}" for name in pictures[row.handle])
            _seed_product(session, row, table.currency, describe(row, urls, categories[row.category], channel.id))
    arrange(session, table, categories)
    seed_promotion(session, table)
    _seed_owner(session, owner)
    return key.token


def _seed_region(session: Session, table: ShopTable) -> Region:
    region = find_region_by_name(session, table.region)
    region = region or create_region(session, table.region, table.currency, table.countries)
    if find_shop(session) is None:
        set_shop(session, name=table.name, contact_email=table.contact_email, default_region_id=region.id)
    if lock_seller(session) is None:
        set_seller(session, SellerIdentity(**asdict(table.seller)))
    for country in table.countries:
        for row in table.taxes:
            rate = Decimal(row.rate)
            set_tax_rate(session, NewTaxRate(country, row.category, row.code, row.name, rate, row.valid_from_on))
    return region


def _seed_categories(session: Session, table: ShopTable) -> dict[str, str]:
    """Category ids by handle."""
    known = {category.handle: category.id for category in session.scalars(select(ProductCategory))}
    for rank, row in enumerate(table.categories):
        if row.handle not in known:
            parent_id = known[row.parent] if row.parent else None
            made = create_category(
                session,
                row.name,
                row.handle,
                description=row.description,
                rank=rank,
                parent_category_id=parent_id,
            )
            known[row.handle] = made.id
    return known


def describe(row: ProductRow, urls: tuple[str, ...], category_id: str, channel_id: str) -> NewProduct:
    """The row as the catalogue wants it."""
    return NewProduct(
        title=row.title,
        handle=row.handle,
        variants=tuple(
            NewVariant(title=variant.title, options=variant.values, sku=variant.sku, weight_grams=row.weight_grams)
            for variant in row.variants
        ),
        options=tuple(NewOption(title, tuple(values)) for title, values in row.options.items()),
        subtitle=row.subtitle,
        description=row.description,
        status=row.status,
        tax_category=row.tax_category,
        weight_grams=row.weight_grams,
        origin_country=ORIGIN,
        material=row.material,
        image_urls=urls,
        category_ids=(category_id,),
        sales_channel_ids=(channel_id,),
    )


def _seed_product(session: Session, row: ProductRow, currency: str, new: NewProduct) -> None:
    product = create_product(session, new)
    for variant, wanted in zip(product.variants, row.variants, strict=True):
        set_price(session, variant.id, currency, wanted.price_cents)
        if wanted.stock:
            receive(session, variant.id, wanted.stock, STOCK_REFERENCE)


def _seed_owner(session: Session, owner: Owner) -> None:
    token = invite(session, owner.email, "owner")
    if token is not None:
        session.flush()  # the invitation is looked up by its token
        accept_invitation(session, token, hash_password(owner.password))
