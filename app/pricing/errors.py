"""What pricing refuses."""

from collections.abc import Sequence

from app.core.errors import NotFound, Refusal

MOST_SHOWN = 5


class InvalidPrice(Refusal):
    """A price below zero or beyond what can be charged."""

    code = "invalid_price"


class InvalidPriceList(Refusal):
    """A list that contradicts itself: title, type, status, dates."""

    code = "invalid_price_list"


class PriceListNotFound(NotFound):
    """No price list has this id."""

    code = "price_list_not_found"

    def __init__(self, price_list_id: str) -> None:
        super().__init__(f"Price list with id: {price_list_id} was not found")


class ListPriceNotFound(NotFound):
    """The list has no price with this id."""

    code = "list_price_not_found"

    def __init__(self, price_id: str) -> None:
        super().__init__(f"Price with id: {price_id} was not found in the price list")


class UnknownVariant(Refusal):
    """A price for a variant that does not exist."""

    code = "unknown_variant"

    def __init__(self, variant_ids: list[str]) -> None:
        super().__init__(f"Variants with ids: {', '.join(variant_ids)} do not exist")


class PriorPriceUnknown(Refusal):
    """A reduction of a price that nobody was ever asked (french-rules §2.6)."""

    code = "prior_price_unknown"

    def __init__(self, sku: str) -> None:
        super().__init__(
            f"{sku} : aucun prix n'a été pratiqué avant le début de la réduction, qui ne peut donc pas être annoncée."
            f" / {sku}: no price was applied before the reduction starts, so it cannot be announced."
        )


class NotAReduction(Refusal):
    """A sale price that is not lower than the lowest price of the thirty days before it (french-rules §2.6)."""

    code = "not_a_reduction"

    def __init__(self, sku: str, amount_cents: int, prior_amount_cents: int) -> None:
        super().__init__(
            f"{sku} : {amount_cents} centimes, ce n'est pas moins que le prix le plus bas des 30 jours précédents, "
            f"{prior_amount_cents} centimes. / {sku}: {amount_cents} cents is not lower than the lowest price of the "
            f"30 days before, {prior_amount_cents} cents."
        )


class PriceMovesByHalf(Refusal):
    """A price that moves by more than half: mostly a comma that is missing, so it is asked for twice (design §4.4)."""

    status = 409
    type = "not_allowed"
    code = "price_moves_by_half"

    def __init__(self, moves: Sequence[str]) -> None:
        shown = "; ".join(moves[:MOST_SHOWN]) + (f" (+ {len(moves) - MOST_SHOWN})" if len(moves) > MOST_SHOWN else "")
        super().__init__(
            f'{shown} : plus de la moitié. Si c\'est voulu, renvoyez la même demande avec "confirm_prices": true'
            " (en ligne de commande : --confirm)."
            f' / {shown}: more than half. If it is meant, send the same request with "confirm_prices": true'
            " (on the command line: --confirm)."
        )


class ProductArchived(Refusal):
    """The price of what is not sold any more stays what it was."""

    status = 409
    type = "not_allowed"
    code = "product_archived"

    def __init__(self, names: Sequence[str]) -> None:
        shown = ", ".join(names[:MOST_SHOWN])
        super().__init__(
            f"{shown} : produit archivé, son prix ne change plus. Remettez-le d'abord en brouillon."
            f" / {shown}: an archived product, its price does not change. Make it a draft again first."
        )


class NothingToChange(Refusal):
    """A change of prices that would change none, or too many."""

    code = "nothing_to_change"
    default_message = (
        "Aucun prix ne changerait : vérifiez le choix et la devise."
        " / No price would change: check what is chosen and the currency."
    )


class PricesChangedMeanwhile(Refusal):
    """What was looked at is not what would happen now."""

    status = 409
    type = "conflict"
    code = "prices_changed_meanwhile"
    default_message = (
        "Des prix ont changé depuis l'aperçu. Regardez un nouvel aperçu, puis renvoyez son jeton."
        " / Prices changed since they were previewed. Look at a new preview, then send its token."
    )


class InvalidInstant(Refusal):
    """A price is planned for later, and not for another life."""

    code = "invalid_instant"


class AlreadyPlanned(Refusal):
    """One price per variant, currency and instant."""

    status = 409
    type = "conflict"
    code = "already_planned"

    def __init__(self, variant_id: str) -> None:
        super().__init__(
            f"{variant_id} : un prix est déjà prévu à cet instant ; annulez-le d'abord."
            f" / {variant_id}: a price is planned for this instant already; cancel it first."
        )


class ScheduledPriceNotFound(NotFound):
    """No planned price has this id."""

    code = "scheduled_price_not_found"

    def __init__(self, scheduled_id: str) -> None:
        super().__init__(f"Scheduled price with id: {scheduled_id} was not found")


class ScheduledPriceEnded(Refusal):
    """What was applied or refused cannot be canceled."""

    status = 409
    type = "not_allowed"
    code = "scheduled_price_ended"

    def __init__(self, status: str) -> None:
        super().__init__(
            f"Ce prix prévu n'attend plus ({status}) : changez le prix lui-même."
            f" / This planned price waits no more ({status}): change the price itself."
        )


class VariantToChoose(Refusal):
    """A product of several variants, and one price."""

    code = "variant_to_choose"

    def __init__(self, skus: Sequence[str]) -> None:
        shown = ", ".join(skus[:MOST_SHOWN])
        super().__init__(
            f"Plusieurs variantes ({shown}…) : nommez-en une, ou ajoutez --all-variants."
            f" / Several variants ({shown}…): name one, or add --all-variants."
        )
