"""What an order's facts say: its status, what is paid, what is missing, who may still see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.orders.errors import (
    CountryDecidesVat,
    OrderAlreadyOwned,
    OrderAlreadyPaid,
    OrderGivenUp,
    OrderIsClosed,
    OrderNotFinished,
    OrderNotFound,
    OrderPaidOtherwise,
    OrderStillOpen,
    OrderUnderReview,
    OrderWithoutEmail,
    ParcelIsPacked,
    PaymentUnderWay,
)

ReviewReason = Literal["stock_gone", "amount_differs", "details_missing", "promotion_used_up", "withdrawn"]

# An order's id opens it without login for that long (design §4.18).
OPEN_WITHOUT_LOGIN = timedelta(days=30)
# An order that nobody pays ends like a cart that nobody buys (payments §2.3: kept 7 days).
UNPAID_LIFE = timedelta(days=7)
CANCELED, COMPLETED, ARCHIVED = "canceled", "completed", "archived"
# Nobody works on these any more.
OVER = frozenset({CANCELED, COMPLETED, ARCHIVED})
# So long does the owner of a guest's order have to answer who asks for it.
TRANSFER_LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class Money:
    """What happened to an order's money so far, in cents."""

    authorized_cents: int
    captured_cents: int
    refunded_cents: int


@dataclass(frozen=True)
class Summary:
    """Medusa's `summary`; a negative difference is owed to the customer."""

    paid_cents: int
    refunded_cents: int
    pending_difference_cents: int


@dataclass(frozen=True)
class Pieces:
    """What became of the pieces of one line."""

    quantity: int
    fulfilled: int
    shipped: int
    delivered: int


@dataclass(frozen=True)
class Unpaid:
    """What decides whether a payment of an order may be opened."""

    created_at: datetime
    is_placed_unpaid: bool
    is_paid: bool
    is_canceled: bool
    needs_review: bool
    is_processing: bool


@dataclass(frozen=True)
class Transferable:
    """What decides whether an order may change hands."""

    order_id: str
    email: str | None
    owner_id: str | None
    owner_has_account: bool


@dataclass(frozen=True)
class NewAddress:
    """Where an order shall go instead; `sold_to` is the country of its VAT, `packed` what waits here with a label."""

    country_code: str | None
    sold_to: str | None
    packed: int


@dataclass(frozen=True)
class WorkLeft:
    """What may still be to do for an order: pieces that are packed and here, and those that nobody packed."""

    status: str
    is_paid: bool
    packed: int
    unpacked: int
    is_partly_refunded: bool


def compute_order_status(review_reason: ReviewReason | None) -> str:
    """A new order waits to be worked on; one that needs a look says so. Source: store-api §8, design §4.5."""
    return "pending" if review_reason is None else "requires_action"


def compute_payment_status(total_cents: int, money: Money, *, is_canceled: bool = False) -> str:
    """From facts that only grow, in this order: refunded, captured, authorized, nothing. Source: payments §2.2.

    Where nothing is to pay, all of it is there; of what was canceled before any money came nothing is (store-api §8).
    """
    if is_canceled and money.captured_cents == 0:
        return "canceled"
    if total_cents == 0 and money.captured_cents == 0:
        return "captured"
    if money.captured_cents > 0:
        if money.refunded_cents >= money.captured_cents:
            return "refunded"
        # Of money that came twice one payment goes back, and the order stays paid.
        if money.refunded_cents > 0 and money.captured_cents - money.refunded_cents < total_cents:
            return "partially_refunded"
        return "captured" if money.captured_cents >= total_cents else "partially_captured"
    return "authorized" if money.authorized_cents > 0 else "not_paid"


def compute_fulfillment_status(lines: Sequence[Pieces]) -> str:
    """The furthest that any piece has come; `partially_` until all of them are there. Source: store-api §8."""
    wanted = sum(line.quantity for line in lines)
    for status, reached in (
        ("delivered", sum(line.delivered for line in lines)),
        ("shipped", sum(line.shipped for line in lines)),
        ("fulfilled", sum(line.fulfilled for line in lines)),
    ):
        if reached:
            return status if reached >= wanted else f"partially_{status}"
    return "not_fulfilled"


