"""What stock refuses."""

from app.core.errors import Refusal


class InsufficientInventory(Refusal):
    """Fewer pieces on the shelf than asked for."""

    type = "not_allowed"
    code = "insufficient_inventory"
    default_message = "Some variant does not have the required inventory"


class InvalidQuantity(Refusal):
    """A movement of no piece, of less than none, or of more than a shelf can hold."""

    code = "invalid_quantity"
