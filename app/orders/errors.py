"""What orders refuse."""

from app.core.errors import NotFound, Refusal


class OrderNotFound(NotFound):
    """No order has this id, or the id no longer opens it."""

    code = "order_not_found"

    def __init__(self, order_id: str) -> None:
        super().__init__(f"Order id not found: {order_id}")


class OrderAlreadyOwned(Refusal):
    """The customer asks for an order that is in that account already."""

    code = "order_already_owned"

    def __init__(self, order_id: str, customer_id: str) -> None:
        super().__init__(f"Order: {order_id} already belongs to customer: {customer_id}")


class OrderWithoutEmail(Refusal):
    """There is nobody to ask whether the order may be transferred."""

    code = "order_without_email"
    default_message = "The order has no email that could be asked"


class TransferTokenInvalid(Refusal):
    """The link was used, is over, or was never ours."""

    type = "not_allowed"
    code = "transfer_token_invalid"
    default_message = "Invalid token."


class TransferNotFound(NotFound):
    """This customer does not wait for this order."""

    code = "transfer_not_found"
    default_message = "Order does not have an active transfer request"


class NotPayable(Refusal):
    """Parent of what stands against paying an order. Each says what to do next, in French, then in English."""

    status = 409
    type = "not_allowed"


class OrderAlreadyPaid(NotPayable):
    """Nothing is owed any more."""

    code = "order_already_paid"
    default_message = (
        "Cette commande est déjà payée : il n'y a plus rien à régler. / "
        "This order is paid already: there is nothing left to pay."
    )


class OrderUnderReview(NotPayable):
    """Money came that does not fit; a second payment would only make it worse."""

    code = "order_needs_review"
    default_message = (
        "Un paiement reçu pour cette commande est en cours de vérification : ne payez pas une seconde fois, "
        "la boutique vous écrit. / "
        "A payment of this order is being looked at: please do not pay again, the shop will write to you."
    )


class PaymentUnderWay(NotPayable):
    """The customer has paid by a way whose money takes its time."""

    code = "payment_processing"
    default_message = (
        "Le paiement de cette commande est en cours chez votre banque : attendez son résultat, nous vous écrirons. / "
        "Your bank is working on the payment of this order: please wait for the outcome, we will write to you."
    )


class OrderGivenUp(NotPayable):
    """It was canceled, or nobody paid it for a week."""

    code = "order_canceled"
    default_message = (
        "Cette commande n'a pas été payée à temps et n'existe plus : refaites un panier. / "
        "This order was not paid in time and is canceled: please fill a new cart."
    )


class OrderPaidOtherwise(NotPayable):
    """It was bought to be paid by transfer or in cash."""

    code = "order_paid_otherwise"
    default_message = (
        "Cette commande se règle par virement ou en espèces, comme convenu : écrivez à la boutique pour payer par "
        "carte. / This order is paid by transfer or in cash, as agreed: write to the shop to pay it by card."
    )


class OrderNotForSale(NotPayable):
    """Something in it was withdrawn since it was made."""

    code = "variant_not_for_sale"
    default_message = (
        "Un article de cette commande n'est plus en vente : refaites un panier sans lui. / "
        "Something in this order is no longer for sale: please fill a new cart without it."
    )


class OrderPiecesGone(NotPayable):
    """Its pieces were promised to it for a while only, and are sold or promised to somebody else now."""

    code = "insufficient_inventory"
    default_message = (
        "Il ne reste plus assez de pièces d'un article de cette commande : réessayez plus tard ou refaites un "
        "panier. / Not enough pieces are left of something in this order: try again later, or fill a new cart."
    )


class OrderWorkRefused(Refusal):
    """Parent of what stands against what staff asks of an order. Each says what to do next, in French, then English."""

    status = 409
    type = "not_allowed"


class OrderIsClosed(OrderWorkRefused):
    """Nobody works on it any more."""

    code = "order_is_over"

    def __init__(self, status: str) -> None:
        words = {"canceled": "annulée", "completed": "terminée", "archived": "archivée"}
        super().__init__(
            f"Cette commande est {words.get(status, status)} : rien n'y change plus ; ce qui revient est un retour. / "
            f"This order is {status}: it changes no more; what comes back is a return."
        )


class OrderNotFinished(OrderWorkRefused):
    """Something is to be done for it."""

    code = "order_not_finished"
    default_message = (
        "Il reste à faire pour cette commande : encaissez-la, vérifiez-la, envoyez ses pièces ou remboursez ce qui ne "
        "partira pas. / Something is left to do for this order: have it paid, look at it, send its pieces, or refund "
        "what will not leave."
    )


class OrderStillOpen(OrderWorkRefused):
    """It is worked on."""

    code = "order_still_open"
    default_message = (
        "Une commande s'archive une fois terminée ou annulée. / An order is archived once it is completed or canceled."
    )


class ParcelIsPacked(OrderWorkRefused):
    """Its label bears the old address."""

    code = "parcel_is_packed"
    default_message = (
        "Un colis de cette commande est prêt avec l'ancienne adresse : annulez-le, corrigez l'adresse, préparez-le de "
        "nouveau. / A parcel of this order is packed for the former address: cancel it, correct the address, pack it "
        "again."
    )


class CountryDecidesVat(OrderWorkRefused):
    """Another country, another VAT."""

    code = "country_decides_vat"
    default_message = (
        "La commande a été vendue avec la TVA de son pays de livraison, qui ne change plus : annulez-la et faites-en "
        "une autre. / The order was sold with the VAT of the country it goes to, which changes no more: cancel it and "
        "place another one."
    )
