"""What promotions refuse."""

from app.core.errors import Refusal


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
