"""What shipping refuses."""

from app.core.errors import NotFound, Refusal


class CodeTaken(Refusal):
    """The region has an option with this code already."""

    status = 422
    type = "duplicate_error"
    code = "invalid_request_error"


class UnfitShippingOption(Refusal):
    """An option that does not exist, is switched off, or serves another region."""

    code = "unfit_shipping_option"
    default_message = "Shipping Options are invalid for cart."


class ShippingOptionNotFound(NotFound):
    """No option has this id."""

    code = "shipping_option_not_found"

    def __init__(self, option_id: str) -> None:
        super().__init__(f"Shipping option with id: {option_id} was not found")


class ShippingOptionUsed(Refusal):
    """Carts, orders or returns go by it."""

    status = 409
    type = "not_allowed"
    code = "shipping_option_used"
    default_message = (
        "Des paniers, des commandes ou des retours utilisent ce mode de livraison : désactivez-le (is_active: false). "
        "/ Carts, orders or returns use this shipping option: switch it off instead (is_active: false)."
    )


class OptionZoneUnknown(Refusal):
    """Neither a region nor its zone is named, or they do not go together."""

    code = "shipping_zone_unknown"
    default_message = "region_id or service_zone_id must name a region of the shop"


class OptionPricesUnclear(Refusal):
    """No plain price, two of them, another currency, or two prices from one threshold on."""

    code = "shipping_prices_unclear"
    default_message = (
        "A shipping option has one price without rules, in its region's currency, and one price per threshold"
    )
