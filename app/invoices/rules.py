"""What an invoice says in figures, and when a sale to another Member State may no longer be made.

Sources: french-rules §2.2 to §2.4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from app.shop.rules import FRANCHISE_CODE, FRANCHISE_MENTION

Kind = Literal["invoice", "credit_note", "reversal"]
Locale = Literal["fr", "en"]
# Member States, by ISO 3166; sales from France to Monaco are sales in France (CGI art. 302 decies).
MEMBER_STATES = frozenset({
    "at", "be", "bg", "cy", "cz", "de", "dk", "ee", "es", "fi", "fr", "gr", "hr", "hu", "ie", "it", "lt", "lu", "lv",
    "mt", "nl", "pl", "pt", "ro", "se", "si", "sk",
})  # fmt: skip
HOME = frozenset({"fr", "mc"})
# Excluding VAT, of all other Member States together, in this calendar year and in the one before (CGI art. 259 D).
DISTANCE_LIMIT_CENTS = 10_000_00
DISTANCE_WARNING_CENTS = 8_000_00


class Treatment(NamedTuple):
    """How VAT treats a part of an invoice: UNTDID 5305's letter, and why there is none."""

    category: str
    reason: str | None = None
    reason_code: str | None = None


STANDARD = Treatment("S")
ZERO = Treatment("Z")
FRANCHISE = Treatment("E", FRANCHISE_MENTION, "VATEX-FR-FRANCHISE")
EXPORT = Treatment("G", "Exonération de TVA, article 262, I du CGI", "VATEX-EU-G")


@dataclass(frozen=True)
class Part:
    """One line or way of sending: cents with VAT, `gross` before what promotions took off; the rate in percent."""

    quantity: int
    gross_cents: int
    total_cents: int
    rate: Decimal
    treatment: Treatment


@dataclass(frozen=True)
class NetPart:
    """The same without VAT: before and after the reduction; what remains adds up to the nets of the rates."""

    gross_net_cents: int
    net_cents: int


@dataclass(frozen=True)
class RateSum:
    """All that bears one rate, in cents: `net + tax = total`, exactly."""

    rate: Decimal
    treatment: Treatment
    net_cents: int
    tax_cents: int
    total_cents: int


def compute_tax(total_cents: int, rate: Decimal) -> int:
    """The VAT within an amount that includes it, half up to the cent. Source: french-rules §2.1."""
    percent = int(rate * 100)  # rates have two decimals
    return (2 * total_cents * percent + 10_000 + percent) // (2 * (10_000 + percent))


def compute_rate_sums(parts: Sequence[Part]) -> list[RateSum]:
    """VAT once per rate, on the sum of all that bears it, highest rate first: net + VAT = what is paid.

    Source: french-rules §2.1 (per rate on the invoice total).
    """
    sums: dict[tuple[Decimal, Treatment], int] = {}
    for part in parts:
        key = (part.rate, part.treatment)
        sums[key] = sums.get(key, 0) + part.total_cents
    return [
        sum_rate(rate, treatment, total_cents, compute_tax(total_cents, rate))
        for (rate, treatment), total_cents in sorted(sums.items(), key=lambda item: (-item[0][0], item[0][1].category))
    ]


def sum_rate(rate: Decimal, treatment: Treatment, total_cents: int, tax_cents: int) -> RateSum:
    """The net is what VAT leaves."""
    return RateSum(rate, treatment, total_cents - tax_cents, tax_cents, total_cents)


def compute_net_parts(parts: Sequence[Part], sums: Sequence[RateSum]) -> list[NetPart]:
    """Each part without VAT, such that those of a rate add up to its net: the cents of rounding go where most is left.

    Source: EN 16931, BR-CO-10 and BR-S-08 (lines add up to the taxable amounts).
    """
    nets: dict[int, int] = {}
    for each in sums:
        places = [
            place for place, part in enumerate(parts) if (part.rate, part.treatment) == (each.rate, each.treatment)
        ]
        shares = spread(each.net_cents, [parts[place].total_cents for place in places])
        nets.update(zip(places, shares, strict=True))
    return [_net_part(part, nets[place]) for place, part in enumerate(parts)]


