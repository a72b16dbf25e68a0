"""What a cart costs, and what may be done to it. Orders compute their totals here too."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from app.carts.errors import CartCompleted, CartNotFound, CartTooLarge, CountryOutsideRegion, InvalidPromotionCode
from app.pricing.rules import HIGHEST_AMOUNT_CENTS

MOST_LINES = 200
MOST_PIECES = 10_000
# A cart's id opens it without login as long as somebody is at it (design §4.18).
OPEN_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Charge:
    """Pieces at one price, VAT included; `rate` is in percent, None as long as no country is known."""

    quantity: int
    unit_price_cents: int
    rate: Decimal | None


@dataclass(frozen=True)
class ChargeTotals:
    """What a charge comes to: `total_cents = subtotal_cents + tax_cents`."""

    total_cents: int
    subtotal_cents: int
    tax_cents: int


@dataclass(frozen=True)
class Totals:
    """What a cart or an order comes to, charge by charge, in their order."""

    items: tuple[ChargeTotals, ...]
    shipping: tuple[ChargeTotals, ...]

    @property
    def item_sum(self) -> ChargeTotals:
        """All goods."""
        return add_up(self.items)

    @property
    def shipping_sum(self) -> ChargeTotals:
        """All carriage."""
        return add_up(self.shipping)

    @property
    def sum(self) -> ChargeTotals:
        """What is to be paid."""
        return add_up((*self.items, *self.shipping))

    @property
    def total_cents(self) -> int:
        """What is to be paid, in cents."""
        return self.sum.total_cents


def add_up(charges: Sequence[ChargeTotals]) -> ChargeTotals:
    """The sum of charges."""
    return ChargeTotals(
        total_cents=sum(charge.total_cents for charge in charges),
        subtotal_cents=sum(charge.subtotal_cents for charge in charges),
        tax_cents=sum(charge.tax_cents for charge in charges),
    )


def compute_charge(charge: Charge) -> ChargeTotals:
    """The net of a line is its gross ÷ (1 + rate), rounded half up to the cent once per line; VAT is the rest.

    Source: store-api §5, Totals; exact identities of §1. Without a country there is no VAT line yet.
    """
    gross = charge.quantity * charge.unit_price_cents
    if charge.rate is None:
        return ChargeTotals(gross, gross, 0)
    divisor = 10_000 + int(charge.rate * 100)  # rates have two decimals
    net = (2 * gross * 10_000 + divisor) // (2 * divisor)
    return ChargeTotals(gross, net, gross - net)


def compute_totals(items: Sequence[Charge], shipping: Sequence[Charge]) -> Totals:
    """The totals of a cart or an order: each charge by itself, sums of those (store-api §1)."""
    return Totals(tuple(map(compute_charge, items)), tuple(map(compute_charge, shipping)))


def check_changeable(cart_id: str, completed_at: datetime | None) -> None:
    """A completed cart is an order's evidence and can only be read (store-api §5).

    Raises `CartCompleted`.
    """
    if completed_at is not None:
        raise CartCompleted(cart_id)


def check_open_by_id(cart_id: str, updated_at: datetime, now: datetime) -> None:
    """Thirty days after its last change a cart's id opens nothing any more (design §4.18).

    Raises `CartNotFound`.
    """
    if now - updated_at > OPEN_FOR:
        raise CartNotFound(cart_id)


def check_country(country_code: str | None, region_name: str, served: Collection[str]) -> None:
    """A cart travels within its region (store-api §5); an address without country is not complete yet.

    Raises `CountryOutsideRegion`.
    """
    if country_code is not None and country_code not in served:
        raise CountryOutsideRegion(country_code, region_name)


def check_size(lines: int, pieces: int) -> None:
    """A cart holds a household's purchase: so many lines, and so many pieces of one line.

    Source: the limits above. Raises `CartTooLarge`.
    """
    if lines > MOST_LINES:
        raise CartTooLarge(f"A cart has at most {MOST_LINES} lines")
    if pieces > MOST_PIECES:
        raise CartTooLarge(f"A line has at most {MOST_PIECES} pieces")


def check_payable(total_cents: int) -> None:
    """One payment holds eight digits at most (source: Stripe's limit on amounts).

    Raises `CartTooLarge`.
    """
    if total_cents > HIGHEST_AMOUNT_CENTS:
        raise CartTooLarge("The total of the cart is more than one payment can hold")


def check_promotion_codes(codes: Sequence[str]) -> None:
    """No promotion exists as yet, so that no code is valid; none at all is fine (store-api §5).

    Raises `InvalidPromotionCode`.
    """
    if codes:
        raise InvalidPromotionCode(codes[0])
