"""What a price may be, which of several prices applies, and what a reduction is compared with."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from app.core.money import to_wire
from app.pricing.errors import (
    InvalidInstant,
    InvalidPrice,
    InvalidPriceList,
    NotAReduction,
    PriceMovesByHalf,
    PriorPriceUnknown,
    ProductArchived,
)

# Stripe charges at most eight digits in a currency's smallest unit.
HIGHEST_AMOUNT_CENTS = 99_999_999
HUNDRED = Decimal(100)
HIGHEST_PERCENTAGE = Decimal(1_000)
LONGEST_PLAN = timedelta(days=731)
PRIOR_PRICE_WINDOW = timedelta(days=30)
SALE = "sale"
OVERRIDE = "override"
ALWAYS = datetime.max.replace(tzinfo=UTC)


class Asked(NamedTuple):
    """A price that could apply: the variant's own, or that of a list."""

    amount_cents: int
    price_id: str
    list_id: str | None = None
    list_type: str | None = None


class AskedPrice(NamedTuple):
    """Which price applies, and which one would without any reduction (the same where there is none)."""

    applied: Asked
    regular: Asked


class EffectivePrice(NamedTuple):
    """What a variant costs; in an announced reduction the original amount is the legal prior price."""

    amount_cents: int
    original_amount_cents: int
    price_id: str
    price_list_id: str | None
    price_list_type: str | None
    original_price_id: str
    original_price_list_id: str | None
    original_price_list_type: str | None

    @property
    def is_reduced(self) -> bool:
        """Whether a reduction is announced."""
        return self.price_list_type == SALE


class HistoryRow(NamedTuple):
    """What one source said from `recorded_at` on: the price itself (no list), or one list."""

    list_id: str | None
    list_type: str | None
    amount_cents: int | None
    valid_from_at: datetime
    valid_to_at: datetime | None
    recorded_at: datetime


class AppliedPrice(NamedTuple):
    """A price that one source asked of everybody, from an instant until before another."""

    amount_cents: int
    list_type: str | None
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True)
class PriorPrice:
    """What a reduction is compared with; None: no price was ever asked of everybody before it."""

    amount_cents: int | None


def check_price(amount_cents: int) -> None:
    """A price is an amount that can be charged, nought included (source: Stripe's limit of eight digits).

    Raises `InvalidPrice`.
    """
    if not 0 <= amount_cents <= HIGHEST_AMOUNT_CENTS:
        raise InvalidPrice(f"A price is between 0 and {HIGHEST_AMOUNT_CENTS} cents")


class PriceMove(NamedTuple):
    """What a variant costs in a currency, and what it shall cost; None: it has no price yet."""

    variant_id: str
    currency_code: str
    old_cents: int | None
    new_cents: int

    @property
    def is_beyond_half(self) -> bool:
        """Whether it moves by more than half of what it was; a first price moves from nothing."""
        return self.old_cents is not None and abs(self.new_cents - self.old_cents) * 2 > self.old_cents


def check_moves(
    moves: Iterable[PriceMove], names: Mapping[str, str], archived: Collection[str], *, confirmed: bool
) -> None:
    """What is archived keeps its price; a move by more than half is asked for twice (design §4.4).

    `names`: what people call the variants; `archived`: those that are not sold any more, by id. A first price is free.
    Raises `ProductArchived`, `PriceMovesByHalf`.
    """
    changes = [move for move in moves if move.old_cents is not None]
    kept = sorted({names[move.variant_id] for move in changes if move.variant_id in archived})
    if kept:
        raise ProductArchived(kept)
    beyond = [show_move(move, names[move.variant_id]) for move in changes if move.is_beyond_half]
    if beyond and not confirmed:
        raise PriceMovesByHalf(beyond)


def show_move(move: PriceMove, name: str) -> str:
    """`AURA-NOIR 34900 = 349.00 EUR -> 299 = 2.99 EUR`, in every language."""
    shown = [_show(cents, move.currency_code) for cents in (move.old_cents, move.new_cents) if cents is not None]
    return f"{name} {' -> '.join(shown)}"


def _show(cents: int, currency_code: str) -> str:
    return f"{cents} = {to_wire(cents, currency_code)} {currency_code.upper()}"


def compute_changed_price(amount_cents: int, percentage: Decimal) -> int:
    """So many percent more (below nought: less), rounded half up to the cent. Raises `InvalidPrice`.

    Source: design §4.4. A price is never less than nothing.
    """
    if not -HUNDRED <= percentage <= HIGHEST_PERCENTAGE:
        raise InvalidPrice(f"A percentage is between -{HUNDRED} and {HIGHEST_PERCENTAGE}")
    changed = int((amount_cents * (HUNDRED + percentage) / HUNDRED).quantize(Decimal(1), ROUND_HALF_UP))
    check_price(changed)
    return changed


def check_planned_instant(applies_at: datetime, now: datetime) -> None:
    """A price is planned for later, and for two years at most: a year that is mistyped is not waited for.

    Raises `InvalidInstant`. Source: docs/decisions/0028.
    """
    if not now < applies_at <= now + LONGEST_PLAN:
        raise InvalidInstant("L'instant est à venir, d'ici à deux ans. / The instant is to come, within two years.")


def check_price_list(title: str, list_type: str, status: str, starts_at: datetime, ends_at: datetime | None) -> None:
    """A list has a title, Medusa's words for type and status, and ends no sooner than it starts (store-api §4).

    Raises `InvalidPriceList`.
    """
    if not title.strip():
        raise InvalidPriceList("A price list has a title")
    if list_type not in (SALE, OVERRIDE):
        raise InvalidPriceList(f"Price list type '{list_type}' is not one of {SALE}, {OVERRIDE}")
    if status not in ("draft", "active"):
        raise InvalidPriceList(f"Price list status '{status}' is not one of draft, active")
    if ends_at is not None and ends_at < starts_at:
        raise InvalidPriceList("A price list cannot end before it starts")


