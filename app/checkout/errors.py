"""What completing a cart refuses; messages are Medusa's, for clients compare them (store-api §7)."""

from app.core.errors import Refusal


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
