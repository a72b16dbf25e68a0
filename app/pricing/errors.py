"""What pricing refuses."""

from app.core.errors import NotFound, Refusal


class InvalidPrice(Refusal):
    """A price below zero or beyond what can be charged."""

    code = "invalid_price"


class InvalidPriceList(Refusal):
    """A list that contradicts itself: title, type, status, dates."""

    code = "invalid_price_list"


class PriceListNotFound(NotFound):
    """No price list has this id."""

    code = "price_list_not_found"

    def __init__(self, price_list_id: str) -> None:
        super().__init__(f"Price list with id: {price_list_id} was not found")


class UnknownVariant(Refusal):
    """A price for a variant that does not exist."""

    code = "unknown_variant"

    def __init__(self, variant_ids: list[str]) -> None:
        super().__init__(f"Variants with ids: {', '.join(variant_ids)} do not exist")


class PriorPriceUnknown(Refusal):
    """A reduction of a price that nobody was ever asked (french-rules §2.6)."""

    code = "prior_price_unknown"

    def __init__(self, sku: str) -> None:
        super().__init__(
            f"{sku} : aucun prix n'a été pratiqué avant le début de la réduction, qui ne peut donc pas être annoncée."
            f" / {sku}: no price was applied before the reduction starts, so it cannot be announced."
        )


class NotAReduction(Refusal):
    """A sale price that is not lower than the lowest price of the thirty days before it (french-rules §2.6)."""

    code = "not_a_reduction"

    def __init__(self, sku: str, amount_cents: int, prior_amount_cents: int) -> None:
        super().__init__(
            f"{sku} : {amount_cents} centimes, ce n'est pas moins que le prix le plus bas des 30 jours précédents, "
            f"{prior_amount_cents} centimes. / {sku}: {amount_cents} cents is not lower than the lowest price of the "
            f"30 days before, {prior_amount_cents} cents."
        )
