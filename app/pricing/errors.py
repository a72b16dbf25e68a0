"""What pricing refuses."""

from app.core.errors import Refusal


class InvalidPrice(Refusal):
    """A price below zero or beyond what can be charged."""

    code = "invalid_price"
