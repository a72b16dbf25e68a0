"""What returns and withdrawals refuse. What people read says what to do next, in French, then in English."""

from datetime import date

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


class StepRefused(Refusal):
    """Parent of steps that a return is not ready for, or is past."""

    status = 409
    type = "not_allowed"


class ReturnAnswered(StepRefused):
    """Somebody has said yes or no to it already."""

    code = "return_already_answered"
    default_message = (
        "Ce retour a déjà reçu une réponse ; voyez `comptoir returns show`. / "
        "This return was answered already; see `comptoir returns show`."
    )


class ReturnNotReceived(StepRefused):
    """Nobody can look at pieces that are not here."""

    code = "return_not_received"
    default_message = (
        "Ce retour n'est pas arrivé : notez d'abord sa réception, `comptoir returns receive`. / "
        "This return has not come in: note its reception first, `comptoir returns receive`."
    )


class ReturnInspected(StepRefused):
    """It was looked at, and its saleable pieces are on the shelf: that is done once."""

    code = "return_already_inspected"
    default_message = (
        "Ce retour est déjà contrôlé et ses pièces vendables sont en rayon : corrigez le stock par un inventaire. / "
        "This return was inspected already and its saleable pieces are on the shelf: correct the stock by a count."
    )


class ReturnKept(StepRefused):
    """A return whose pieces are sold again, or whose money went back, is not refused or called off any more."""

    code = "return_is_kept"
    default_message = (
        "Ce retour est remboursé, ou ses pièces sont en rayon : il ne peut plus être refusé ni annulé. / "
        "This return is refunded, or its pieces are on the shelf: it cannot be refused or cancelled any more."
    )


class RejectionUnexplained(Refusal):
    """The customer has a right to know why."""

    code = "rejection_needs_reason"
    default_message = (
        "Dites au client pourquoi ce retour est refusé (reason, --reason). / "
        "Tell the customer why this return is refused (reason, --reason)."
    )


class ReturnTooLate(Refusal):
    """After the days of the law a return is the shop's own kindness, and somebody says why (runbook S0-088)."""

    code = "return_needs_note"

    def __init__(self, end_on: date | None) -> None:
        french = f"Le délai de rétractation a pris fin le {end_on:%d/%m/%Y}" if end_on else "Article exclu du droit"
        english = f"The withdrawal period ended on {end_on.isoformat()}" if end_on else "Nobody may withdraw from it"
        super().__init__(
            f"{french} : ce retour est un geste commercial, dites pourquoi (internal_note, --note). / "
            f"{english}: this return is a gesture of the shop, say why (internal_note, --note)."
        )


class ReturnMixed(Refusal):
    """Sending some of these pieces back is a right, sending the others is not: one return cannot be both (L221-28)."""

    code = "return_mixes_excluded"
    default_message = (
        "Une partie de ces articles est exclue du droit de rétractation : demandez deux retours, un pour ceux-là et un "
        "pour les autres. / Some of these items are excluded from withdrawal: ask for two returns, one for them and "
        "one for the others."
    )


class ReturnNotOpen(StepRefused):
    """What is asked back is changed before it is asked for."""

    code = "return_is_not_a_draft"
    default_message = (
        "Ce retour est déjà demandé : ses pièces ne changent plus, annulez-le et refaites-en un. / "
        "This return was requested already: its pieces change no more, cancel it and make another one."
    )


class ReturnEmpty(Refusal):
    """A return of nothing."""

    code = "return_is_empty"
    default_message = (
        "Ajoutez d'abord les pièces à renvoyer (request-items). / Add the pieces that come back first (request-items)."
    )


class ReceptionNotBegun(StepRefused):
    """Pieces are counted between the beginning of a reception and its confirmation."""

    code = "reception_not_begun"
    default_message = (
        "Commencez la réception (receive), comptez (receive-items, dismiss-items), puis confirmez. / "
        "Begin the reception (receive), count (receive-items, dismiss-items), then confirm."
    )


class ReturnReasonUsed(Refusal):
    """A reason that returns have is history."""

    status = 409
    type = "not_allowed"
    code = "return_reason_in_use"
    default_message = (
        "Des retours portent ce motif : changez ses mots (label) au lieu de le supprimer. / "
        "Returns have this reason: change its words (label) instead of deleting it."
    )


class ReturnReasonTaken(Refusal):
    """`value` is what programs compare."""

    status = 422
    type = "duplicate_error"
    code = "return_reason_taken"

    def __init__(self, value: str) -> None:
        super().__init__(f"Return reason with value: {value}, already exists.")


class WithdrawalLinkInvalid(NotFound):
    """A token that opens nothing: unknown, or its day is over."""

    code = "withdrawal_link_invalid"
    default_message = (
        "Ce lien de rétractation n'est pas ou plus valable : refaites la demande. / "
        "This withdrawal link is not valid, or no longer: please ask again."
    )


class WithdrawalPeriodOver(StepRefused):
    """The days of the law are over."""

    code = "withdrawal_period_over"

    def __init__(self, end_on: date) -> None:
        super().__init__(
            f"Le délai de rétractation de cette commande a pris fin le {end_on:%d/%m/%Y} : écrivez à la boutique. / "
            f"The withdrawal period of this order ended on {end_on.isoformat()}: please write to the shop."
        )


class WithdrawalExcluded(StepRefused):
    """Everything in the order is of the kinds that nobody may withdraw from (L221-28)."""

    code = "withdrawal_excluded"
    default_message = (
        "La loi exclut du droit de rétractation tout ce que contient cette commande (article L221-28) : écrivez à la "
        "boutique. / The law excludes everything in this order from withdrawal (article L221-28): please write to the "
        "shop."
    )


class NothingToWithdraw(StepRefused):
    """The order is called off, or all of it is on its way back already."""

    code = "nothing_to_withdraw"
    default_message = (
        "Cette commande est annulée, ou tout ce qui peut l'être revient déjà : il n'y a plus rien à renoncer. / "
        "This order is cancelled, or all of it comes back already: nothing is left to withdraw from."
    )


class InformedInFuture(Refusal):
    """Nobody was told tomorrow."""

    code = "informed_in_future"
    default_message = (
        "Ce jour n'est pas encore venu : notez celui où le client a été informé. / "
        "That day has not come yet: note the one on which the customer was told."
    )


class InformingUnexplained(Refusal):
    """It takes a year off a customer's right: how they were told is written down."""

    code = "informing_needs_reason"
    default_message = (
        "Dites comment le client a été informé (--reason), une preuve peut en être demandée. / "
        "Say how the customer was told (--reason), a proof of it may be asked for."
    )
