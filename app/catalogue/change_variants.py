"""The variants of a product: made, changed, deleted unless they were sold."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.catalogue.errors import InvalidProduct, ProductPromised, ProductSold, VariantNotFound
from app.catalogue.models import Product, ProductOptionValue, ProductVariant
from app.catalogue.rules import NewOption, NewVariant, check_options, check_variants
from app.catalogue.service import make_variant
from app.core.clock import utc_now
from app.core.errors import Refusal

# By whom the database refuses to delete what is in orders, or is being paid for (migration 0024).
KEPT: Mapping[str, type[Refusal]] = {
    "keep_sold": ProductSold,
    "keep_promised": ProductPromised,
    "fk_order_line_product_id": ProductSold,
    "fk_order_line_variant_id": ProductSold,
}


@dataclass(frozen=True)
class VariantChanges:
    """A variant as it shall be: that of this id, or a new one of it. None: options, pictures stay."""

    id: str
    columns: Mapping[str, object]
    options: Mapping[str, str] | None = None
    image_urls: tuple[str, ...] | None = None
    is_new: bool = False


def change_variants(
    session: Session, product: Product, wanted: Sequence[VariantChanges], *, is_complete: bool = False
) -> None:
    """Change those that are there, make the new ones; `is_complete`: delete all that are not named.

    Raises `VariantNotFound`, `InvalidProduct`; the deletion of what was sold is refused as `refusing_kept` says.
    """
    if is_complete:
        named = {change.id for change in wanted}
        delete_variants(session, product, [each.id for each in product.variants if each.id not in named])
    for place, change in enumerate(wanted):
        _refuse_backorders(change)
        if change.is_new:
            _create(product, change, place if is_complete else _next_rank(product))
        else:
            _update(product, get_variant(product, change.id), change)
    session.flush()  # prices name the variants


def delete_variants(session: Session, product: Product, variant_ids: Sequence[str]) -> None:
    """Delete variants that nobody ever bought; call it within `refusing_kept`. Raises `VariantNotFound`."""
    gone = [get_variant(product, variant_id) for variant_id in dict.fromkeys(variant_ids)]
    if not gone:
        return
    session.flush()  # what changed of them is written before they go
    session.execute(delete(ProductVariant).where(ProductVariant.id.in_([each.id for each in gone])))
    set_committed_value(product, "variants", [each for each in product.variants if each not in gone])
    for variant in gone:
        session.expunge(variant)


def get_variant(product: Product, variant_id: str) -> ProductVariant:
    """The variant of this product; raises `VariantNotFound`."""
    found = next((variant for variant in product.variants if variant.id == variant_id), None)
    if found is None:
        raise VariantNotFound(f"Product variant with id: {variant_id} was not found")
    return found


@contextmanager
def refusing_kept() -> Iterator[None]:
    """Around a deletion: the database keeps what is in orders; raises `ProductSold`, `ProductPromised`."""
    try:
        yield
    except IntegrityError as refused:
        cause = refused.orig
        name = (cause.diag.constraint_name or "") if isinstance(cause, psycopg.errors.ForeignKeyViolation) else ""
        if name not in KEPT:
            raise
        raise KEPT[name] from None


def check_matrix(product: Product) -> None:
    """Its options and variants fit each other, after a change of either; raises `InvalidProduct`."""
    options = [NewOption(each.title, tuple(value.value for value in each.values)) for each in product.options]
    titles = {value.id: option.title for option in product.options for value in option.values}
    variants = [
        NewVariant(each.title, {titles[value.id]: value.value for value in each.option_values})
        for each in product.variants
    ]
    check_options(options)
    check_variants(options, variants)


def _refuse_backorders(change: VariantChanges) -> None:
    if change.columns.get("allows_backorder"):
        name = change.columns.get("title") or change.id
        raise InvalidProduct(f"Variant {name} cannot be sold without pieces: backorders are not offered")


def _create(product: Product, change: VariantChanges, rank: int) -> None:
    columns = dict(change.columns)
    if not str(columns.get("title") or "").strip():
        raise InvalidProduct("A variant has a title")
    place = columns.pop("rank", None)
    rank = place if isinstance(place, int) else rank
    new = replace(NewVariant(str(columns["title"])), **columns, options=dict(change.options or {}))  # type: ignore[arg-type]
    variant = make_variant(rank, new, _values_of(product, new.options), [])
    variant.id = change.id
    product.variants.append(variant)
    if change.image_urls is not None:
        _set_images(product, variant, change.image_urls)


def _update(product: Product, variant: ProductVariant, change: VariantChanges) -> None:
    for name, value in change.columns.items():
        setattr(variant, name, dict(value) if isinstance(value, Mapping) else value)
    if change.options is not None:
        values = _values_of(product, change.options)
        replaced = {option for option, _ in values}
        titles = {value.id: option.title for option in product.options for value in option.values}
        kept = [value for value in variant.option_values if titles[value.id] not in replaced]
        variant.option_values = [*kept, *values.values()]
    if change.image_urls is not None:
        _set_images(product, variant, change.image_urls)
    variant.updated_at = utc_now()


def _values_of(product: Product, options: Mapping[str, str]) -> dict[tuple[str, str], ProductOptionValue]:
    known = {(option.title, value.value): value for option in product.options for value in option.values}
    for title, value in options.items():
        if (title, value) not in known:
            raise InvalidProduct(f"Option value {value} does not exist for option {title}")
    return {pair: known[pair] for pair in options.items()}


def _set_images(product: Product, variant: ProductVariant, urls: Sequence[str]) -> None:
    known = {image.url: image for image in product.images}
    if not set(urls) <= set(known):
        raise InvalidProduct("A picture of a variant is one of its product's")
    variant.images = [known[url] for url in dict.fromkeys(urls)]


def _next_rank(product: Product) -> int:
    return max((each.rank for each in product.variants), default=-1) + 1
