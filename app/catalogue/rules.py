"""What a product must be before it is written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from unicodedata import normalize

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
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    origin_country: str | None = None
    hs_code: str | None = None
    mid_code: str | None = None
    material: str | None = None


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
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    mid_code: str | None = None


def compute_handle(title: str) -> str:
    """The address that a title gives: `Étui souple` is `etui-souple` (store-api §11: a handle may be left out).

    Raises `InvalidProduct` where no letter or digit is left.
    """
    plain = normalize("NFKD", title.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae")).encode("ascii", "ignore")
    words = re.findall(r"[a-z0-9]+", plain.decode("ascii").lower())
    if not words:
        raise InvalidProduct("No handle can be made of this title: give one")
    return "-".join(words)


def check_new_product(new: NewProduct) -> None:
    """A product has a handle for its address, and each variant exactly one known value per option (store-api §4).

    Raises `InvalidProduct`.
    """
    if not HANDLE.fullmatch(new.handle):
        raise InvalidProduct(f"Invalid product handle '{new.handle}'. It must contain URL safe characters")
    if new.status not in STATUSES:
        raise InvalidProduct(f"Product status '{new.status}' is not one of {', '.join(STATUSES)}")
    if not new.title.strip():
        raise InvalidProduct("A product has a title")
    check_options(new.options)
    check_variants(new.options, new.variants)
    pictured = {url for variant in new.variants for url in variant.image_urls}
    if not pictured <= set(new.image_urls):
        raise InvalidProduct("A picture of a variant is one of its product's")


def check_collection_handle(handle: str) -> None:
    """A collection's handle is a plain word like a product's (store-api §4); raises `InvalidProduct`."""
    if not HANDLE.fullmatch(handle):
        raise InvalidProduct(f"Invalid collection handle '{handle}'. It must contain URL safe characters")


def check_status_change(new_status: str) -> None:
    """Published, drawn back or archived at any time; what a published one needs, the database says (S0-075).

    Raises `InvalidProduct`.
    """
    if new_status not in STATUSES:
        raise InvalidProduct(f"Product status '{new_status}' is not one of {', '.join(STATUSES)}")


def check_handle_change(handle: str, new_handle: str, *, was_published: bool) -> None:
    """The address of a product that was ever published stays (store-api §11); the database says the same.

    Raises `InvalidProduct`.
    """
    if new_handle != handle and was_published:
        raise InvalidProduct(
            "The handle of a published product cannot change: links to it would break. Create another product, and"
            " archive this one."
        )
    if not HANDLE.fullmatch(new_handle):
        raise InvalidProduct(f"Invalid product handle '{new_handle}'. It must contain URL safe characters")


def check_category_handle(handle: str) -> None:
    """A category's handle is a path of plain words (store-api §4); raises `InvalidProduct`."""
    if not CATEGORY_HANDLE.fullmatch(handle):
        raise InvalidProduct(f"Invalid category handle '{handle}'. It must contain URL safe characters")


def check_category_place(category_id: str, parent_id: object, parents: Mapping[str, str | None]) -> None:
    """A shelf stands neither in itself nor in one that stands in it; `parents`: in which each stands (store-api §4).

    Raises `InvalidProduct`.
    """
    above, seen = parent_id, set[object]()
    while isinstance(above, str) and above not in seen:
        if above == category_id:
            raise InvalidProduct("A product category cannot stand in itself, nor in one of those inside it")
        seen.add(above)
        above = parents.get(above)


def check_options(options: Sequence[NewOption]) -> None:
    """Each option once, each with values, each of them once (store-api §11); raises `InvalidProduct`."""
    titles = [option.title for option in options]
    if len(set(titles)) != len(titles):
        raise InvalidProduct("Two options have the same title")
    for option in options:
        if not option.values or len(set(option.values)) != len(option.values):
            raise InvalidProduct(f"Option {option.title} needs values, each of them once")


def check_variants(options: Sequence[NewOption], variants: Sequence[NewVariant]) -> None:
    """Each variant has one known value per option, and no two the same ones (store-api §4); raises `InvalidProduct`."""
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
