"""From Medusa's exact decimals to cents, and what an order of it comes to here: pure, and nothing is guessed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from app.carts.rules import Charge, compute_charge
from app.core.money import to_wire
from app.medusa_import.errors import LeftOut
from app.medusa_import.schemas_order import AdjustmentIn, ItemIn, MethodIn, OrderIn, PaymentIn, TaxLineIn
from app.payments.rules import STRIPE_PROVIDER
from app.pricing.rules import HIGHEST_AMOUNT_CENTS
from app.promotions.rules import LONGEST_CODE, fold_code

# Medusa works discounts and net prices out with some twenty digits: what differs by less is a cent all the same.
EXACT_ENOUGH = Decimal("0.000001")
ONE, HUNDRED = Decimal(1), Decimal(100)
PAST_STRIPE_PROVIDER = "pp_stripe_past"
INTENT_PREFIX, LONGEST_INTENT = "pi_", 255
NO_CODE = "MEDUSA"


class Reduction(NamedTuple):
    """What one code took off a line, VAT included."""

    code: str
    cents: int


@dataclass(frozen=True)
class SoldLine:
    """One line as it is written here; `rate` in percent, None where Medusa knew no VAT."""

    quantity: int
    unit_price_cents: int
    rate: Decimal | None
    reductions: tuple[Reduction, ...]

    @property
    def total_cents(self) -> int:
        """What the line comes to, VAT in."""
        taken = sum(each.cents for each in self.reductions)
        return compute_charge(Charge(self.quantity, self.unit_price_cents, self.rate, taken)).total_cents


@dataclass(frozen=True)
class Received:
    """Money of one payment of Medusa, in cents; `intent_id` where Stripe can be asked to give some of it back."""

    provider_id: str
    intent_id: str | None
    captured_cents: int
    refunded_cents: int


class Progress(NamedTuple):
    """What became of a line's pieces."""

    fulfilled: int
    shipped: int
    delivered: int
    received_back: int
    dismissed: int


def compute_cents(amount: Decimal, currency_code: str) -> int:
    """An amount in currency units as cents, exactly. Source: design §4.4. Raises `LeftOut` for what does not fit."""
    cents = amount / to_wire(1, currency_code)
    if cents != cents.to_integral_value():
        raise LeftOut("amount_has_fractions", f"{amount} {currency_code}")
    if not 0 <= cents <= HIGHEST_AMOUNT_CENTS:
        raise LeftOut("amount_out_of_bounds", f"{amount} {currency_code}")
    return int(cents)


def compute_pieces(quantity: Decimal | None) -> int:
    """A number of pieces; goods by the metre are not sold here. Source: design §4.6. Raises `LeftOut`."""
    pieces = Decimal(0) if quantity is None else quantity
    if pieces != pieces.to_integral_value() or not -1_000_000 <= pieces <= 1_000_000:
        raise LeftOut("fraction_of_a_piece", f"{quantity}")
    return int(pieces)


def find_rate(tax_lines: Sequence[TaxLineIn]) -> Decimal | None:
    """The VAT of a line in percent, the sum of its rates as Medusa adds them up; None without any. Raises `LeftOut`."""
    if not tax_lines:
        return None
    rate = sum((each.rate for each in tax_lines), Decimal(0))
    if not 0 <= rate < HUNDRED or rate != rate.quantize(Decimal("0.01")):
        raise LeftOut("vat_rate_unusable", f"{rate}")
    return rate.quantize(Decimal("0.01"))


def compute_gross_cents(amount: Decimal, rate: Decimal | None, currency_code: str, *, holds_vat: bool) -> int:
    """A price with its VAT, in cents; a net one must come to whole cents with it.

    Source: design §4.4, decision 0030. Raises `LeftOut`.
    """
    if holds_vat or not rate:
        return compute_cents(amount, currency_code)
    cents = amount * (ONE + rate / HUNDRED) / to_wire(1, currency_code)
    whole = cents.to_integral_value(ROUND_HALF_UP)
    if abs(cents - whole) > EXACT_ENOUGH:
        raise LeftOut("net_amount_has_fractions", f"{amount} {currency_code} + {rate} %")
    return compute_cents(whole * to_wire(1, currency_code), currency_code)


def compute_reductions(
    adjustments: Sequence[AdjustmentIn], version: int | None, rate: Decimal | None, currency_code: str, most_cents: int
) -> tuple[Reduction, ...]:
    """What each code took off, VAT included, rounded half up to the cent; all of them at most the line.

    Source: Medusa 2.13, where an adjustment is net unless it says otherwise, and belongs to a version of the order.
    """
    taken: dict[str, tuple[str, Decimal]] = {}
    for each in adjustments:
        if each.version is None or version is None or each.version == version:
            factor = ONE if each.is_tax_inclusive or not rate else ONE + rate / HUNDRED
            code = (each.code or NO_CODE).strip()[:LONGEST_CODE] or NO_CODE
            first, before = taken.get(fold_code(code), (code, Decimal(0)))
            taken[fold_code(code)] = first, before + each.amount * factor / to_wire(1, currency_code)
    reductions, left = [], most_cents
    for _, (code, cents) in sorted(taken.items()):
        whole = min(int(cents.to_integral_value(ROUND_HALF_UP)), left)
        if whole > 0:
            reductions.append(Reduction(code, whole))
            left -= whole
    return tuple(reductions)


