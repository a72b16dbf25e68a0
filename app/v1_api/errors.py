"""What our own API says where the Store API speaks Medusa's English: the same codes, French first, the next step."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.carts.errors import CartNotFound, CartTooLarge, VariantNotForSale, VariantWithoutPrice
from app.checkout.errors import CartEmpty, ShippingMissing, TotalRisen
from app.core.errors import Conflict, NotFound, Refusal
from app.orders.errors import OrderNotFound
from app.payments.errors import AmountNotPayable
from app.promotions.errors import InvalidPromotionCode
from app.stock.errors import InsufficientInventory


class NoSuchCart(NotFound):
    """Never was, or its seven days are over."""

    code = CartNotFound.code
    default_message = (
        "Ce panier n'existe pas ou plus : refaites-en un. / There is no such cart any more: please fill a new one."
    )


class NoSuchOrder(NotFound):
    """Never was, or its id opens it no more."""

    code = OrderNotFound.code
    default_message = (
        "Cette commande n'existe pas, ou son lien n'est plus valable : écrivez à la boutique. / "
        "There is no such order, or its link is over: please write to the shop."
    )


class NotReady(Refusal):
    """Parent of what a cart lacks."""

    status = 422


class EmptyCart(NotReady):
    """Nothing to order."""

    code = CartEmpty.code
    default_message = "Le panier est vide : ajoutez un article. / The cart is empty: please add something."


class NoShipping(NotReady):
    """No way to send it, or none any more."""

    code = ShippingMissing.code
    default_message = (
        "Aucun mode de livraison n'est choisi, ou il n'est plus proposé : choisissez-en un. / "
        "No way of sending is chosen, or it is no longer offered: please choose one."
    )


class CartOverLimit(NotReady):
    """More than one purchase can hold."""

    code = CartTooLarge.code
    default_message = (
        "Ce panier dépasse ce qu'une commande peut contenir : retirez des articles. / "
        "This cart is more than one order can hold: please take something out."
    )


class AmountRefused(NotReady):
    """Below Stripe's minimum or above its maximum."""

    code = AmountNotPayable.code
    default_message = (
        "Ce montant ne peut pas être payé par carte : écrivez à la boutique. / "
        "This amount cannot be paid by card: please write to the shop."
    )


class Stale(Refusal):
    """Parent of what has changed since the cart was filled."""

    status = 409
    type = "not_allowed"


class Withdrawn(Stale):
    """Something is no longer for sale."""

    code = VariantNotForSale.code
    default_message = (
        "Un article du panier n'est plus en vente : retirez-le. / "
        "Something in the cart is no longer for sale: please take it out."
    )


class PriceGone(Stale):
    """Something has no price any more."""

    code = VariantWithoutPrice.code
    default_message = (
        "Un article du panier n'a plus de prix : retirez-le. / "
        "Something in the cart has no price any more: please take it out."
    )


class PiecesGone(Stale):
    """Fewer pieces than asked for."""

    code = InsufficientInventory.code
    default_message = (
        "Il ne reste plus assez de pièces d'un article : réduisez la quantité ou retirez-le. / "
        "Not enough pieces of something are left: please take fewer, or take it out."
    )


class CodeGone(Stale):
    """A promotion has no use left."""

    code = InvalidPromotionCode.code
    default_message = (
        "Un code promotionnel du panier n'est plus valable : retirez-le. / "
        "A promotion code of the cart is no longer valid: please take it out."
    )


class PriceRisen(Stale):
    """Nobody is asked for more than they saw; the cart shows it now."""

    code = TotalRisen.code


class InTheMiddle(Conflict):
    """Two at once."""

    default_message = (
        "Une autre demande est en cours pour cette commande : réessayez. / "
        "Another request for this order is under way: please try again."
    )


_OWN: dict[type[Refusal], type[Refusal]] = {
    CartNotFound: NoSuchCart,
    OrderNotFound: NoSuchOrder,
    CartEmpty: EmptyCart,
    ShippingMissing: NoShipping,
    CartTooLarge: CartOverLimit,
    AmountNotPayable: AmountRefused,
    VariantNotForSale: Withdrawn,
    VariantWithoutPrice: PriceGone,
    InsufficientInventory: PiecesGone,
    InvalidPromotionCode: CodeGone,
    Conflict: InTheMiddle,
}


@contextmanager
def in_own_words() -> Iterator[None]:
    """Raise what the block refuses in the words of this API; what speaks French already stays as it is."""
    try:
        yield
    except TotalRisen as refusal:
        raise PriceRisen(refusal.message) from refusal
    except Refusal as refusal:
        own = _OWN.get(type(refusal))
        if own is None:
            raise
        raise own(fields=refusal.fields, headers=refusal.headers) from refusal
