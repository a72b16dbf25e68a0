"""What the catalogue refuses."""

from app.core.errors import NotFound, Refusal


class ProductNotFound(NotFound):
    """No such product, or not to be seen through this key."""

    code = "product_not_found"


class CategoryNotFound(NotFound):
    """No such category, or not an active one."""

    code = "category_not_found"


class CollectionNotFound(NotFound):
    """No such collection."""

    code = "collection_not_found"


class TagNotFound(NotFound):
    """No such tag."""

    code = "tag_not_found"


class TypeNotFound(NotFound):
    """No such type."""

    code = "type_not_found"


class VariantNotFound(NotFound):
    """No such variant, or its product is not to be seen through this key."""

    code = "variant_not_found"


class OptionNotFound(NotFound):
    """No such option, or its product is not to be seen through this key."""

    code = "option_not_found"


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
    """A category, a collection, a tag, a type or a sales channel that does not exist."""

    code = "unknown_reference"
