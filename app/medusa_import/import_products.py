"""Products with everything below them: options, variants, pictures (where Medusa keeps them), prices."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from app.catalogue.models import Product, ProductVariant
from app.catalogue.queries import PUBLISHED, list_publishing_faults
from app.catalogue.rules import NewOption, NewProduct, NewVariant
from app.catalogue.service import create_product
from app.catalogue.update_product import set_status
from app.core.errors import Refusal
from app.core.money import to_wire
from app.medusa_import import queries
from app.medusa_import.errors import LeftOut
from app.medusa_import.record_taken import Figure, Run, Taking
from app.medusa_import.rules import compute_cents
from app.medusa_import.schemas import ImageIn, MeasuresIn, Named, PriceIn, ProductIn, VariantIn
from app.pricing.service import NewPrice, set_prices
from app.shop.rules import check_currency

VARIANT, PRICE, IMAGE = "variant", "price", "image"


def list_product_figures(product: ProductIn) -> list[Figure]:
    """What a product brings."""
    return [
        Figure("product"),
        *(Figure(VARIANT) for _ in product.variants),
        *(Figure(IMAGE) for _ in product.images),
        *(figure_of(price) for variant in product.variants for price in variant.prices),
    ]


def figure_of(price: PriceIn, kind: str = PRICE) -> Figure:
    """A price, counted in cents of its currency."""
    return Figure(kind, price.currency_code.lower(), price.amount / to_wire(1, price.currency_code))


def note_takers(run: Run, product: ProductIn) -> None:
    """Which variants take pieces of which stock: needed once the stock is read."""
    for variant in product.variants:
        for link in variant.inventory_items:
            run.takers[link.inventory_item_id].append((variant.id, link.required_quantity))
            run.stocks_of[variant.id] += 1


def import_product(taking: Taking, product: ProductIn) -> str:
    """A product, first as a draft; published once its prices are there, if nothing is missing then."""
    if queries.is_handle_taken(taking.session, product.handle):
        raise LeftOut("handle_taken", product.handle)
    made = create_product(taking.session, _describe(taking, product))
    made.created_at = product.created_at
    for image, external in zip(made.images, _distinct_images(product), strict=True):
        taking.keep(image.id, Figure(IMAGE), external_id=external.id)
    for variant, source in zip(made.variants, product.variants, strict=True):
        taking.keep(variant.id, Figure(VARIANT), external_id=source.id)
    taking.session.flush()  # prices name the variants
    _set_prices(taking, made.variants, product.variants)
    if product.status == PUBLISHED:
        _publish(taking, made)
    return made.id


def _describe(taking: Taking, product: ProductIn) -> NewProduct:
    if product.status not in ("draft", PUBLISHED):
        taking.note("taken_as_draft", product.status)
    images = _distinct_images(product)
    for doubled in (each for each in product.images if each not in images):
        taking.leave(Figure(IMAGE), doubled.id, "same_picture_twice")
    urls = {image.id: image.url for image in images}
    titles = {option.id: option.title for option in product.options}
    used = {value.option_id for variant in product.variants for value in variant.options}
    return NewProduct(
        title=product.title,
        handle=product.handle,
        subtitle=product.subtitle,
        description=product.description,
        variants=tuple(_describe_variant(taking, each, titles, urls) for each in product.variants),
        options=tuple(
            NewOption(option.title, tuple(dict.fromkeys(value.value for value in option.values)))
            for option in product.options
            if option.id in used or option.values
        ),
        image_urls=tuple(urls.values()),
        category_ids=_found(taking, "category", product.categories),
        tag_ids=_found(taking, "tag", product.tags),
        sales_channel_ids=_found(taking, "sales_channel", product.sales_channels),
        collection_id=taking.find("collection", product.collection_id),
        type_id=taking.find("type", product.type_id),
        details=product.metadata,
        external_id=product.id,
        is_discountable=product.discountable,
        is_giftcard=product.is_giftcard,
        hs_code=product.hs_code,
        mid_code=product.mid_code,
        origin_country=product.origin_country,
        material=product.material,
        weight_grams=_measure(taking, product, "weight", product.id),
        length_mm=_measure(taking, product, "length", product.id),
        width_mm=_measure(taking, product, "width", product.id),
        height_mm=_measure(taking, product, "height", product.id),
    )


def _describe_variant(taking: Taking, variant: VariantIn, titles: dict[str, str], urls: dict[str, str]) -> NewVariant:
    if variant.allow_backorder:
        taking.note("backorder_not_offered", kind=VARIANT, external_id=variant.id)
    if variant.sku is None or not variant.sku.strip():
        taking.note("without_sku", kind=VARIANT, external_id=variant.id)
    return NewVariant(
        title=variant.title or variant.sku or "-",
        options={titles[each.option_id]: each.value for each in variant.options if each.option_id in titles},
        sku=(variant.sku or "").strip() or None,
        barcode=variant.barcode,
        ean=variant.ean,
        upc=variant.upc,
        manages_stock=variant.manage_inventory,
        details=variant.metadata,
        image_urls=tuple(urls[each.id] for each in variant.images if each.id in urls),
        hs_code=variant.hs_code,
        mid_code=variant.mid_code,
        origin_country=variant.origin_country,
        material=variant.material,
        weight_grams=_measure(taking, variant, "weight", variant.id),
        length_mm=_measure(taking, variant, "length", variant.id),
        width_mm=_measure(taking, variant, "width", variant.id),
        height_mm=_measure(taking, variant, "height", variant.id),
    )


def _distinct_images(product: ProductIn) -> list[ImageIn]:
    """A picture that is there twice is shown once."""
    first: dict[str, ImageIn] = {}
    for image in product.images:
        first.setdefault(image.url, image)
    return list(first.values())


def _found(taking: Taking, kind: str, named: Iterable[Named]) -> tuple[str, ...]:
    found = []
    for each in named:
        local_id = taking.find(kind, each.id)
        if local_id is None:
            taking.note("points_nowhere", f"{kind} {each.id}")
        else:
            found.append(local_id)
    return tuple(dict.fromkeys(found))


def _measure(taking: Taking, measured: MeasuresIn, name: str, external_id: str) -> int | None:
    """Medusa has no units; whole numbers are taken as grams and millimetres."""
    value = getattr(measured, name)
    if value is None or value == "":
        return None
    try:
        number = Decimal(value)
        if number == number.to_integral_value() and 0 <= number < 1_000_000_000:
            return int(number)
    except InvalidOperation:
        pass
    taking.note("measure_unusable", f"{name} {value}", external_id=external_id)
    return None


def _set_prices(taking: Taking, made: list[ProductVariant], sources: Iterable[VariantIn]) -> None:
    wanted: dict[tuple[str, str], tuple[NewPrice, PriceIn]] = {}
    for variant, source in zip(made, sources, strict=True):
        for price in source.prices:
            try:
                new = _demand_price(taking, variant.id, price)
                if (variant.id, new.currency_code) in wanted:
                    raise LeftOut("price_twice", new.currency_code)
            except Refusal as refused:
                leave_price(taking, price, refused)
            else:
                wanted[variant.id, new.currency_code] = (new, price)
    set_prices(taking.session, [new for new, _ in wanted.values()], confirmed=True, reason="medusa")
    for new, price in wanted.values():
        taking.keep(new.variant_id, figure_of(price), external_id=price.id)


def leave_price(taking: Taking, price: PriceIn, refused: Refusal, kind: str = PRICE) -> None:
    """This price is left out, what it belongs to is taken."""
    code = refused.reason if isinstance(refused, LeftOut) else refused.code
    detail = refused.detail if isinstance(refused, LeftOut) else refused.message
    taking.leave(figure_of(price, kind), price.id, code, detail)


def _demand_price(taking: Taking, variant_id: str, price: PriceIn) -> NewPrice:
    """What everybody pays in a currency of the shop, VAT in; raises `LeftOut`, `UnknownCurrency`."""
    if price.rules:
        raise LeftOut("price_with_rules", ", ".join(sorted(price.rules)))
    if price.min_quantity is not None or price.max_quantity is not None:
        raise LeftOut("price_for_quantities", f"{price.min_quantity}-{price.max_quantity}")
    return demand_amount(taking, variant_id, price)


def demand_amount(taking: Taking, variant_id: str, price: PriceIn) -> NewPrice:
    """The amount in cents; raises `LeftOut` for one that cannot be asked here, `UnknownCurrency`."""
    code = price.currency_code.lower()
    check_currency(code)
    if queries.find_region_of_currency(taking.session, code) is None:
        raise LeftOut("currency_without_region", code)
    if code not in taking.run.gross_currencies and not taking.run.prices_are_final:
        raise LeftOut("price_without_vat", code)
    return NewPrice(variant_id, code, compute_cents(price.amount, code))


def _publish(taking: Taking, product: Product) -> None:
    """What the database asks of a published product may be missing: then it waits as a draft."""
    faults = list_publishing_faults(taking.session, product.id)
    if faults:
        taking.note("not_published", ", ".join(faults))
    else:
        set_status(taking.session, product.id, PUBLISHED)
