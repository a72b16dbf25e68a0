"""Products with a price and pieces on the shelf."""

from dataclasses import replace

from sqlalchemy.orm import Session

from app.catalogue.models import Product
from app.catalogue.rules import NewOption, NewProduct, NewVariant
from app.catalogue.service import create_product
from app.pricing.service import set_price
from app.stock.service import receive


def make_product(
    session: Session,
    channel_id: str,
    *,
    handle: str = "aura",
    title: str = "Aura",
    status: str = "published",
    colours: tuple[str, ...] = ("Noir",),
    price_cents: int | None = 34_900,
    currency_code: str = "eur",
    stock: int = 10,
    tax_category: str = "standard",
    manages_stock: bool = True,
    requires_shipping: bool = True,
    category_ids: tuple[str, ...] = (),
    collection_id: str | None = None,
    type_id: str | None = None,
    tag_ids: tuple[str, ...] = (),
) -> Product:
    """A product with one variant per colour, each at this price (None: no price) and with so many pieces."""
    new = NewProduct(
        title=title,
        handle=handle,
        subtitle="Monture connectée",
        description="Une monture légère.",
        status=status,
        tax_category=tax_category,
        options=(NewOption("Couleur", colours),),
        variants=variants_of(handle, colours, manages_stock, requires_shipping),
        image_urls=(f"/static/{handle}-1.webp", f"/static/{handle}-2.webp"),
        category_ids=category_ids,
        collection_id=collection_id,
        type_id=type_id,
        tag_ids=tag_ids,
        sales_channel_ids=(channel_id,),
        details={"collection": "hiver"},
    )
    product = create_product(session, new)
    fill_shelf(session, product, price_cents, currency_code, stock)
    return product


def make_priced(session: Session, new: NewProduct, price_cents: int = 34_900) -> Product:
    """The product as it is described, with this price on each variant; one that is to be published has a picture."""
    product = create_product(session, replace(new, image_urls=new.image_urls or (f"/static/{new.handle}-1.webp",)))
    fill_shelf(session, product, price_cents, "eur", 0)
    return product


def fill_shelf(session: Session, product: Product, price_cents: int | None, currency_code: str, stock: int) -> None:
    """Each variant at this price, and with so many pieces."""
    for variant in product.variants:
        if price_cents is not None:
            set_price(session, variant.id, currency_code, price_cents)
        if stock:
            receive(session, variant.id, stock, "test")


def variants_of(
    handle: str, colours: tuple[str, ...], manages_stock: bool, requires_shipping: bool
) -> tuple[NewVariant, ...]:
    """One variant per colour, its SKU made of the handle and the colour."""
    return tuple(
        NewVariant(
            title=colour,
            options={"Couleur": colour},
            sku=f"{handle}-{colour}".upper(),
            manages_stock=manages_stock,
            requires_shipping=requires_shipping,
        )
        for colour in colours
    )
