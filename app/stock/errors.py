"""What stock refuses."""

from app.core.errors import NotFound, Refusal


class InsufficientInventory(Refusal):
    """Fewer pieces on the shelf than asked for."""

    type = "not_allowed"
    code = "insufficient_inventory"
    default_message = "Some variant does not have the required inventory"


class InvalidQuantity(Refusal):
    """A movement of no piece, of less than none, or of more than a shelf can hold."""

    code = "invalid_quantity"


class UnknownPiece(NotFound):
    """Pieces of a variant that does not exist."""

    code = "variant_not_found"

    def __init__(self, variant_id: str) -> None:
        super().__init__(f"Variant with id: {variant_id} was not found")


class CountBelowPromises(Refusal):
    """Fewer pieces counted than buyers who are paying right now were promised."""

    status = 409
    type = "not_allowed"
    code = "count_below_promises"

    def __init__(self, name: str, reserved: int) -> None:
        super().__init__(
            f"{name} : {reserved} pièces sont promises à des paniers en cours de paiement. Réessayez dans un quart"
            " d'heure, quand elles seront vendues ou libérées."
            f" / {name}: {reserved} pieces are promised to carts that are being paid. Try again in a quarter of an"
            " hour, when they are sold or free again."
        )


class AlreadyRestocked(Refusal):
    """What one line of a return brought back goes on the shelf once."""

    status = 409
    type = "not_allowed"
    code = "already_restocked"
    default_message = (
        "Ces pièces sont déjà remises en stock. Si le rayon n'a pas le bon nombre, comptez-le et notez le compte."
        " / These pieces are back on the shelf already. If the shelf has another number, count it and record the count."
    )
