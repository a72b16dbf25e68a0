"""What the catalogue refuses."""

from app.core.errors import NotFound, Refusal


class ProductNotFound(NotFound):
    """No such product, or not to be seen through this key."""

    code = "product_not_found"


class CategoryNotFound(NotFound):
    """No such category, or not an active one."""

    code = "category_not_found"


class InvalidProduct(Refusal):
    """A product that contradicts itself: options, variants, handle."""

    code = "invalid_product"


class HandleTaken(Refusal):
    """Another product or category has this handle."""

    code = "handle_taken"


class SkuTaken(Refusal):
    """Another variant has this stock-keeping unit."""

    code = "sku_taken"


class UnknownReference(Refusal):
    """A category or a sales channel that does not exist."""

    code = "unknown_reference"