def check_reduction(sku: str, amount_cents: int, prior: PriorPrice) -> None:
    """A reduction is announced against a known prior price, and is lower than it.

    Source: french-rules §2.6 (code de la consommation L112-1-1). Raises `PriorPriceUnknown`, `NotAReduction`.
    """
    if prior.amount_cents is None:
        raise PriorPriceUnknown(sku)
    if amount_cents >= prior.amount_cents:
        raise NotAReduction(sku, amount_cents, prior.amount_cents)


def decide_asked_price(asked: Sequence[Asked]) -> AskedPrice:
    """The lowest override stands in for the variant's own price; the lowest sale price applies where it is lower.

    Source: store-api §4 (calculated_price); a list can never make a thing dearer by calling it a sale.
    """
    overrides = [each for each in asked if each.list_type == OVERRIDE]
    own = [each for each in asked if each.list_type is None]
    sales = [each for each in asked if each.list_type == SALE]
    regular = min(overrides or own or sales)
    lowest = min(sales, default=regular)
    return AskedPrice(lowest if lowest.amount_cents < regular.amount_cents else regular, regular)


def compute_effective_price(price: AskedPrice, prior: PriorPrice) -> EffectivePrice:
    """A reduction shows its prior price; one that is not lower than it applies without being announced.

    Source: french-rules §2.6. The second case: the regular price was lower for a while after the sale was planned.
    """
    applied, regular = price
    if applied.list_type != SALE:
        return _effective(applied, applied, applied.amount_cents)
    if prior.amount_cents is None or applied.amount_cents >= prior.amount_cents:
        silent = applied._replace(list_type=OVERRIDE)
        return _effective(silent, silent, applied.amount_cents)
    return _effective(applied, regular, prior.amount_cents)


def _effective(applied: Asked, original: Asked, original_amount_cents: int) -> EffectivePrice:
    return EffectivePrice(
        applied.amount_cents,
        original_amount_cents,
        applied.price_id,
        applied.list_id,
        applied.list_type,
        original.price_id,
        original.list_id,
        original.list_type,
    )


def compute_applied_prices(rows: Iterable[HistoryRow]) -> list[AppliedPrice]:
    """When each price of a variant's history applied: until its planned end, or until its source said something else.

    Source: the rule of the table `price_history`. Rows come in the order in which they were written.
    """
    sources: defaultdict[str | None, list[HistoryRow]] = defaultdict(list)
    for row in rows:
        sources[row.list_id].append(row)
    applied = []
    for source in sources.values():
        source.sort(key=lambda row: row.recorded_at)  # stable: of one instant, the last one written counts
        following = [row.recorded_at for row in source[1:]]
        for row, replaced_at in zip(source, [*following, ALWAYS], strict=True):
            to_at = min(row.valid_to_at or ALWAYS, replaced_at)
            if row.amount_cents is not None and row.valid_from_at < to_at:
                applied.append(AppliedPrice(row.amount_cents, row.list_type, row.valid_from_at, to_at))
    return applied


def compute_prior_price(
    applied: Sequence[AppliedPrice], reduced_at: datetime, sold_since: datetime | None
) -> PriorPrice:
    """Successive reductions of one period are compared with the price before the first one of them.

    Source: french-rules §2.6 (L112-1-1, II). A period is a chain of public sales without a gap.
    """
    return compute_lowest_price_30d(applied, compute_reduction_start(applied, reduced_at), sold_since)


def compute_reduction_start(applied: Iterable[AppliedPrice], reduced_at: datetime) -> datetime:
    """When the chain of sales began that reaches an instant without a gap; the instant itself where there is none.

    Source: french-rules §2.6, successive reductions.
    """
    begun = sorted((each.from_at, each.to_at) for each in applied if each.list_type == SALE)
    start = end = None
    for from_at, to_at in begun:
        if from_at > reduced_at:
            break
        if start is None or end is None or from_at > end:
            start, end = from_at, to_at
        else:
            end = max(end, to_at)
    return start if start is not None and end is not None and end >= reduced_at else reduced_at


def compute_lowest_price_30d(
    applied: Sequence[AppliedPrice], reduced_at: datetime, sold_since: datetime | None
) -> PriorPrice:
    """The lowest price asked of everybody in the thirty days before a reduction, or in the product's shorter life.

    Source: french-rules §2.6 (L112-1-1, I). A product that was never published was never sold at any price.
    """
    if sold_since is None:
        return PriorPrice(None)
    window = (max(reduced_at - PRIOR_PRICE_WINDOW, sold_since), reduced_at)
    overrides = _merge([(each.from_at, each.to_at) for each in applied if each.list_type == OVERRIDE])
    amounts = [
        each.amount_cents
        for each in applied
        if (during := _overlap((each.from_at, each.to_at), window))
        # What the variant costs by itself was not asked while an override replaced it.
        and (each.list_type is not None or not _is_covered(during, overrides))
    ]
    return PriorPrice(min(amounts, default=None))


Span = tuple[datetime, datetime]


def _overlap(one: Span, other: Span) -> Span | None:
    start, end = max(one[0], other[0]), min(one[1], other[1])
    return (start, end) if start < end else None


def _merge(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _is_covered(span: Span, merged: Sequence[Span]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in merged)
