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
    """One thing to buy; `options` holds one value per option of its product."""

    title: str
    options: Mapping[str, str] = field(default_factory=dict)
    sku: str | None = None
    barcode: str | None = None
    manages_stock: bool = True
    requires_shipping: bool = True
    weight_grams: int | None = None
    details: Mapping[str, object] | None = None


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
        if set(variant.options) != set(allowed):
            raise InvalidProduct(f"Variant {variant.title} needs one value for each of: {', '.join(allowed)}")
        strange = [value for title, value in variant.options.items() if value not in allowed[title]]
        if strange:
            raise InvalidProduct(f"Option value {strange[0]} does not exist for variant {variant.title}")
        combination = tuple(sorted(variant.options.items()))
        if combination in seen:
            raise InvalidProduct(f"Variant {variant.title} has the same options as another one")
        seen.add(combination)
