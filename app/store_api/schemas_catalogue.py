"""How storefronts ask for the catalogue: filters, instants with their operators, where prices are shown."""

# ruff: noqa: RUF012 - pydantic copies the defaults of a model, and so these lists are never shared

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from app.catalogue.queries import InstantFilter
from app.core.bodies import MOST_IDS, Id, Ids, Line
from app.store_api.schemas import ListQuery, StoreQuery


def as_utc(instant: datetime) -> datetime:
    """An instant without a zone is in UTC."""
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


Lines = Annotated[list[Line], Field(max_length=MOST_IDS)]
Instant = Annotated[datetime, AfterValidator(as_utc)]
Instants = Annotated[list[Instant], Field(max_length=20)]

ByTitle = Literal[
    "id", "-id", "title", "-title", "handle", "-handle", "created_at", "-created_at", "updated_at", "-updated_at"
]
MOST_CONDITIONS = 10
INSTANTS = ("created_at", "updated_at", "deleted_at")
OPERATORS = ("eq", "ne", "in", "nin", "gt", "gte", "lt", "lte")


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


class DatedQuery(InstantsQuery, ListQuery):
    """A list whose rows say when they were made."""


class PriceContext(StoreQuery):
    """Where prices are shown."""

    region_id: Id | None = None
    country_code: Annotated[str, StringConstraints(max_length=2)] | None = None
    province: Line | None = None
    cart_id: Id | None = None


class ProductConditions(InstantsQuery):
    """What may be asked of a product."""

    q: Annotated[str, StringConstraints(max_length=255)] | None = None
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


# Medusa's clients nest no further (its 2.13: `applyAndAndOrOperators`).
Conditions = Annotated[
    list[ProductConditions],
    Field(max_length=MOST_CONDITIONS),
    WithJsonSchema({"type": "array", "maxItems": MOST_CONDITIONS, "items": {"type": "object"}}),
]


class ProductsQuery(ProductConditions, DatedQuery, PriceContext):
    """Filters of products, and where their prices are shown."""

    order: ByTitle | None = None
    sales_channel_id: Ids = []
    all_of: Annotated[Conditions, Field(alias="$and")] = []
    any_of: Annotated[Conditions, Field(alias="$or")] = []
    option_id: Annotated[Ids, Field(alias="variants[options][option_id]")] = []
    option_value: Annotated[Lines, Field(alias="variants[options][value]")] = []


class VariantsQuery(DatedQuery, PriceContext):
    """Filters of variants, and where their prices are shown."""

    limit: Annotated[int, Field(ge=0, le=1_000)] = 20
    order: (
        Literal["id", "-id", "title", "-title", "sku", "-sku", "created_at", "-created_at", "updated_at", "-updated_at"]
        | None
    ) = None
    id: Ids = []
    product_id: Ids = []
    sku: Lines = []
    barcode: Lines = []
    ean: Lines = []
    upc: Lines = []
    manage_inventory: bool | None = None
    allow_backorder: bool | None = None


class CategoryQuery(StoreQuery):
    """One category, with what is above and below it if wanted."""

    include_ancestors_tree: bool = False
    include_descendants_tree: bool = False


class CategoriesQuery(DatedQuery, CategoryQuery):
    """Filters of categories."""

    order: (
        Literal[
            "id",
            "-id",
            "name",
            "-name",
            "handle",
            "-handle",
            "rank",
            "-rank",
            "created_at",
            "-created_at",
            "updated_at",
            "-updated_at",
        ]
        | None
    ) = None
    id: Ids = []
    name: Lines = []
    description: Lines = []
    handle: Lines = []
    parent_category_id: Ids = []


class CollectionsQuery(DatedQuery):
    """Filters of collections."""

    limit: Annotated[int, Field(ge=0, le=1_000)] = 10
    order: ByTitle | None = None
    id: Ids = []
    title: Lines = []
    handle: Lines = []


class WordsQuery(DatedQuery):
    """Filters of tags and types."""

    order: Literal["id", "-id", "value", "-value", "created_at", "-created_at", "updated_at", "-updated_at"] | None = (
        None
    )
    id: Ids = []
    value: Lines = []


class OptionsQuery(DatedQuery):
    """Filters of options."""

    order: Literal["id", "-id", "title", "-title", "created_at", "-created_at", "updated_at", "-updated_at"] | None = (
        None
    )
    id: Ids = []
    title: Lines = []
    is_exclusive: bool | None = None


class CurrenciesQuery(ListQuery):
    """Filters of currencies."""

    order: Literal["code", "-code", "name", "-name"] = "code"
    code: Lines = []
