"""What payments refuse."""

from app.core.errors import Conflict, NotFound, Refusal

RETRY_AFTER_SECONDS = 30


class PaymentCollectionNotFound(NotFound):
    """No payment collection with that id."""


class PaymentProviderUnknown(Refusal):
    """This shop does not take payments that way (Medusa 2.13 answers 500, later versions 400)."""

    default_message = "The payment provider is not enabled in this region"


class AmountNotPayable(Refusal):
    """Stripe takes no payment of this amount: below its minimum or above its maximum."""

    code = "amount_not_payable"
    default_message = "This amount cannot be paid by card"


class CheckoutUnavailable(Refusal):
    """Stripe does not answer. Nothing was taken; the same call may be sent again and asks for the same payment."""

    status = 503
    type = "unexpected_state"
    code = "checkout_unavailable"
    default_message = (
        "Le paiement est momentanément indisponible, réessayez dans un instant ; votre panier est conservé. / "
        "Payment is unavailable for the moment, please try again shortly; your cart is kept."
    )

    def __init__(self, retry_after_seconds: int | None = None) -> None:
        super().__init__(headers={"Retry-After": str(retry_after_seconds or RETRY_AFTER_SECONDS)})


class AttemptPaidTwice(Conflict):
    """Two intents brought money for one attempt to pay: a person looks at Stripe before either is refunded."""

    code = "attempt_paid_twice"
    default_message = (
        "Ce paiement est arrivé deux fois ; la boutique le vérifie. / This payment came twice; the shop looks at it."
    )


class PaymentNotFound(NotFound):
    """No payment has this id."""

    code = "payment_not_found"


class RefundNotFound(NotFound):
    """No refund has this id."""

    code = "refund_not_found"
