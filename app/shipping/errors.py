"""What shipping refuses."""

from app.core.errors import Refusal


class CodeTaken(Refusal):
    """The region has an option with this code already."""

    status = 422
    type = "duplicate_error"
    code = "invalid_request_error"


class UnfitShippingOption(Refusal):
    """An option that does not exist, is switched off, or serves another region."""

    code = "unfit_shipping_option"
    default_message = "Shipping Options are invalid for cart."
