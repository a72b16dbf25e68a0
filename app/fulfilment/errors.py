"""What fulfilment refuses; each says what to do next, in French, then in English."""

from app.core.errors import NotFound, Refusal


class FulfilmentNotFound(NotFound):
    """The order has no such parcel."""

    code = "fulfilment_not_found"

    def __init__(self, fulfilment_id: str) -> None:
        super().__init__(f"Fulfillment with id: {fulfilment_id} was not found")


class FulfilmentRefused(Refusal):
    """Parent of what stands against a parcel."""

    status = 409
    type = "not_allowed"
    code = "fulfilment_refused"


class OrderIsOver(FulfilmentRefused):
    """It was canceled, completed or archived."""

    code = "order_is_over"
    default_message = (
        "Cette commande est annulée, terminée ou archivée : rien ne part plus pour elle ; faites une nouvelle "
        "commande. / This order is canceled, completed or archived: nothing leaves for it any more; place another one."
    )


class OrderNotLookedAt(FulfilmentRefused):
    """Something of it does not fit, and nobody has decided yet."""

    code = "order_needs_review"
    default_message = (
        "Cette commande est à vérifier avant tout envoi : acceptez-la (comptoir orders accept) ou annulez-la. / "
        "This order must be looked at before anything leaves: accept it (comptoir orders accept) or cancel it."
    )


class OrderNotPaid(FulfilmentRefused):
    """Nobody has paid it."""

    code = "order_not_paid"
    default_message = (
        "Cette commande n'est pas payée : rien ne part. Un virement ou des espèces se notent d'abord "
        "(comptoir orders paid). / This order is not paid: nothing leaves. A transfer or cash is noted first "
        "(comptoir orders paid)."
    )


class OrderDisputed(FulfilmentRefused):
    """The customer's bank wants the money back, or has it."""

    code = "order_disputed"
    default_message = (
        "La banque du client conteste ce paiement : rien ne part tant que le litige n'est pas gagné. / "
        "The customer's bank disputes this payment: nothing leaves unless the dispute is won."
    )


class OrderMoneyGoesBack(FulfilmentRefused):
    """All of what was paid went back or is promised back."""

    code = "order_refunded"
    default_message = (
        "L'argent de cette commande est rendu ou va l'être : rien ne part. Déclinez d'abord le remboursement qui "
        "attend, s'il est de trop. / The money of this order went back or will: nothing leaves. Decline the refund "
        "that waits first, if it is not wanted."
    )


class OrderWithdrawn(FulfilmentRefused):
    """Its customer has renounced it."""

    code = "order_withdrawn"
    default_message = (
        "Le client s'est rétracté de cette commande : rien ne part plus pour elle. / "
        "The customer has withdrawn from this order: nothing leaves for it any more."
    )


class PieceUnknown(FulfilmentRefused):
    """Not of this order."""

    status = 400
    type = "invalid_data"
    code = "order_line_unknown"

    def __init__(self, line_ids: list[str], order_id: str) -> None:
        super().__init__(f"Items with ids {', '.join(line_ids)} do not belong to order {order_id}.")


class PieceTwice(FulfilmentRefused):
    """One line, two quantities."""

    status = 400
    type = "invalid_data"
    code = "order_line_twice"
    default_message = "Each item of the order can be named once in a fulfillment"


class TooManyPiecesPacked(FulfilmentRefused):
    """More than is left to send."""

    status = 400
    type = "invalid_data"
    code = "too_many_pieces"

    def __init__(self, line_id: str, left: int) -> None:
        super().__init__(
            f"Il reste {left} pièce(s) à envoyer de la ligne {line_id}. / "
            f"{left} piece(s) of the line {line_id} are left to send."
        )


class ParcelRepeated(FulfilmentRefused):
    """A second click."""

    code = "fulfilment_repeated"
    default_message = (
        "Vous avez préparé le même colis il y a moins d'une minute : s'il en faut vraiment un second, attendez "
        "une minute. / You packed the same parcel less than a minute ago: if a second one is wanted, wait a minute."
    )


class ParcelIsWhole(FulfilmentRefused):
    """A parcel leaves as it was packed."""

    status = 400
    type = "invalid_data"
    code = "parcel_is_whole"
    default_message = (
        "Un colis part tel qu'il a été préparé : annulez-le et préparez-en deux. / "
        "A parcel leaves as it was packed: cancel it and pack two."
    )


class ParcelCanceled(FulfilmentRefused):
    """It was called off."""

    code = "fulfilment_canceled"
    default_message = "Ce colis a été annulé : préparez-en un autre. / This parcel was canceled: pack another one."


class ParcelLeft(FulfilmentRefused):
    """It is on its way, or there."""

    code = "fulfilment_shipped"
    default_message = (
        "Ce colis est parti : ce qui revient est un retour. / This parcel has left: what comes back is a return."
    )


class PiecesAskedBack(FulfilmentRefused):
    """A return counts on them."""

    code = "pieces_asked_back"
    default_message = (
        "Un retour est demandé pour des pièces de ce colis : annulez d'abord le retour. / "
        "A return was asked for with pieces of this parcel: cancel the return first."
    )


class DeliveryOutOfTime(FulfilmentRefused):
    """Before it left, or in the future."""

    status = 400
    type = "invalid_data"
    code = "delivery_out_of_time"
    default_message = (
        "Un colis arrive après son départ et au plus tard maintenant. / "
        "A parcel arrives after it left, and no later than now."
    )
