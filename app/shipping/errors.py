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
