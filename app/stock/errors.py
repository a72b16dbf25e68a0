"""What stock refuses."""

from collections.abc import Sequence

from app.core.errors import NotFound, Refusal

MOST_SHOWN = 10
LONGEST_SHOWN = 80


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


class StockItemNotFound(NotFound):
    """No variant of which pieces are counted has this id."""

    code = "stock_item_not_found"

    def __init__(self, variant_id: str) -> None:
        super().__init__(f"Inventory item of variant {variant_id} was not found")


class UnknownSku(Refusal):
    """A delivery of something that nobody sells here, or whose pieces are not counted."""

    code = "unknown_sku"

    def __init__(self, skus: Sequence[str]) -> None:
        shown = ", ".join(skus[:MOST_SHOWN])
        super().__init__(
            f"{shown} : aucune variante comptée n'a ce SKU ; comptoir products find les cherche."
            f" / {shown}: no variant that is counted has this SKU; comptoir products find looks for them."
        )


class DeliveryUnreadable(Refusal):
    """A line of a delivery that is not `SKU:+10`, or `SKU;10` in a file."""

    code = "delivery_unreadable"

    def __init__(self, line: str) -> None:
        super().__init__(
            f"« {line[:LONGEST_SHOWN]} » : écrivez SKU:+10 (dans un fichier : SKU;10), chaque SKU une fois."
            f" / “{line[:LONGEST_SHOWN]}”: write SKU:+10 (in a file: SKU;10), each SKU once."
        )


class StockLocationNotFound(NotFound):
    """A shop has one place."""

    code = "stock_location_not_found"

    def __init__(self, location_id: str) -> None:
        super().__init__(f"Stock location with id: {location_id} was not found")


class ReservationNotFound(NotFound):
    """Nothing is promised by this id, or nothing is any more."""

    code = "reservation_not_found"

    def __init__(self, cart_id: str, variant_id: str) -> None:
        super().__init__(f"Reservation of variant {variant_id} for cart {cart_id} was not found")
