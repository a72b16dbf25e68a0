"""What a cart costs, and what may be done to it. Orders compute their totals here too."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from app.carts.errors import CartCompleted, CartNotFound, CartTooLarge, CountryOutsideRegion, VariantNotForSale
from app.pricing.rules import HIGHEST_AMOUNT_CENTS

MOST_LINES = 200
MOST_PIECES = 10_000
MOST_CODES = 20
MOST_DETAILS = 10_000
# A cart lives that long after its last change (runbook S0-017); one that was bought can be read longer (design §4.18).
LIFE = timedelta(days=7)
OPEN_AFTER_COMPLETION = timedelta(days=30)


@dataclass(frozen=True)
class Charge:
    """Pieces at one price, VAT included; `rate` is in percent, None as long as no country is known."""

    quantity: int
    unit_price_cents: int
    rate: Decimal | None
    discount_cents: int = 0


class ChargeTotals(NamedTuple):
    """What a charge comes to: `total = subtotal + tax - discount_subtotal`; the subtotal is before any discount."""

    total_cents: int
    subtotal_cents: int
    tax_cents: int
    discount_cents: int = 0
    discount_subtotal_cents: int = 0

    @property
    def discount_tax_cents(self) -> int:
        """The VAT that the discount takes away."""
        return self.discount_cents - self.discount_subtotal_cents

    @property
    def original_total_cents(self) -> int:
        """Without any discount."""
        return self.total_cents + self.discount_cents

    @property
    def original_tax_cents(self) -> int:
        """The VAT without any discount."""
        return self.tax_cents + self.discount_tax_cents


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
        return sum(charge.total_cents for charge in (*self.items, *self.shipping))


def add_up(charges: Sequence[ChargeTotals]) -> ChargeTotals:
    """The sum of charges."""
    return ChargeTotals(*map(sum, zip(*charges, strict=True))) if charges else ChargeTotals(0, 0, 0)


def compute_charge(charge: Charge) -> ChargeTotals:
    """VAT is on what is left after the discount; the discount's own net is what the net went down by.

    Source: store-api §5, Totals; exact identities of §1. Without a country there is no VAT yet, and all of it is net.
    """
    original_cents = charge.quantity * charge.unit_price_cents
    discount_cents = min(charge.discount_cents, original_cents)
    total_cents = original_cents - discount_cents
    subtotal_cents = _net(original_cents, charge.rate)
    net_cents = _net(total_cents, charge.rate)
    return ChargeTotals(
        total_cents, subtotal_cents, total_cents - net_cents, discount_cents, subtotal_cents - net_cents
    )


def _net(gross_cents: int, rate: Decimal | None) -> int:
    """Gross ÷ (1 + rate), rounded half up to the cent, once per line."""
    if not rate:
        return gross_cents
    divisor = 10_000 + int(rate * 100)  # rates have two decimals
    return (2 * gross_cents * 10_000 + divisor) // (2 * divisor)


def compute_totals(items: Sequence[Charge], shipping: Sequence[Charge]) -> Totals:
    """The totals of a cart or an order: each charge by itself, sums of those (store-api §1)."""
    return Totals(tuple(map(compute_charge, items)), tuple(map(compute_charge, shipping)))


def check_changeable(cart_id: str, completed_at: datetime | None) -> None:
    """A completed cart is an order's evidence and can only be read (store-api §5).

    Raises `CartCompleted`.
    """
    if completed_at is not None:
        raise CartCompleted(cart_id)


def check_open_by_id(cart_id: str, expires_at: datetime, completed_at: datetime | None, now: datetime) -> None:
    """Seven days after its last change, or thirty after it was bought, a cart's id opens nothing any more.

    Source: runbook S0-017, design §4.18. Raises `CartNotFound`.
    """
    ends_at = expires_at if completed_at is None else completed_at + OPEN_AFTER_COMPLETION
    if now > ends_at:
        raise CartNotFound(cart_id)


def merge_details(before: Mapping[str, object] | None, given: Mapping[str, object] | None) -> dict[str, object] | None:
    """Metadata that is given is laid over what is there; an empty text takes a key away, null takes them all.

    Raises `CartTooLarge`.
    """
    if given is None:
        return None
    merged = {key: value for key, value in {**(before or {}), **given}.items() if value != ""}
    if len(json.dumps(merged)) > MOST_DETAILS:
        raise CartTooLarge(f"Metadata has at most {MOST_DETAILS} characters")
    return merged


def check_country(country_code: str | None, region_name: str, served: Collection[str]) -> None:
    """A cart travels within its region (store-api §5); an address without country is not complete yet.

    Raises `CountryOutsideRegion`.
    """
    if country_code is not None and country_code not in served:
        raise CountryOutsideRegion(country_code, region_name)


def check_for_sale(withdrawn: Mapping[str, str]) -> None:
    """What was taken off sale since it was put in, by variant id with its name, is paid by nobody any more.

    Source: docs/decisions/0014. Raises `VariantNotForSale`.
    """
    if withdrawn:
        raise VariantNotForSale(sorted(withdrawn), [withdrawn[variant_id] for variant_id in sorted(withdrawn)])


def check_size(lines: int, pieces: int) -> None:
    """A cart holds a household's purchase: so many lines, and so many pieces of one line.

    Source: the limits above. Raises `CartTooLarge`.
    """
    if lines > MOST_LINES:
        raise CartTooLarge(f"A cart has at most {MOST_LINES} lines")
    if pieces > MOST_PIECES:
        raise CartTooLarge(f"A line has at most {MOST_PIECES} pieces")


def check_codes(codes: int) -> None:
    """So many promotion codes at most (source: the limit above).

    Raises `CartTooLarge`.
    """
    if codes > MOST_CODES:
        raise CartTooLarge(f"A cart has at most {MOST_CODES} promotion codes")


def check_payable(total_cents: int) -> None:
    """One payment holds eight digits at most (source: Stripe's limit on amounts).

    Raises `CartTooLarge`.
    """
    if total_cents > HIGHEST_AMOUNT_CENTS:
        raise CartTooLarge("The total of the cart is more than one payment can hold")
