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


class PaymentToldByStripe(Refusal):
    """Nobody says by hand that a card was charged: Stripe tells us, and can be asked."""

    status = 409
    type = "not_allowed"
    code = "payment_told_by_stripe"
    default_message = (
        "Ce paiement passe par Stripe, qui prévient lui-même : `comptoir trace` dit où il en est. / "
        "This payment goes through Stripe, which tells us itself: `comptoir trace` says where it stands."
    )


class CaptureNotWhole(Refusal):
    """An order is paid as a whole; what came too little or too much is settled with the customer first."""

    code = "capture_not_whole"

    def __init__(self, owed_cents: int, currency_code: str) -> None:
        owed = f"{to_wire(owed_cents, currency_code)} {currency_code.upper()}"
        super().__init__(
            f"Ce paiement est de {owed} : il se note en entier, une fois tout arrivé. / "
            f"This payment is of {owed}: it is recorded as a whole, once all of it is there."
        )


class CaptureNotForThisRole(Refusal):
    """An account that may read only."""

    status = 403
    type = "not_allowed"
    code = "capture_not_for_this_role"
    default_message = (
        "Votre compte ne permet pas de noter un encaissement ; demandez au propriétaire de la boutique. / "
        "Your account may not record that money came; ask the owner of the shop."
    )


class NothingPromised(Refusal):
    """Neither a transfer nor cash was agreed on for this order."""

    status = 409
    type = "not_allowed"
    code = "nothing_promised"
    default_message = (
        "Cette commande n'attend ni virement ni espèces : un paiement par carte arrive de lui-même. / "
        "This order waits neither for a transfer nor for cash: a card payment comes by itself."
    )


class OrderHasParcel(Refusal):
    """Something of it is packed, on its way, or there."""

    status = 409
    type = "not_allowed"
    code = "order_has_parcel"
    default_message = (
        "Cette commande a un colis : annulez-le s'il est encore là, sinon enregistrez un retour. / "
        "This order has a parcel: cancel it if it is still here, else record a return."
    )


class OrderNotAcceptable(Refusal):
    """Something is in the way of working on it; the sentence says what to do."""

    status = 409
    type = "not_allowed"
    code = "order_not_acceptable"


class OrderNotCovered(OrderNotAcceptable):
    """Less money stays than it costs."""

    code = "order_not_covered"
    default_message = (
        "Il reste moins d'argent que le prix de cette commande : déclinez le remboursement qui attend, ou annulez la "
        "commande. / Less money stays than this order costs: decline the refund that waits, or cancel the order."
    )


class OrderNotDeliverable(OrderNotAcceptable):
    """Nobody could be written to, or no parcel would arrive."""

    code = "order_not_deliverable"
    default_message = (
        "Il manque l'e-mail ou l'adresse de livraison : complétez la commande, puis acceptez-la. / "
        "The e-mail or the delivery address is missing: complete the order, then accept it."
    )


class OrderNotTaxed(OrderNotAcceptable):
    """No country was known when it was placed, so no VAT is in its prices."""

    code = "order_not_taxed"
    default_message = (
        "Le pays n'était pas connu à la commande, sa TVA n'a pas pu être calculée : annulez-la, l'argent sera rendu. / "
        "The country was not known when it was placed, so its VAT could not be worked out: cancel it, the money goes "
        "back."
    )
