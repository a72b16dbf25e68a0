"""What a product must be before it is written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.catalogue.errors import InvalidProduct

HANDLE = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
CATEGORY_HANDLE = re.compile(r"[a-z0-9]+(?:[-_./][a-z0-9]+)*")  # the starter joins path segments with `/`
STATUSES = ("draft", "published", "archived")


@dataclass(frozen=True)
class NewOption:
    """A dimension of a product and its values, in the order they are shown."""

    title: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class NewVariant:
    """One thing to buy; `options` holds one value per option of its product, `image_urls` some of its pictures."""

    title: str
    options: Mapping[str, str] = field(default_factory=dict)
    sku: str | None = None
    barcode: str | None = None
    manages_stock: bool = True
    requires_shipping: bool = True
    weight_grams: int | None = None
    details: Mapping[str, object] | None = None
    ean: str | None = None
    upc: str | None = None
    allows_backorder: bool = False
    image_urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class NewProduct:
    """A product with everything below it; pictures are paths below the shop's address, the first is the thumbnail."""

    title: str
    handle: str
    variants: tuple[NewVariant, ...]
    options: tuple[NewOption, ...] = ()
    subtitle: str | None = None
    description: str | None = None
    status: str = "draft"
    tax_category: str = "standard"
    weight_grams: int | None = None
    origin_country: str | None = None
    material: str | None = None
    image_urls: tuple[str, ...] = ()
    category_ids: tuple[str, ...] = ()
    sales_channel_ids: tuple[str, ...] = ()
    details: Mapping[str, object] | None = None
    collection_id: str | None = None
    type_id: str | None = None
    tag_ids: tuple[str, ...] = ()
    external_id: str | None = None
    is_discountable: bool = True
    is_giftcard: bool = False
    hs_code: str | None = None


def check_new_product(new: NewProduct) -> None:
    """A product has a handle for its address, and each variant exactly one known value per option (store-api §4).

    Raises `InvalidProduct`.
    """
    if not HANDLE.fullmatch(new.handle):
        raise InvalidProduct(f"Invalid product handle '{new.handle}'. It must contain URL safe characters")
    if new.status not in STATUSES:
        raise InvalidProduct(f"Product status '{new.status}' is not one of {', '.join(STATUSES)}")
    if not new.title.strip() or not new.variants:
        raise InvalidProduct("A product has a title and at least one variant")
    _check_options(new.options)
    _check_variants(new.options, new.variants)
    pictured = {url for variant in new.variants for url in variant.image_urls}
    if not pictured <= set(new.image_urls):
        raise InvalidProduct("A picture of a variant is one of its product's")


def check_collection_handle(handle: str) -> None:
    """A collection's handle is a plain word like a product's (store-api §4); raises `InvalidProduct`."""
    if not HANDLE.fullmatch(handle):
        raise InvalidProduct(f"Invalid collection handle '{handle}'. It must contain URL safe characters")


def check_status_change(new_status: str, *, has_picture: bool) -> None:
    """A product is published once it has a picture to show (S0-075); drawn back or archived at any time.

    Raises `InvalidProduct`.
    """
    if new_status not in STATUSES:
        raise InvalidProduct(f"Product status '{new_status}' is not one of {', '.join(STATUSES)}")
    if new_status == "published" and not has_picture:
        raise InvalidProduct("A product needs a picture to be published")


def check_handle_change(handle: str, new_handle: str, *, was_published: bool) -> None:
    """The address of a product that was ever published stays (store-api §11); the database says the same.

    Raises `InvalidProduct`.
    """
    if new_handle != handle and was_published:
        raise InvalidProduct("The handle of a published product cannot change")
    if not HANDLE.fullmatch(new_handle):
        raise InvalidProduct(f"Invalid product handle '{new_handle}'. It must contain URL safe characters")


def check_category_handle(handle: str) -> None:
    """A category's handle is a path of plain words (store-api §4); raises `InvalidProduct`."""
    if not CATEGORY_HANDLE.fullmatch(handle):
        raise InvalidProduct(f"Invalid category handle '{handle}'. It must contain URL safe characters")


def _check_options(options: Sequence[NewOption]) -> None:
    titles = [option.title for option in options]
    if len(set(titles)) != len(titles):
        raise InvalidProduct("Two options have the same title")
    for option in options:
        if not option.values or len(set(option.values)) != len(option.values):
            raise InvalidProduct(f"Option {option.title} needs values, each of them once")


def _check_variants(options: Sequence[NewOption], variants: Sequence[NewVariant]) -> None:
    allowed = {option.title: set(option.values) for option in options}
    seen: set[tuple[tuple[str, str], ...]] = set()
    for variant in variants:
        if variant.allows_backorder:
            raise InvalidProduct(f"Variant {variant.title} cannot be sold without pieces: backorders are not offered")
        if set(variant.options) != set(allowed):
            raise InvalidProduct(f"Variant {variant.title} needs one value for each of: {', '.join(allowed)}")
        strange = [value for title, value in variant.options.items() if value not in allowed[title]]
        if strange:
            raise InvalidProduct(f"Option value {strange[0]} does not exist for variant {variant.title}")
        combination = tuple(sorted(variant.options.items()))
        if combination in seen:
            raise InvalidProduct(f"Variant {variant.title} has the same options as another one")
        seen.add(combination)