def compute_item(item: ItemIn, currency_code: str) -> SoldLine:
    """One item as a line. Source: decision 0030. Raises `LeftOut`."""
    rate, quantity = find_rate(item.tax_lines), compute_pieces(item.quantity)
    price = item.unit_price if item.detail.unit_price is None else item.detail.unit_price
    unit_cents = compute_gross_cents(price, rate, currency_code, holds_vat=item.is_tax_inclusive)
    version = item.detail.version
    reductions = compute_reductions(item.adjustments, version, rate, currency_code, quantity * unit_cents)
    return SoldLine(quantity, unit_cents, rate, reductions)


def compute_method(method: MethodIn, currency_code: str) -> SoldLine:
    """One way of sending as a line of one piece. Source: decision 0030. Raises `LeftOut`."""
    rate = find_rate(method.tax_lines)
    cents = compute_gross_cents(method.amount, rate, currency_code, holds_vat=method.is_tax_inclusive)
    version = max((each.version or 0 for each in method.adjustments), default=None)
    return SoldLine(1, cents, rate, compute_reductions(method.adjustments, version, rate, currency_code, cents))


def compute_source_totals(order: OrderIn) -> list[int]:
    """What Medusa says the order came to, in cents rounded half up: when it was placed, and since its last edit."""
    said = order.summary
    totals = [] if said is None else [said.original_order_total, said.current_order_total]
    unit = to_wire(1, order.currency_code)
    return [int((each / unit).to_integral_value(ROUND_HALF_UP)) for each in totals if each is not None]


def check_total(lines: Sequence[SoldLine], totals: Sequence[int]) -> None:
    """The lines come to what Medusa says, to the cent. Source: decision 0030. Raises `LeftOut`."""
    total_cents = sum(line.total_cents for line in lines)
    if totals and total_cents not in totals:
        raise LeftOut("total_differs", f"{total_cents} / {', '.join(map(str, totals))}")


def compute_settled(lines: Sequence[SoldLine], totals: Sequence[int]) -> tuple[SoldLine, ...]:
    """Each discount was rounded to the cent by itself: a cent per reduction at most goes to the largest of them.

    Source: decision 0030; `check_total` decides whether it is enough.
    """
    settled, total_cents = list(lines), sum(line.total_cents for line in lines)
    reduced = [index for index, line in enumerate(settled) if line.reductions]
    missing = min((total_cents - each for each in totals), key=abs, default=0)
    if not reduced or missing == 0 or abs(missing) > sum(len(settled[index].reductions) for index in reduced):
        return tuple(lines)
    index = max(reduced, key=lambda each: settled[each].reductions[0].cents)
    line = settled[index]
    first = line.reductions[0]._replace(cents=line.reductions[0].cents + missing)
    settled[index] = SoldLine(line.quantity, line.unit_price_cents, line.rate, (first, *line.reductions[1:]))
    return tuple(settled) if first.cents > 0 else tuple(lines)


def compute_received(payment: PaymentIn) -> Received:
    """What came of a payment and what went back, in cents. Raises `LeftOut`.

    A payment through Stripe can be given back through Stripe when its intent is known; all others went their own way
    and are given back by hand. Source: decision 0030.
    """
    captured = sum((each.amount for each in payment.captures), Decimal(0))
    if not payment.captures and payment.captured_at is not None:
        captured = payment.amount
    refunded = sum((each.amount for each in payment.refunds), Decimal(0))
    if refunded > captured:
        raise LeftOut("refunds_above_payment", f"{refunded} / {captured} {payment.currency_code}")
    cents = (compute_cents(captured, payment.currency_code), compute_cents(refunded, payment.currency_code))
    if not payment.provider_id.startswith("pp_stripe"):
        return Received(payment.provider_id, None, *cents)
    intent = (payment.data or {}).get("id")
    if isinstance(intent, str) and intent.startswith(INTENT_PREFIX) and len(intent) <= LONGEST_INTENT:
        return Received(STRIPE_PROVIDER, intent, *cents)
    return Received(PAST_STRIPE_PROVIDER, None, *cents)


def compute_progress(item: ItemIn, quantity: int) -> Progress:
    """What left, arrived and came back, each within the one before (a pick-up is delivered and was never shipped).

    What is only asked back counts as nothing: that return is open in Medusa. Raises `LeftOut`.
    """
    detail = item.detail
    delivered = min(quantity, compute_pieces(detail.delivered_quantity))
    shipped = min(quantity, max(delivered, compute_pieces(detail.shipped_quantity)))
    fulfilled = min(quantity, max(shipped, compute_pieces(detail.fulfilled_quantity)))
    back = min(fulfilled, compute_pieces(detail.return_received_quantity))
    dismissed = min(fulfilled - back, compute_pieces(detail.return_dismissed_quantity))
    return Progress(fulfilled, shipped, delivered, back, dismissed)