def compute_share(total_cents: int, quantity: int, pieces: int) -> int:
    """What some pieces of a line came to: their part of its total, half up; all of them come to all of it.

    Source: store-api §1 (money of an order's line).
    """
    return (2 * total_cents * pieces + quantity) // (2 * quantity)


def compute_summary(total_cents: int, money: Money, asked_back_cents: int = 0) -> Summary:
    """What is still to be paid is the total, less what is asked back, less what came and stayed.

    Source: the table of store-api §8.
    """
    kept_cents = money.captured_cents - money.refunded_cents
    return Summary(money.captured_cents, money.refunded_cents, total_cents - asked_back_cents - kept_cents)


def check_open_without_login(order_id: str, created_at: datetime, now: datetime) -> None:
    """After 30 days an order's id alone opens nothing. Source: design §4.18. Raises `OrderNotFound`."""
    if now - created_at > OPEN_WITHOUT_LOGIN:
        raise OrderNotFound(order_id)


def check_awaits_payment(order: Unpaid, now: datetime) -> None:
    """Only an order made before its payment, unpaid, not given up, and of which no money is on its way.

    Source: design §4.5, payments §2.3. Raises `OrderAlreadyPaid`, `OrderUnderReview`, `PaymentUnderWay`,
    `OrderGivenUp`, `OrderPaidOtherwise`.
    """
    if order.is_paid:
        raise OrderAlreadyPaid
    if order.needs_review:
        raise OrderUnderReview
    if order.is_processing:
        raise PaymentUnderWay
    if order.is_canceled or now - order.created_at > UNPAID_LIFE:
        raise OrderGivenUp
    if not order.is_placed_unpaid:
        raise OrderPaidOtherwise


def check_transferable(order: Transferable, customer_id: str) -> None:
    """A guest's order may go to whom its own address agrees to; an account's order is nobody else's to ask for.

    Source: store-api §8 (transfer), design §4.18. Raises `OrderAlreadyOwned`, `OrderNotFound`, `OrderWithoutEmail`.
    """
    if order.owner_id == customer_id:
        raise OrderAlreadyOwned(order.order_id, customer_id)
    if order.owner_has_account:
        raise OrderNotFound(order.order_id)
    if order.email is None:
        raise OrderWithoutEmail


def check_completable(work: WorkLeft) -> None:
    """Paid, looked at, and sent: what will never leave has been refunded first.

    Source: store-api §11 (complete), design §4.10. Raises `OrderIsClosed`, `OrderNotFinished`.
    """
    if work.status in OVER:
        raise OrderIsClosed(work.status)
    is_missing = work.unpacked > 0 and not work.is_partly_refunded
    if work.status != compute_order_status(None) or not work.is_paid or work.packed > 0 or is_missing:
        raise OrderNotFinished


def check_archivable(status: str) -> None:
    """Only what is finished or given up goes out of sight. Source: store-api §11 (archive). Raises `OrderStillOpen`."""
    if status not in (COMPLETED, CANCELED):
        raise OrderStillOpen


def check_correctable(status: str, new_address: NewAddress | None) -> None:
    """While an order is worked on, its e-mail and addresses may be corrected; a parcel's label is not printed again.

    Where it goes decides the VAT it was sold with: the country stays. Source: french-rules §2.2, design §4.10 (orders
    keep what they were sold at). Raises `OrderIsClosed`, `ParcelIsPacked`, `CountryDecidesVat`.
    """
    if status in OVER:
        raise OrderIsClosed(status)
    if new_address is None:
        return
    if new_address.packed > 0:
        raise ParcelIsPacked
    if new_address.country_code != new_address.sold_to:
        raise CountryDecidesVat
