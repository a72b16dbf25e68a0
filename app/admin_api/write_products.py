"""A change of a product as staff sends it, carried out by its nouns: the catalogue, then prices, then its state.

One transaction: everything, or nothing. What is published is looked at last, when its prices are there.
"""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.admin_api.schemas_product import (
    ListedVariantBody,
    NewProductBody,
    NewVariantBody,
    PriceBody,
    ProductBody,
    ProductColumnsBody,
    VariantBatchBody,
    VariantBody,
)
from app.catalogue.change_options import OptionChanges
from app.catalogue.change_variants import VariantChanges, change_variants, delete_variants
from app.catalogue.delete_product import delete_product
from app.catalogue.queries import get_product, list_variant_ids_of
from app.catalogue.rules import NewOption, NewProduct, NewVariant, compute_handle
from app.catalogue.service import create_product
from app.catalogue.update_product import (
    ProductChanges,
    changing_product,
    demand_publishable,
    note_created,
    set_status,
    update_product,
)
from app.core.errors import InvalidRequest
from app.core.ids import new_id
from app.core.money import from_wire
from app.pricing.service import NewPrice, set_prices
from app.shop.queries import get_first_channel_id
from app.shop.rules import check_currency
from app.stock.queries import lock_levels

# The wire's names, and ours.
GOODS = {
    "weight": "weight_grams",
    "length": "length_mm",
    "width": "width_mm",
    "height": "height_mm",
    "origin_country": "origin_country",
    "hs_code": "hs_code",
    "mid_code": "mid_code",
    "material": "material",
    "metadata": "details",
}
PRODUCT = GOODS | {
    "title": "title",
    "subtitle": "subtitle",
    "description": "description",
    "handle": "handle",
    "external_id": "external_id",
    "collection_id": "collection_id",
    "type_id": "type_id",
    "discountable": "is_discountable",
    "is_giftcard": "is_giftcard",
}
VARIANT = GOODS | {
    "title": "title",
    "sku": "sku",
    "barcode": "barcode",
    "ean": "ean",
    "upc": "upc",
    "manage_inventory": "manages_stock",
    "allow_backorder": "allows_backorder",
    "variant_rank": "rank",
}
LISTS = {"tags": "tag_ids", "categories": "category_ids", "sales_channels": "sales_channel_ids"}
NEVER_NULL = frozenset(
    {"title", "handle", "discountable", "is_giftcard", "manage_inventory", "allow_backorder", "variant_rank"}
)

Asked = Mapping[str, Sequence[PriceBody]]


def make_product(session: Session, body: NewProductBody) -> str:
    """A new product with its prices, published if that is asked; its id."""
    columns = {name: value for name, value in _columns(body, PRODUCT).items() if name not in ("title", "handle")}
    channels = [each.id for each in body.sales_channels] if body.sales_channels is not None else None
    new = NewProduct(
        title=body.title,
        handle=body.handle or compute_handle(body.title),
        options=tuple(NewOption(option.title, tuple(option.values)) for option in body.options),
        variants=tuple(_new_variant(each) for each in body.variants or ()),
        image_urls=tuple(_list_urls(body)),
        category_ids=tuple(each.id for each in body.categories or ()),
        tag_ids=tuple(each.id for each in body.tags or ()),
        sales_channel_ids=tuple(channels if channels is not None else [get_first_channel_id(session)]),
        **columns,  # type: ignore[arg-type]  # names and types of the model above
    )
    product = create_product(session, new)
    ids = [variant.id for variant in product.variants]
    _ask(session, dict(zip(ids, (each.prices for each in body.variants or ()), strict=True)), confirmed=False)
    note_created(session, product.id)
    if body.status != "draft":
        set_status(session, product.id, body.status)
    return product.id


def change_product(session: Session, product_id: str, body: ProductBody, if_match: str | None = None) -> None:
    """A product as it shall be: what the body does not name stays."""
    variants = None if body.variants is None else [_variant_changes(each) for each in body.variants]
    if variants is not None:
        named = {change.id for change in variants}
        lock_levels(session, [each for each in list_variant_ids_of(session, product_id) if each not in named], "")
    lists = {
        ours: [each.id for each in getattr(body, name) or ()] for name, ours in LISTS.items() if _is_given(body, name)
    }
    changes = ProductChanges(
        **_columns(body, PRODUCT),  # type: ignore[arg-type]  # names and types of the model above
        **lists,  # type: ignore[arg-type]
        **_goods(session, product_id, body, variants),  # type: ignore[arg-type]
    )
    update_product(session, product_id, changes, if_match=if_match)
    if variants is not None:
        asked = {change.id: each.prices or () for change, each in zip(variants, body.variants or (), strict=True)}
        _ask(session, asked, confirmed=body.confirm_prices)
    if body.status is not None:
        set_status(session, product_id, body.status)
    demand_publishable(session, get_product(session, product_id))


