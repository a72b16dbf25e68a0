"""What staff sends about products: Medusa's keys, and beside them `confirm_prices` (decision 0028)."""

# ruff: noqa: RUF012 - pydantic copies the defaults of a model, and so these lists are never shared

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from app.admin_api.schemas import AdminPageQuery
from app.catalogue.schemas import ByTitle, Conditions, InstantsQuery, Lines, ProductConditions
from app.core.bodies import Body, Id, Ids, Line, Metadata
from app.core.money import LARGEST_AMOUNT, keep_exact
from app.core.settings import get_settings

MOST_VARIANTS = 500
MOST_IN_BATCH = 100
MOST_PICTURES = 100
LARGEST_MEASURE = 2_000_000_000


def as_kept_url(url: str) -> str:
    """An address of a picture: one of ours as the path it is kept as; raises `ValueError` for no address."""
    own = get_settings().public_url.rstrip("/")
    url = url.removeprefix(own) if url.startswith(f"{own}/") else url
    if not url.startswith(("/", "https://", "http://")) or url.startswith("//"):
        raise ValueError("A picture's url begins with https://, or is a path of this shop such as /static/...")
    return url


Word = Annotated[str, StringConstraints(min_length=1, max_length=255, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(max_length=50_000)]
Url = Annotated[str, StringConstraints(max_length=2_000), AfterValidator(as_kept_url)]
Measure = Annotated[int, Field(ge=0, le=LARGEST_MEASURE)]
Amount = Annotated[Decimal, BeforeValidator(keep_exact), Field(ge=0, le=LARGEST_AMOUNT, allow_inf_nan=False)]
Country = Annotated[str, StringConstraints(max_length=3)]
Status = Literal["draft", "published", "archived"]
Values = Annotated[list[Word], Field(min_length=1, max_length=200)]
Choices = Annotated[dict[Line, Line], Field(max_length=20)]


class Reference(Body):
    """Something by its id."""

    id: Id


class ImageBody(Body):
    """A picture by its address; which one it is follows from that."""

    id: Id | None = None
    url: Url


class PriceBody(Body):
    """What a variant costs in a currency, in its units, VAT included. One price for any quantity."""

    id: Id | None = None
    currency_code: Annotated[str, StringConstraints(min_length=3, max_length=3)]
    amount: Amount
    min_quantity: Literal[1] | None = None
    max_quantity: None = None


References = Annotated[list[Reference], Field(max_length=200)]
Images = Annotated[list[ImageBody], Field(max_length=MOST_PICTURES)]
Prices = Annotated[list[PriceBody], Field(max_length=50)]


class GoodsBody(Body):
    """What parcels and customs ask of a product or a variant: grams and millimetres."""

    weight: Measure | None = None
    length: Measure | None = None
    width: Measure | None = None
    height: Measure | None = None
    origin_country: Country | None = None
    hs_code: Line | None = None
    mid_code: Line | None = None
    material: Line | None = None
    metadata: Metadata | None = None


class OptionBody(Body):
    """A dimension of a product with its values in their order."""

    title: Word
    values: Values


class OptionChangesBody(Body):
    """What is absent stays; the values replace the former ones."""

    title: Word | None = None
    values: Values | None = None


class ListedOptionBody(OptionChangesBody):
    """An option in the list of a product's: that of this id, or else of this title, or a new one."""

    id: Id | None = None


class NewVariantBody(GoodsBody):
    """One thing to buy: one value of each option, and its prices."""

    title: Word
    sku: Word | None = None
    barcode: Word | None = None
    ean: Word | None = None
    upc: Word | None = None
    manage_inventory: bool = True
    allow_backorder: bool = False
    variant_rank: Annotated[int, Field(ge=0, le=100_000)] | None = None
    options: Choices = {}
    prices: Prices = []


class VariantBody(GoodsBody):
    """What is absent stays. Prices that are not named stay too: a published variant keeps one."""

    title: Word | None = None
    sku: Word | None = None
    barcode: Word | None = None
    ean: Word | None = None
    upc: Word | None = None
    manage_inventory: bool | None = None
    allow_backorder: bool | None = None
    variant_rank: Annotated[int, Field(ge=0, le=100_000)] | None = None
    options: Choices | None = None
    prices: Prices | None = None


class ConfirmedVariantBody(VariantBody):
    """One variant alone."""

    confirm_prices: bool = False


class ListedVariantBody(VariantBody):
    """A variant in the list of a product's: that of this id, or a new one."""

    id: Id | None = None


class KnownVariantBody(VariantBody):
    """A variant that is there."""

    id: Id


class ProductColumnsBody(GoodsBody):
    """What a product says, and where it stands; lists replace the former ones, null empties them."""

    subtitle: Line | None = None
    description: Text | None = None
    handle: Line | None = None
    thumbnail: Url | None = None
    images: Images | None = None
    external_id: Line | None = None
    collection_id: Id | None = None
    type_id: Id | None = None
    tags: References | None = None
    categories: References | None = None
    sales_channels: References | None = None
    # Medusa's clients send it; every product here is sent by the shop's own ways.
    shipping_profile_id: Id | None = None


class NewProductBody(ProductColumnsBody):
    """Without a handle, its title gives one; without channels, it is sold in the shop's first one."""

    title: Word
    status: Status = "draft"
    discountable: bool = True
    is_giftcard: bool = False
    options: Annotated[list[OptionBody], Field(min_length=1, max_length=20)]
    variants: Annotated[list[NewVariantBody], Field(max_length=MOST_VARIANTS)] | None = None


class ProductBody(ProductColumnsBody):
    """What is absent stays."""

    title: Word | None = None
    status: Status | None = None
    discountable: bool | None = None
    is_giftcard: bool | None = None
    options: Annotated[list[ListedOptionBody], Field(max_length=20)] | None = None
    variants: Annotated[list[ListedVariantBody], Field(max_length=MOST_VARIANTS)] | None = None
    confirm_prices: bool = False


class KnownProductBody(ProductBody):
    """A product that is there."""

    id: Id


class ProductBatchBody(Body):
    """Products to create, to change and to delete: all, or none."""

    create: Annotated[list[NewProductBody], Field(max_length=MOST_IN_BATCH)] = []
    update: Annotated[list[KnownProductBody], Field(max_length=MOST_IN_BATCH)] = []
    delete: Annotated[list[Id], Field(max_length=MOST_IN_BATCH)] = []


class VariantBatchBody(Body):
    """Variants of one product to create, to change and to delete: all, or none."""

    create: Annotated[list[NewVariantBody], Field(max_length=MOST_VARIANTS)] = []
    update: Annotated[list[KnownVariantBody], Field(max_length=MOST_VARIANTS)] = []
    delete: Annotated[list[Id], Field(max_length=MOST_VARIANTS)] = []
    confirm_prices: bool = False


class LinkBody(Body):
    """What is put in and taken out, by id."""

    add: Ids = []
    remove: Ids = []


class ProductsQuery(ProductConditions, AdminPageQuery):
    """Which products."""

    order: ByTitle | None = None
    status: Annotated[list[Status], Field(max_length=10)] = []
    sales_channel_id: Ids = []
    all_of: Annotated[Conditions, Field(alias="$and")] = []
    any_of: Annotated[Conditions, Field(alias="$or")] = []


class VariantsQuery(InstantsQuery, AdminPageQuery):
    """Which variants."""

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
