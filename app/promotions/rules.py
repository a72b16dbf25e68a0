"""When a promotion gives something, to what, and how much: every cent of it lands on one line or one way of sending."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from typing import Literal

from app.pricing.rules import HIGHEST_AMOUNT_CENTS
from app.promotions.errors import InvalidPromotion, InvalidPromotionCode

LONGEST_CODE = 100
TYPES = ("percentage", "fixed")
STATUSES = ("draft", "active", "inactive")
TARGET_TYPES = ("items", "shipping_methods", "order")
ALLOCATIONS = ("each", "across")
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Terms:
    """What a promotion gives and on which conditions; `limited_to` None: to everything that may be discounted."""

    promotion_id: str
    code: str
    status: str = "active"
    percentage: Decimal | None = None
    amount_cents: int | None = None
    currency_code: str | None = None
    target_type: str = "items"
    allocation: str = "across"
    max_quantity: int | None = None
    minimum_item_total_cents: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    uses_left: int | None = None
    uses_per_customer: int | None = None
    limited_to: frozenset[str] | None = None


@dataclass(frozen=True)
class Target:
    """A line, or a way of sending, that may get something off; `groups` are what it is, belongs to and lies under."""

    target_id: str
    quantity: int
    total_cents: int
    is_discountable: bool = True
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Purchase:
    """What the conditions of a promotion are compared with; goods before any reduction by a code.

    `buyer_uses`: how often its buyer has used promotions before, by promotion id, as far as that matters.
    """

    currency_code: str
    item_total_cents: int
    at: datetime
    buyer_uses: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Adjustment:
    """So many cents off one target, VAT included."""

    target_id: str
    promotion_id: str
    code: str
    amount_cents: int


Standing = Literal["applies", "waits", "over"]


def fold_code(code: str) -> str:
    """As customers type it: capitals and blanks around it do not matter."""
    return code.strip().casefold()


def hash_buyer(email: str) -> str:
    """Says whether it was the same person, not who."""
    return sha256(email.lower().encode()).hexdigest()


def check_new_promotion(terms: Terms) -> None:
    """A promotion says how much off what, in words the wire knows, and ends after it starts (store-api §5).

    Raises `InvalidPromotion`.
    """
    faults = {
        "A promotion has a code of 1 to 100 characters": not 0 < len(terms.code.strip()) <= LONGEST_CODE,
        "A promotion takes off a percentage or an amount": (terms.percentage is None) == (terms.amount_cents is None),
        "A percentage is more than 0 and at most 100, with two decimals": not _is_percentage(terms.percentage),
        "An amount is a positive number of cents": not _is_amount(terms.amount_cents),
        "A minimum is a positive number of cents": not _is_amount(terms.minimum_item_total_cents),
        "An amount has a currency": terms.currency_code is None
        and (terms.amount_cents or terms.minimum_item_total_cents) is not None,
        f"The status is one of {', '.join(STATUSES)}": terms.status not in STATUSES,
        f"The target type is one of {', '.join(TARGET_TYPES)}": terms.target_type not in TARGET_TYPES,
        f"The allocation is one of {', '.join(ALLOCATIONS)}": terms.allocation not in ALLOCATIONS,
        "A promotion on the order is spread across it": (terms.target_type, terms.allocation) == ("order", "each"),
        "A largest quantity is positive, and for allocation each": terms.max_quantity is not None
        and (terms.max_quantity < 1 or terms.allocation != "each"),
        "A promotion ends after it starts": bool(terms.starts_at and terms.ends_at)
        and terms.ends_at <= terms.starts_at,  # type: ignore[operator]
        "A limit of uses is positive": any(
            limit is not None and limit < 1 for limit in (terms.uses_left, terms.uses_per_customer)
        ),
    }
    for message, is_fault in faults.items():
        if is_fault:
            raise InvalidPromotion(message)


def _is_percentage(percentage: Decimal | None) -> bool:
    return percentage is None or (0 < percentage <= HUNDRED and percentage == percentage.quantize(Decimal("0.01")))


def _is_amount(amount_cents: int | None) -> bool:
    return amount_cents is None or 0 < amount_cents <= HIGHEST_AMOUNT_CENTS


def decide_standing(terms: Terms, purchase: Purchase) -> Standing:
    """A code that is over gives nothing ever again; one that waits gives something once the cart has grown.

    Source: store-api §5 (promotion codes), design §4.6 (its uses are counted).
    """
    is_running = (
        terms.status == "active"
        and (terms.starts_at is None or terms.starts_at <= purchase.at)
        and (terms.ends_at is None or purchase.at < terms.ends_at)
    )
    is_used_up = terms.uses_left is not None and terms.uses_left <= 0
    if terms.uses_per_customer is not None:
        is_used_up = is_used_up or purchase.buyer_uses.get(terms.promotion_id, 0) >= terms.uses_per_customer
    if not is_running or is_used_up:
        return "over"
    if terms.currency_code is not None and terms.currency_code != purchase.currency_code:
        return "waits"
    minimum_cents = terms.minimum_item_total_cents
    return "waits" if minimum_cents is not None and purchase.item_total_cents < minimum_cents else "applies"


def check_code(code: str, terms: Terms | None, purchase: Purchase, *, is_in_cart: bool = False) -> None:
    """A code that is typed must give something now, one that is in the cart already must not be over.

    In Medusa's words, never saying what is wrong (store-api §5). Raises `InvalidPromotionCode`.
    """
    accepted = ("applies", "waits") if is_in_cart else ("applies",)
    if terms is None or decide_standing(terms, purchase) not in accepted:
        raise InvalidPromotionCode(code)


def check_use(terms: Terms, purchase: Purchase | None, *, buyer_uses: int, is_buyer_known: bool) -> None:
    """A use is left, for everybody and for this buyer; without a purchase at hand the money came in time already.

    Source: design §4.6. Raises `InvalidPromotionCode`.
    """
    is_left = terms.uses_left is None or terms.uses_left > 0
    if purchase is not None:
        is_left = is_left and decide_standing(terms, purchase) != "over"
    if terms.uses_per_customer is not None:
        is_left = is_left and is_buyer_known and buyer_uses < terms.uses_per_customer
    if not is_left:
        raise InvalidPromotionCode(terms.code)


def compute_adjustments(
    promotions: Sequence[Terms], target_type: Literal["items", "shipping_methods"], targets: Sequence[Target]
) -> list[Adjustment]:
    """Percentages first, then amounts, each from what the ones before have left; nothing costs less than nothing.

    Source: store-api §5 (totals), Medusa's `items`, `shipping_methods` and `order` (which is all items).
    """
    left = {target.target_id: target.total_cents for target in targets}
    adjustments = []
    for terms in sorted(promotions, key=lambda each: (each.percentage is None, each.promotion_id)):
        if (terms.target_type == "shipping_methods") != (target_type == "shipping_methods"):
            continue
        for target_id, amount_cents in _take_off(terms, [_leave(each, left) for each in targets]):
            left[target_id] -= amount_cents
            adjustments.append(Adjustment(target_id, terms.promotion_id, terms.code, amount_cents))
    return adjustments


def _leave(target: Target, left: dict[str, int]) -> Target:
    return Target(target.target_id, target.quantity, left[target.target_id], target.is_discountable, target.groups)


def _take_off(terms: Terms, targets: Sequence[Target]) -> list[tuple[str, int]]:
    fitting = [
        target
        for target in targets
        if target.is_discountable and (terms.limited_to is None or terms.limited_to & target.groups)
    ]
    if terms.allocation == "each":
        shares = [_take_from_each(terms, target) for target in fitting]
    else:
        total_cents = sum(target.total_cents for target in fitting)
        shares = spread(_part(terms, total_cents), [target.total_cents for target in fitting])
    return [(target.target_id, share) for target, share in zip(fitting, shares, strict=True) if share > 0]


def _take_from_each(terms: Terms, target: Target) -> int:
    """Of so many pieces of a line at most; a fixed amount counts for each piece."""
    pieces = min(target.quantity, terms.max_quantity or target.quantity)
    base_cents = target.total_cents * pieces // target.quantity
    if terms.amount_cents is not None:
        return min(terms.amount_cents * pieces, base_cents)
    return _part(terms, base_cents)


def _part(terms: Terms, base_cents: int) -> int:
    """A percentage is rounded half up to the cent; an amount takes no more than there is."""
    if terms.percentage is None:
        return min(terms.amount_cents or 0, base_cents)
    return int((base_cents * terms.percentage / HUNDRED).quantize(Decimal(1), ROUND_HALF_UP))


def spread(amount_cents: int, weights: Sequence[int]) -> list[int]:
    """An amount in proportion to weights, to the cent: who loses most by rounding down gets a cent first.

    Where the amount is no more than the weights together, no share is more than its weight.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    shares = [amount_cents * weight // whole for weight in weights]
    losses = sorted(range(len(weights)), key=lambda place: (-(amount_cents * weights[place] % whole), place))
    for place in losses[: amount_cents - sum(shares)]:
        shares[place] += 1
    return shares
