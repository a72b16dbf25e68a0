"""What refunds refuse. Each says what to do next, in French, then in English."""

from app.core.errors import Refusal


class RefundRefused(Refusal):
    """Parent of what stands against a refund for now."""

    status = 409
    type = "not_allowed"


class NothingLeftToRefund(RefundRefused):
    """All of the payment is refunded or promised back already."""

    code = "nothing_left_to_refund"
    default_message = (
        "Ce paiement est déjà remboursé ou en voie de l'être ; voyez `comptoir orders show`. / "
        "This payment is refunded already, or about to be; see `comptoir orders show`."
    )


class RefundAboveCapture(Refusal):
    """More than is left of what was captured (the English sentence is Medusa's)."""

    type = "invalid_data"
    code = "refund_above_capture"

    def __init__(self, left_cents: int) -> None:
        super().__init__(
            f"Il reste {left_cents} centimes à rembourser sur ce paiement : demandez au plus ce montant. / "
            "You are not allowed to refund more than the captured amount. "
            f"{left_cents} cents of this payment are left: ask for that much at most."
        )


class RefundRepeated(RefundRefused):
    """The same again, before whoever asks can have read the first answer."""

    code = "refund_repeated"
    default_message = (
        "Vous venez de demander ce remboursement : voyez `comptoir orders show`, attendez une minute pour un second. / "
        "You have just asked for this refund: see `comptoir orders show`, and wait a minute for a second one."
    )


class PaymentNotCaptured(RefundRefused):
    """Money that did not come cannot go back."""

    code = "payment_not_captured"
    default_message = (
        "Ce paiement n'est pas encaissé : il n'y a rien à rembourser, annulez plutôt la commande. / "
        "This payment is not captured: there is nothing to give back, cancel the order instead."
    )


class RefundWithoutGround(Refusal):
    """Neither a return nor one of the closed reasons."""

    code = "refund_without_ground"
    default_message = (
        "Un remboursement demande un retour (return_id) ou un motif : not_shipped, lost_in_transit, "
        "service_or_booking, duplicate_payment, goodwill. / "
        "A refund needs a return (return_id) or a reason: not_shipped, lost_in_transit, service_or_booking, "
        "duplicate_payment, goodwill."
    )


class RefundWithTwoGrounds(Refusal):
    """A return and a reason: which of them would the books say?"""

    code = "refund_with_two_grounds"
    default_message = "Donnez un retour ou un motif, pas les deux. / Give a return or a reason, not both."


class RefundBeforeReturn(RefundRefused):
    """The goods are neither here nor, for a withdrawal, provably on their way (runbook S0-142)."""

    code = "refund_before_return"
    default_message = (
        "Le retour n'est pas reçu, et aucune preuve d'expédition n'est notée : `comptoir returns receive`, ou, pour "
        "une rétractation, `comptoir returns dispatch --proof`. / "
        "The return has not been received and no proof of dispatch is recorded: `comptoir returns receive`, or, for "
        "a withdrawal, `comptoir returns dispatch --proof`."
    )


class ReturnOfAnotherOrder(Refusal):
    """The return belongs to an order that this payment did not pay."""

    code = "return_of_another_order"
    default_message = (
        "Ce retour concerne une autre commande que ce paiement ; voyez `comptoir returns show`. / "
        "This return belongs to another order than this payment; see `comptoir returns show`."
    )


class ReturnAlreadyRefunded(RefundRefused):
    """All that was paid for these pieces is refunded or promised back."""

    code = "return_already_refunded"
    default_message = (
        "Ce retour est déjà remboursé ; un geste commercial est un autre remboursement (goodwill). / "
        "This return is refunded already; goodwill is another refund."
    )


class RefundNeedsReason(Refusal):
    """Another amount than the one computed, or goodwill, without a word of explanation."""

    code = "refund_needs_note"

    def __init__(self, due_cents: int | None = None) -> None:
        french = f"Le montant dû est de {due_cents} centimes ; pour" if due_cents is not None else "Pour"
        english = f"{due_cents} cents are due; for" if due_cents is not None else "For"
        super().__init__(
            f"{french} un autre montant ou un geste commercial, expliquez pourquoi (note). / "
            f"{english} another amount, or goodwill, say why (note)."
        )


class RefundNotForThisRole(Refusal):
    """An account that may read only, or goodwill by somebody who does not own the shop."""

    status = 403
    type = "not_allowed"
    code = "refund_not_for_this_role"
    default_message = (
        "Votre compte ne permet pas ce remboursement ; demandez au propriétaire de la boutique. / "
        "Your account may not make this refund; ask the owner of the shop."
    )


class PaymentDisputed(RefundRefused):
    """The customer's bank decides at this moment: a refund could pay twice (payments §5)."""

    code = "payment_disputed"
    default_message = (
        "Ce paiement est contesté auprès de la banque : attendez la fin du litige, répondez-y dans Stripe. / "
        "This payment is disputed at the bank: wait for the end of the dispute and answer it in Stripe."
    )


class DisputeLost(RefundRefused):
    """The bank has given the money back already."""

    code = "dispute_lost"
    default_message = (
        "La banque a déjà rendu cet argent au client (litige perdu) : rien n'est plus à rembourser. / "
        "The bank has given this money back already (the dispute is lost): nothing is left to refund."
    )


class RefundNotAwaited(RefundRefused):
    """Somebody has approved or declined it already."""

    code = "refund_not_awaiting_approval"
    default_message = (
        "Ce remboursement n'attend plus de validation ; voyez `comptoir refunds list`. / "
        "This refund no longer waits for approval; see `comptoir refunds list`."
    )


class PaymentToChoose(Refusal):
    """The order has several payments, none, or not the one that was named."""

    code = "payment_to_choose"

    def __init__(self, payment_ids: list[str]) -> None:
        known = ", ".join(payment_ids) or "-"
        super().__init__(
            f"Choisissez le paiement de cette commande à rembourser (--payment) : {known}. / "
            f"Choose which payment of this order to give back (--payment): {known}."
        )
