"""What promotions refuse."""

from app.core.errors import NotFound, Refusal


class InvalidPromotionCode(Refusal):
    """A code that gives nothing here and now; never said why, or codes could be guessed one condition at a time."""

    code = "invalid_promotion_code"

    def __init__(self, promotion_code: str) -> None:
        super().__init__(f"The promotion code {promotion_code} is invalid")


class InvalidPromotion(Refusal):
    """A promotion that cannot be made as it is described."""

    code = "invalid_promotion"


class PromotionCodeTaken(Refusal):
    """Two promotions cannot share a code."""

    type = "duplicate_error"
    status = 422
    code = "promotion_code_taken"

    def __init__(self, promotion_code: str) -> None:
        super().__init__(f"A promotion with code {promotion_code} already exists")


class PromotionNotFound(NotFound):
    """No promotion has this id or code."""

    code = "promotion_not_found"

    def __init__(self, named: str) -> None:
        super().__init__(f"Promotion with id: {named} was not found")


class PromotionInUse(Refusal):
    """What an order had, or a cart has, is not forgotten."""

    status = 409
    type = "not_allowed"
    code = "promotion_in_use"
    default_message = (
        "Cette promotion a servi, ou se trouve dans un panier : passez-la à l'état inactive."
        " / This promotion was used, or is in a cart: set its status to inactive instead."
    )