def make_variant(session: Session, product_id: str, body: NewVariantBody, if_match: str | None = None) -> None:
    """One more variant of a product, with its prices."""
    change_batch(session, product_id, VariantBatchBody(create=[body]), if_match)


def change_variant(
    session: Session, product_id: str, variant_id: str, body: VariantBody, *, confirmed: bool, if_match: str | None
) -> None:
    """A variant as it shall be, with its prices."""
    with changing_product(session, product_id, if_match) as product:
        change_variants(session, product, [_changes_of(variant_id, body)])
    _ask(session, {variant_id: body.prices or ()}, confirmed=confirmed)
    demand_publishable(session, get_product(session, product_id))


def change_batch(
    session: Session, product_id: str, body: VariantBatchBody, if_match: str | None = None
) -> tuple[list[str], list[str]]:
    """Variants made, changed and deleted at once; the ids of the first two."""
    made = [_variant_changes(each) for each in body.create]
    lock_levels(session, body.delete, "")
    with changing_product(session, product_id, if_match) as product:
        delete_variants(session, product, body.delete)
        change_variants(session, product, [_changes_of(each.id, each) for each in body.update])
        change_variants(session, product, made)
    asked: dict[str, Sequence[PriceBody]] = {
        change.id: each.prices for change, each in zip(made, body.create, strict=True)
    }
    asked |= {each.id: each.prices or () for each in body.update}
    _ask(session, asked, confirmed=body.confirm_prices)
    demand_publishable(session, get_product(session, product_id))
    return [change.id for change in made], [each.id for each in body.update]


def remove_product(session: Session, product_id: str, if_match: str | None = None) -> None:
    """A product that nobody ever bought, away; its pieces are locked first, as a purchase locks them."""
    lock_levels(session, list_variant_ids_of(session, product_id), "")
    delete_product(session, product_id, if_match=if_match)


def _ask(session: Session, asked: Asked, *, confirmed: bool) -> None:
    news = [_new_price(variant_id, price) for variant_id, prices in asked.items() for price in prices]
    set_prices(session, news, confirmed=confirmed)


def _new_price(variant_id: str, price: PriceBody) -> NewPrice:
    code = price.currency_code.lower()
    check_currency(code)
    return NewPrice(variant_id, code, from_wire(price.amount, code))


def _columns(body: BaseModel, names: Mapping[str, str]) -> dict[str, object]:
    """What the body names, by our names."""
    given = {name: getattr(body, name) for name in names if _is_given(body, name)}
    wrong = [name for name, value in given.items() if value is None and name in NEVER_NULL and name != "handle"]
    if wrong:
        raise InvalidRequest(f"Invalid request: Field '{wrong[0]}' cannot be null")
    return {names[name]: value for name, value in given.items() if not (value is None and name == "handle")}


def _is_given(body: BaseModel, name: str) -> bool:
    return name in body.model_fields_set


def _goods(
    session: Session, product_id: str, body: ProductBody, variants: Sequence[VariantChanges] | None
) -> dict[str, object]:
    """Options, variants and pictures, where the body names them."""
    goods: dict[str, object] = {}
    if body.options is not None:
        goods["options"] = [
            OptionChanges(each.title, None if each.values is None else tuple(each.values), each.id)
            for each in body.options
        ]
    if variants is not None:
        goods["variants"] = variants
    if _is_given(body, "images"):
        goods["image_urls"] = _list_urls(body)
    elif body.thumbnail is not None:
        had = [image.url for image in get_product(session, product_id).images]
        goods["image_urls"] = _first(body.thumbnail, had)
    return goods


def _list_urls(body: ProductColumnsBody) -> list[str]:
    """The pictures in their order: the thumbnail is the first."""
    return _first(body.thumbnail, [image.url for image in body.images or ()])


def _first(thumbnail: str | None, urls: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([thumbnail, *urls] if thumbnail else urls))


def _new_variant(body: NewVariantBody) -> NewVariant:
    columns = {name: value for name, value in _columns(body, VARIANT).items() if name not in ("title", "rank")}
    return NewVariant(body.title, dict(body.options), **columns)  # type: ignore[arg-type]


def _variant_changes(body: NewVariantBody | ListedVariantBody) -> VariantChanges:
    known = body.id if isinstance(body, ListedVariantBody) else None
    return _changes_of(known or new_id("variant"), body, is_new=known is None)


def _changes_of(variant_id: str, body: NewVariantBody | VariantBody, *, is_new: bool = False) -> VariantChanges:
    columns = {name: value for name, value in _columns(body, VARIANT).items() if value is not None or name != "rank"}
    return VariantChanges(variant_id, columns, body.options, is_new=is_new)
