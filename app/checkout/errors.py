"""What completing a cart refuses; messages are Medusa's, for clients compare them (store-api §7)."""

from app.core.errors import Refusal
from app.core.money import to_wire


class CollectionMissing(Refusal):
    """Nobody asked for money yet."""

    code = "payment_collection_missing"
    default_message = "Payment collection has not been initiated for cart"


class SessionMissing(Refusal):
    """No attempt to pay is open, for instance because the cart changed since."""

    code = "payment_session_missing"
    default_message = "Payment sessions are required to complete cart"


class ShippingMissing(Refusal):
    """Goods that must be sent, and no way to send them."""

    code = "shipping_method_missing"
    default_message = "No shipping method selected but the cart contains items that require shipping."


class CartEmpty(Refusal):
    """Nothing to buy."""

    code = "cart_empty"
    default_message = "Cart has no items"


class TotalRisen(Refusal):
    """Prices rose since the cart was last shown: nobody is asked for more than they saw. The cart shows it now."""

    type = "not_allowed"
    code = "total_risen"

    def __init__(self, total_cents: int, currency_code: str) -> None:
        total = f"{to_wire(total_cents, currency_code)} {currency_code.upper()}"
        super().__init__(
            f"Le total de votre panier est maintenant de {total} : vérifiez-le avant de payer. / "
            f"Your cart now comes to {total}: please check it before paying."
        )
