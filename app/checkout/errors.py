"""What completing a cart refuses; messages are Medusa's, for clients compare them (store-api §7)."""

from app.core.errors import Refusal, TooManyRequests
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


class DetailsMissing(Refusal):
    """Nobody could be written to, or no parcel would arrive."""

    status = 422
    code = "details_missing"
    default_message = (
        "Il manque l'adresse e-mail ou l'adresse de livraison : complétez le panier. / "
        "The e-mail or the delivery address is missing: please complete the cart."
    )


class ReturnUrlRefused(Refusal):
    """Not below an origin of the storefront: our page would send its customer anywhere."""

    status = 422
    code = "return_url_refused"
    default_message = (
        "Cette adresse de retour n'est pas celle de la boutique : donnez une adresse sous une origine de STORE_CORS. / "
        "This return address is not the storefront's: give one below an origin of STORE_CORS."
    )


class TooManyAttempts(TooManyRequests):
    """Each attempt keeps pieces from others for a while: one order cannot do that for ever."""

    code = "too_many_attempts"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            retry_after_seconds,
            "Trop de tentatives de paiement pour cette commande : réessayez plus tard. / "
            "Too many attempts to pay this order: please try again later.",
        )


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
