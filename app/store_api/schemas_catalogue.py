"""How storefronts ask for the catalogue: filters, instants with their operators, where prices are shown."""

# ruff: noqa: RUF012 - pydantic copies the defaults of a model, and so these lists are never shared

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.catalogue.schemas import ByTitle, Conditions, InstantsQuery, Lines, ProductConditions
from app.core.bodies import Id, Ids, Line
from app.store_api.schemas import ListQuery, StoreQuery


class DatedQuery(InstantsQuery, ListQuery):
    """A list whose rows say when they were made."""


class PriceContext(StoreQuery):
    """Where prices are shown."""

    region_id: Id | None = None
    country_code: Annotated[str, StringConstraints(max_length=2)] | None = None
    province: Line | None = None
    cart_id: Id | None = None


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
