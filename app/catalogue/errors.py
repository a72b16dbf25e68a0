"""What the catalogue refuses."""

from collections.abc import Sequence

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


class ValueTaken(Refusal):
    """Another tag or type is this word."""

    code = "value_taken"


class UnknownReference(Refusal):
    """A category, a collection, a tag, a type or a sales channel that does not exist."""

    code = "unknown_reference"


class NotPublishable(Refusal):
    """A published product lacks what a customer needs to buy it (S0-075)."""

    code = "not_publishable"

    def __init__(self, faults: Sequence[str]) -> None:
        french, english = (", ".join(FAULTS[fault][place] for fault in faults) for place in (0, 1))
        super().__init__(
            "Un produit publié a une variante, un prix par variante, une image et un taux de TVA."
            f" Il manque : {french}. Ajoutez-le, ou laissez le produit en brouillon."
            " / A published product has a variant, a price for each, a picture and a VAT rate."
            f" Missing: {english}. Add it, or leave the product a draft."
        )


# What `comptoir_publishing_faults` of the database says.
FAULTS = {
    "variant": ("une variante", "a variant"),
    "price": ("le prix d'une variante", "the price of a variant"),
    "image": ("une image", "a picture"),
    "tax": ("un taux de TVA pour sa catégorie fiscale", "a VAT rate for its tax category"),
}


class ProductSold(Refusal):
    """What is in orders stays readable: it is archived, never deleted (S0-140)."""

    status = 409
    type = "not_allowed"
    code = "product_has_orders"
    default_message = (
        "Ce produit a des commandes : archivez-le (status: archived, ou comptoir products archive), il n'est pas"
        " supprimé. / This product has orders: archive it (status: archived, or comptoir products archive), it is not"
        " deleted."
    )


class ProductPromised(Refusal):
    """Somebody is paying for it at this moment."""

    status = 409
    type = "not_allowed"
    code = "product_is_being_bought"
    default_message = (
        "Un client est en train de payer ce produit : archivez-le, ou recommencez dans un quart d'heure. / A customer"
        " is paying for this product: archive it, or try again in a quarter of an hour."
    )


class CategoryNotEmpty(Refusal):
    """A shelf with shelves inside."""

    code = "category_has_children"
    default_message = "Deleting a product category with category children is not allowed: move or delete them first."


class FamilyNotFound(NotFound):
    """No such family of products."""

    code = "family_not_found"


class InvalidMetadata(Refusal):
    """Metadata that its family of products does not allow; `fields` names each."""

    code = "invalid_metadata"
