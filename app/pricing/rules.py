"""What a price may be."""

from app.pricing.errors import InvalidPrice

# Stripe charges at most eight digits in a currency's smallest unit.
HIGHEST_AMOUNT_CENTS = 99_999_999


def check_price(amount_cents: int) -> None:
    """A price is an amount that can be charged, nought included (source: Stripe's limit of eight digits).

    Raises `InvalidPrice`.
    """
    if not 0 <= amount_cents <= HIGHEST_AMOUNT_CENTS:
        raise InvalidPrice(f"A price is between 0 and {HIGHEST_AMOUNT_CENTS} cents")
