"""What carts refuse."""

from collections.abc import Sequence

from app.core.errors import NotFound, Refusal


class CartNotFound(NotFound):
    """No cart has this id."""

    code = "cart_not_found"

    def __init__(self, cart_id: str) -> None:
        super().__init__(f"Cart with id '{cart_id}' not found")


class LineNotFound(NotFound):
    """The cart has no such line."""

    code = "line_not_found"

    def __init__(self, line_id: str) -> None:
        super().__init__(f"Line item with id: {line_id} was not found")


class AddressNotFound(Refusal):
    """An address that is not this cart's."""

    code = "address_not_found"

    def __init__(self, address_id: str) -> None:
        super().__init__(f"Address with id: {address_id} was not found")


class CartCompleted(Refusal):
    """A completed cart can only be read."""

    code = "cart_completed"

    def __init__(self, cart_id: str) -> None:
        super().__init__(f"Cart {cart_id} is already completed.")


class CountryOutsideRegion(Refusal):
    """The region does not serve this country."""

    code = "country_outside_region"

    def __init__(self, country_code: str, region_name: str) -> None:
        super().__init__(f"Country with code {country_code} is not within region {region_name}")


class VariantNotForSale(Refusal):
    """A variant that does not exist, or whose product is not published in the cart's channel."""

    code = "variant_not_for_sale"

    def __init__(self, variant_ids: Sequence[str], names: Sequence[str] = ()) -> None:
        """`names` are those that the cart has already: whoever sees the message can take them out."""
        message = f"Variants {', '.join(variant_ids)} do not exist or belong to a product that is not published"
        if names:
            listed = ", ".join(names)
            message += (
                f". {listed} n'est plus en vente : retirez cet article du panier. / "
                f"{listed} is no longer for sale: remove it from the cart."
            )
        super().__init__(message)


class VariantWithoutPrice(Refusal):
    """A variant that has no price in the cart's currency."""

    code = "variant_without_price"

    def __init__(self, variant_ids: list[str]) -> None:
        super().__init__(f"Variants with IDs {', '.join(variant_ids)} do not have a price")


class CartTooLarge(Refusal):
    """More lines, pieces or money than one purchase can hold."""

    code = "cart_too_large"


class ForeignSalesChannel(Refusal):
    """A sales channel that the publishable key does not show."""

    code = "foreign_sales_channel"

    def __init__(self, channel_id: str) -> None:
        super().__init__(f"Sales channel {channel_id} is not associated with the publishable key")


class CurrencyDiffersFromRegion(Refusal):
    """A cart is paid in the currency of its region."""

    code = "currency_differs_from_region"

    def __init__(self, currency_code: str, region_name: str) -> None:
        super().__init__(f"Currency {currency_code} is not the currency of region {region_name}")