def _net_part(part: Part, net_cents: int) -> NetPart:
    if part.gross_cents == part.total_cents:
        return NetPart(net_cents, net_cents)
    gross_net_cents = part.gross_cents - compute_tax(part.gross_cents, part.rate)
    return NetPart(max(gross_net_cents, net_cents), net_cents)


def spread(amount_cents: int, weights: Sequence[int]) -> list[int]:
    """An amount in proportion to weights, all of it: what rounding down leaves goes to the largest remainders."""
    whole = sum(weights)
    if whole == 0:
        return [amount_cents if place == 0 else 0 for place in range(len(weights))]
    shares = [amount_cents * weight // whole for weight in weights]
    remainders = [amount_cents * weight % whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: (-remainders[place], place))
    for place in order[: amount_cents - sum(shares)]:
        shares[place] += 1
    return shares


def compute_credit(
    invoiced: Sequence[RateSum],
    credited: Sequence[RateSum],
    amount_cents: int,
    returned_cents: Mapping[Decimal, int] | None = None,
) -> list[RateSum]:
    """What a credit note takes back at each rate: of the pieces that came back, else of everything that is left.

    Never more of a rate than is left of it; what empties a rate takes back exactly the VAT that is left.
    Source: CGI art. 272 (the VAT of what was invoiced is corrected by what is taken back).
    """
    left = [_take_away(each, credited) for each in invoiced]
    wished = [min(each.total_cents, (returned_cents or {}).get(each.rate, 0)) for each in left]
    first = min(amount_cents, sum(wished))
    taken = spread(first, wished) if first else [0] * len(left)
    rests = [each.total_cents - cents for each, cents in zip(left, taken, strict=True)]
    more = spread(min(amount_cents - first, sum(rests)), rests) if sum(rests) else [0] * len(left)
    return [
        _credit_rate(each, some + other) for each, some, other in zip(left, taken, more, strict=True) if some + other
    ]


def _take_away(invoiced: RateSum, credited: Sequence[RateSum]) -> RateSum:
    same = [each for each in credited if (each.rate, each.treatment) == (invoiced.rate, invoiced.treatment)]
    return sum_rate(
        invoiced.rate,
        invoiced.treatment,
        invoiced.total_cents - sum(each.total_cents for each in same),
        invoiced.tax_cents - sum(each.tax_cents for each in same),
    )


def _credit_rate(left: RateSum, total_cents: int) -> RateSum:
    is_all = total_cents == left.total_cents
    tax_cents = left.tax_cents if is_all else min(compute_tax(total_cents, left.rate), left.tax_cents)
    return sum_rate(left.rate, left.treatment, total_cents, tax_cents)


def compute_treatment(tax_code: str | None, rate: Decimal, country_code: str | None) -> Treatment:
    """Why a part bears VAT or none: franchise, export out of the Union, else its rate.

    Source: CGI art. 293 B and 262, I; the codes are EN 16931's.
    """
    if tax_code == FRANCHISE_CODE:
        return FRANCHISE
    if rate:
        return STANDARD
    is_abroad = country_code is not None and country_code not in MEMBER_STATES | HOME
    return EXPORT if is_abroad else ZERO


def is_distance_sale(country_code: str | None) -> bool:
    """Whether goods go to a consumer in another Member State. Source: CGI art. 258 A."""
    return country_code in MEMBER_STATES - HOME


@dataclass(frozen=True)
class DistanceSales:
    """Sales to other Member States without VAT, in euro cents: of the last calendar year, and of this one so far."""

    last_year_cents: int
    this_year_cents: int


Standing = Literal["below", "warning", "reached"]


def compute_distance_standing(sales: DistanceSales, sale_cents: int = 0) -> Standing:
    """Above 10 000 euros this year with this sale, or last year, VAT is that of the country of arrival.

    A warning from 80 % on. Source: french-rules §2.3.
    """
    with_it = sales.this_year_cents + sale_cents
    if sales.last_year_cents > DISTANCE_LIMIT_CENTS or with_it > DISTANCE_LIMIT_CENTS:
        return "reached"
    return "warning" if with_it >= DISTANCE_WARNING_CENTS else "below"
