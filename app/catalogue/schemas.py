"""How the catalogue is asked for, and what of it both of Medusa's APIs show (store-api §4)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from app.catalogue.list_products import ProductFilter
from app.catalogue.models import CustomsColumns, Product, ProductVariant
from app.catalogue.queries import InstantFilter
from app.core.bodies import MOST_IDS, Ids, Line
from app.core.db import Json
from app.core.wire import WireInstant, absolute_url

MOST_CONDITIONS = 10
INSTANTS = ("created_at", "updated_at", "deleted_at")
OPERATORS = ("eq", "ne", "in", "nin", "gt", "gte", "lt", "lte")


def as_utc(instant: datetime) -> datetime:
    """An instant without a zone is in UTC."""
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


Lines = Annotated[list[Line], Field(max_length=MOST_IDS)]
Instant = Annotated[datetime, AfterValidator(as_utc)]
Instants = Annotated[list[Instant], Field(max_length=20)]
ByTitle = Literal[
    "id", "-id", "title", "-title", "handle", "-handle", "created_at", "-created_at", "updated_at", "-updated_at"
]


class InstantsQuery(BaseModel):
    """Filters on instants: `created_at=…` and `created_at[$gte]=…` with each operator."""

    model_config = ConfigDict(extra="forbid")

    created_at: Instants = []
    created_at_eq: Annotated[Instants, Field(alias="created_at[$eq]")] = []
    created_at_ne: Annotated[Instants, Field(alias="created_at[$ne]")] = []
    created_at_in: Annotated[Instants, Field(alias="created_at[$in]")] = []
    created_at_nin: Annotated[Instants, Field(alias="created_at[$nin]")] = []
    created_at_gt: Annotated[Instants, Field(alias="created_at[$gt]")] = []
    created_at_gte: Annotated[Instants, Field(alias="created_at[$gte]")] = []
    created_at_lt: Annotated[Instants, Field(alias="created_at[$lt]")] = []
    created_at_lte: Annotated[Instants, Field(alias="created_at[$lte]")] = []
    updated_at: Instants = []
    updated_at_eq: Annotated[Instants, Field(alias="updated_at[$eq]")] = []
    updated_at_ne: Annotated[Instants, Field(alias="updated_at[$ne]")] = []
    updated_at_in: Annotated[Instants, Field(alias="updated_at[$in]")] = []
    updated_at_nin: Annotated[Instants, Field(alias="updated_at[$nin]")] = []
    updated_at_gt: Annotated[Instants, Field(alias="updated_at[$gt]")] = []
    updated_at_gte: Annotated[Instants, Field(alias="updated_at[$gte]")] = []
    updated_at_lt: Annotated[Instants, Field(alias="updated_at[$lt]")] = []
    updated_at_lte: Annotated[Instants, Field(alias="updated_at[$lte]")] = []
    deleted_at: Instants = []
    deleted_at_eq: Annotated[Instants, Field(alias="deleted_at[$eq]")] = []
    deleted_at_ne: Annotated[Instants, Field(alias="deleted_at[$ne]")] = []
    deleted_at_in: Annotated[Instants, Field(alias="deleted_at[$in]")] = []
    deleted_at_nin: Annotated[Instants, Field(alias="deleted_at[$nin]")] = []
    deleted_at_gt: Annotated[Instants, Field(alias="deleted_at[$gt]")] = []
    deleted_at_gte: Annotated[Instants, Field(alias="deleted_at[$gte]")] = []
    deleted_at_lt: Annotated[Instants, Field(alias="deleted_at[$lt]")] = []
    deleted_at_lte: Annotated[Instants, Field(alias="deleted_at[$lte]")] = []

    def instants(self) -> Iterator[InstantFilter]:
        """The conditions on instants that were asked for."""
        for column in INSTANTS:
            yield from self._instants(column, "$eq", column)
            for operator in OPERATORS:
                yield from self._instants(column, f"${operator}", f"{column}_{operator}")

    def _instants(self, column: str, operator: str, name: str) -> Iterator[InstantFilter]:
        if getattr(self, name):
            yield InstantFilter(column, operator, tuple(getattr(self, name)))


class ProductConditions(InstantsQuery):
    """What may be asked of a product."""

    q: Line | None = None
    id: Ids = []
    handle: Lines = []
    title: Lines = []
    external_id: Lines = []
    category_id: Ids = []
    collection_id: Ids = []
    tag_id: Ids = []
    type_id: Ids = []
    option_value_id: Ids = []
    is_giftcard: bool | None = None

    def to_filter(self, channel_id: str | None) -> ProductFilter:
        """The same for `list_product_ids`."""
        return ProductFilter(
            channel_id=channel_id,
            ids=self.id,
            handles=self.handle,
            titles=self.title,
            external_ids=self.external_id,
            collection_ids=self.collection_id,
            category_ids=self.category_id,
            tag_ids=self.tag_id,
            type_ids=self.type_id,
            option_value_ids=self.option_value_id,
            is_giftcard=self.is_giftcard,
            instants=tuple(self.instants()),
            text=self.q,
        )


# Medusa's clients nest no further (its 2.13: `applyAndAndOrOperators`).
Conditions = Annotated[
    list[ProductConditions],
    Field(max_length=MOST_CONDITIONS),
    WithJsonSchema({"type": "array", "maxItems": MOST_CONDITIONS, "items": {"type": "object"}}),
]


class ImageOut(BaseModel):
    """A picture."""

    id: str
    url: str | None
    rank: int
    metadata: Json | None
    product_id: str


class OptionValueOut(BaseModel):
    """One value of an option."""

    id: str
    value: str
    option_id: str
    metadata: Json | None


class OptionTitleOut(BaseModel):
    """An option without its values."""

    id: str
    title: str
    product_id: str
    metadata: Json | None


class OptionOut(OptionTitleOut):
    """A dimension of a product."""

    values: list[OptionValueOut]


class VariantOptionOut(OptionValueOut):
    """The value that a variant has of an option."""

    option: OptionTitleOut


class VariantOut(BaseModel):
    """A variant by itself."""

    id: str
    title: str
    sku: str | None
    barcode: str | None
    ean: str | None
    upc: str | None
    allow_backorder: bool
    manage_inventory: bool
    variant_rank: int
    thumbnail: str | None
    hs_code: str | None
    origin_country: str | None
    mid_code: str | None
    material: str | None
    weight: int | None
    length: int | None
    height: int | None
    width: int | None
    metadata: Json | None
    product_id: str
    created_at: WireInstant
    updated_at: WireInstant
    deleted_at: None = None


class ProductSummaryOut(BaseModel):
    """A product without what hangs on it."""

    id: str
    title: str
    handle: str
    subtitle: str | None
    description: str | None
    thumbnail: str | None
    status: str
    is_giftcard: bool
    discountable: bool
    collection_id: str | None
    type_id: str | None
    external_id: str | None
    weight: int | None
    length: int | None
    height: int | None
    width: int | None
    hs_code: str | None
    origin_country: str | None
    mid_code: str | None
    material: str | None
    metadata: Json | None
    created_at: WireInstant
    updated_at: WireInstant
    deleted_at: None = None


class DatedOut(BaseModel):
    """What every group of products has."""

    id: str
    metadata: Json | None
    created_at: WireInstant
    updated_at: WireInstant
    deleted_at: None = None


class CategorySummaryOut(DatedOut):
    """A category without its family."""

    name: str
    description: str
    handle: str
    rank: int
    parent_category_id: str | None


def product_summary_values(product: Product) -> dict[str, object]:
    """The fields of `ProductSummaryOut`."""
    return {
        "id": product.id,
        "title": product.title,
        "handle": product.handle,
        "subtitle": product.subtitle,
        "description": product.description,
        "thumbnail": absolute_url(product.thumbnail),
        "status": product.status,
        "is_giftcard": product.is_giftcard,
        "discountable": product.is_discountable,
        "collection_id": product.collection_id,
        "type_id": product.type_id,
        "external_id": product.external_id,
        **_customs_values(product),
        "metadata": product.details,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }


def variant_values(variant: ProductVariant, _product: Product) -> dict[str, object]:
    """The fields of `VariantOut`."""
    return {
        "id": variant.id,
        "title": variant.title,
        "sku": variant.sku,
        "barcode": variant.barcode,
        "ean": variant.ean,
        "upc": variant.upc,
        "allow_backorder": variant.allows_backorder,
        "manage_inventory": variant.manages_stock,
        "variant_rank": variant.rank,
        "thumbnail": absolute_url(variant.thumbnail),
        **_customs_values(variant),
        "metadata": variant.details,
        "product_id": variant.product_id,
        "created_at": variant.created_at,
        "updated_at": variant.updated_at,
    }


def _customs_values(goods: CustomsColumns) -> dict[str, object]:
    return {
        "weight": goods.weight_grams,
        "length": goods.length_mm,
        "height": goods.height_mm,
        "width": goods.width_mm,
        "hs_code": goods.hs_code,
        "origin_country": goods.origin_country,
        "mid_code": goods.mid_code,
        "material": goods.material,
    }
