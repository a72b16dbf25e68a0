"""What refunds refuse."""

from app.core.errors import Refusal


class NothingLeftToRefund(Refusal):
    """All of the payment is refunded or promised back already."""

    status = 409
    type = "not_allowed"
    code = "nothing_left_to_refund"
    default_message = "Ce paiement est déjà remboursé ou en voie de l'être. / This payment is refunded already."
