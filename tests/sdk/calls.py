"""Which routes of the index each flow calls with success. What is written here is checked when the flow runs."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.sdk.index import find_row

ADD_TO_CART = ("GET /store/regions", "GET /store/products", "POST /store/carts", "POST /store/carts/:id/line-items")
CHECKOUT = (
    *ADD_TO_CART,
    "GET /store/carts/:id",
    "POST /store/carts/:id",
    "GET /store/shipping-options",
    "POST /store/carts/:id/shipping-methods",
    "POST /store/payment-collections",
    "POST /store/payment-collections/:id/payment-sessions",
    "POST /store/carts/:id/complete",
)
FLOWS: dict[str, tuple[str, ...]] = {
    "guest_purchase": (*CHECKOUT, "GET /store/orders/:id"),
    "manual_payment": CHECKOUT,
    "refused_card": CHECKOUT,
    "refusals": ADD_TO_CART,
}


@dataclass(frozen=True)
class Call:
    """One call that the SDK made, and how it was answered."""

    method: str
    path: str
    status: int


def name_calls(calls: Iterable[Call]) -> set[str]:
    """The rows of the index that were called and answered as the contract says."""
    found = ((call, find_row(call.method, call.path)) for call in calls)
    return {row.name for call, row in found if row and is_answered(call.status, row.answers)}


def is_answered(status: int, wanted: int | None) -> bool:
    """Success, or what the row says instead."""
    return status == wanted if wanted else status < 300
