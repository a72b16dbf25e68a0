"""What returns refuse."""

from app.core.errors import NotFound, Refusal


class ReturnReasonNotFound(NotFound):
    """No reason has this id."""

    code = "return_reason_not_found"

    def __init__(self, reason_id: str) -> None:
        super().__init__(f"Return reason with id: {reason_id} was not found")


class ReturnNotFound(NotFound):
    """No return has this id."""

    code = "return_not_found"

    def __init__(self, return_id: str) -> None:
        super().__init__(f"Return with id: {return_id} was not found")


class ReturnLineUnknown(Refusal):
    """A line that the order does not have."""

    code = "return_line_unknown"

    def __init__(self, line_ids: list[str], order_id: str) -> None:
        super().__init__(f"Items with ids {', '.join(line_ids)} does not exist in order with id {order_id}.")


class ReturnLineTwice(Refusal):
    """One line named twice: whose reason and note would it have?"""

    code = "return_line_twice"
    default_message = "Each item of the order can be named once in a return"


class ReturnReasonUnknown(Refusal):
    """A reason that is not one of the shop's."""

    code = "return_reason_unknown"

    def __init__(self, reason_ids: list[str]) -> None:
        super().__init__(f"Return reasons with ids {', '.join(reason_ids)} do not exist.")


class TooManyPiecesReturned(Refusal):
    """More than was sent, less what is on its way back already."""

    code = "too_many_pieces_returned"
    default_message = "Cannot request to return more items than what was fulfilled."


class UnfitReturnShipping(Refusal):
    """Not a way back, switched off, of another region, or not at the price that was named."""

    code = "unfit_return_shipping"
    default_message = "The return shipping option is invalid for this order."


class ReceiveAtRequest(Refusal):
    """Nobody says from outside that goods have come in."""

    type = "not_allowed"
    code = "receive_at_request"
    default_message = "A return is received by the shop, not when it is requested."


class ReturnIsOver(Refusal):
    """It has come in, or was called off: what it did to the pieces is done."""

    status = 409
    type = "not_allowed"
    code = "return_is_over"
    default_message = (
        "Ce retour est déjà reçu ou annulé ; voyez `comptoir returns show`. / "
        "This return is received or cancelled already; see `comptoir returns show`."
    )


class ProofMissing(Refusal):
    """Proof of dispatch that says nothing."""

    code = "proof_missing"
    default_message = (
        "Notez la preuve d'expédition : numéro de suivi ou récépissé. / "
        "Write down the proof of dispatch: a tracking number or a receipt."
    )


class NothingCameIn(Refusal):
    """A reception without a single piece, or with more than were asked back."""

    code = "received_pieces_unfit"
    default_message = (
        "Donnez les pièces reçues de ce retour : au moins une, au plus celles qui étaient attendues. / "
        "Give the pieces of this return that came in: one at least, no more than were expected."
    )
