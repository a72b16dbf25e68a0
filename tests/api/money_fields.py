"""Every field of the wire that carries money (store-api §1), as data; and every number that is none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

CHARGE = (
    "total", "subtotal", "tax_total", "discount_total", "discount_subtotal", "discount_tax_total",
    "original_total", "original_subtotal", "original_tax_total",
)  # fmt: skip
TOTALS = (
    *CHARGE,
    "item_total", "item_subtotal", "item_tax_total", "item_discount_total",
    "original_item_total", "original_item_subtotal", "original_item_tax_total",
    "shipping_total", "shipping_subtotal", "shipping_tax_total", "shipping_discount_total",
    "original_shipping_total", "original_shipping_subtotal", "original_shipping_tax_total",
    "credit_line_total", "credit_line_subtotal", "credit_line_tax_total",
)  # fmt: skip
FOUR_AMOUNTS = ("amount", "authorized_amount", "captured_amount", "refunded_amount")
# By kind of object: the fields that carry money.
MONEY: Mapping[str, tuple[str, ...]] = {
    "price": (
        "calculated_amount", "original_amount", "calculated_amount_with_tax", "calculated_amount_without_tax",
        "original_amount_with_tax", "original_amount_without_tax",
    ),
    "shipping_option": ("amount",),
    "option_price": ("amount",),
    "cart": TOTALS,
    "order": TOTALS,
    "line": ("unit_price", "compare_at_unit_price", *CHARGE),
    "order_line": (
        "unit_price", "compare_at_unit_price", *CHARGE, "refundable_total", "refundable_total_per_unit",
        "fulfilled_total", "shipped_total", "return_requested_total", "return_received_total",
        "return_dismissed_total", "write_off_total",
    ),
    "detail": ("unit_price", "compare_at_unit_price"),
    "adjustment": ("amount",),
    "tax_line": ("total", "subtotal"),
    "shipping_method": ("amount", *CHARGE),
    "summary": (
        "paid_total", "refunded_total", "accounting_total", "credit_line_total", "transaction_total",
        "pending_difference", "current_order_total", "original_order_total",
    ),
    "payment_collection": FOUR_AMOUNTS,
    "payment_session": ("amount",),
    "payment": FOUR_AMOUNTS,
    "way_back": ("amount",),
}  # fmt: skip
# These may be null, or (the last four) absent where nothing is known.
MAY_BE_NULL = {"compare_at_unit_price"}
# Where other objects hang below an object, and of which kind they are.
BELOW: Mapping[str, Mapping[str, str]] = {
    "product": {"variants": "variant"},
    "variant": {"calculated_price": "price"},
    "shipping_option": {"calculated_price": "option_calculated", "prices": "option_price"},
    "cart": {
        "items": "line",
        "shipping_methods": "shipping_method",
        "payment_collection": "payment_collection",
        "promotions": "promotion",
    },
    "order": {
        "items": "order_line",
        "shipping_methods": "shipping_method",
        "payment_collections": "payment_collection",
        "summary": "summary",
    },
    "line": {"adjustments": "adjustment", "tax_lines": "tax_line"},
    "order_line": {"adjustments": "adjustment", "tax_lines": "tax_line", "detail": "detail"},
    "shipping_method": {"adjustments": "adjustment", "tax_lines": "tax_line"},
    "payment_collection": {"payment_sessions": "payment_session", "payments": "payment"},
    "return": {"shipping_methods": "way_back"},
}
# Kinds whose money fields are there only when something is known: a country for the tax, an address for the lines.
SPARSE = {"option_calculated", "promotion"}
# Numbers of the wire that are no amounts.
NO_MONEY = {
    "count", "offset", "limit", "quantity", "rate", "display_id", "version", "order_version", "inventory_quantity",
    "variant_rank", "rank", "weight",
    "length", "height", "width", "min_quantity", "max_quantity", "fulfilled_quantity", "shipped_quantity",
    "delivered_quantity", "return_requested_quantity", "return_received_quantity", "return_dismissed_quantity",
    "written_off_quantity", "received_quantity", "damaged_quantity", "raw_quantity",
}  # fmt: skip
# Inside them a number means what its owner wants: metadata, the vendor's own object, a percentage.
FOREIGN = {"metadata", "data", "application_method", "context"}


@dataclass(frozen=True)
class Amount:
    """One amount of an answer: where it stands and what it says."""

    at: str
    value: object


def amounts(kind: str, shown: Mapping[str, object], at: str = "") -> Iterator[Amount]:
    """Every amount that an object of this kind must have, and those below it; an absent one is a None."""
    at = at or kind
    for name in MONEY.get(kind, ()):
        if not (name in MAY_BE_NULL and shown.get(name) is None):
            yield Amount(f"{at}.{name}", shown.get(name))
    for name, below in BELOW.get(kind, {}).items():
        found = shown.get(name)
        several: list[object] = found if isinstance(found, list) else [found]
        for number, each in enumerate(several):
            if isinstance(each, dict) and below not in SPARSE:
                yield from amounts(below, each, f"{at}.{name}.{number}")


def unknown_numbers(shown: object, known: frozenset[str], at: str = "") -> Iterator[str]:
    """Numbers that are neither in the table of money nor among those that are none: the table is complete."""
    if isinstance(shown, list):
        for each in shown:
            yield from unknown_numbers(each, known, at)
    elif isinstance(shown, dict):
        for name, value in shown.items():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if is_number and name not in known and name not in NO_MONEY:
                yield f"{at}.{name}"
            elif name not in FOREIGN:
                yield from unknown_numbers(value, known, f"{at}.{name}")


KNOWN = frozenset(name for names in MONEY.values() for name in names)


def cents_of(amount: Amount, digits: int) -> int:
    """The amount in the smallest unit; fails unless it is a JSON number with no more decimals than its currency has."""
    value = amount.value
    assert isinstance(value, int | float), f"{amount.at}: {value!r} is no number"
    assert not isinstance(value, bool), amount.at
    cents = Decimal(str(value)).scaleb(digits)
    assert cents == cents.to_integral_value(), f"{amount.at}: {value!r} is finer than its currency"
    return int(cents)
