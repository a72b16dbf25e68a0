"""What went back of a payment, and what is promised to: from facts that may come in any order (payments §2.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

WAITING_STATUSES = frozenset({"awaiting_approval", "requested"})
GIVEN_STATUSES = frozenset({"pending", "succeeded"})
# Stripe's words by how final they are: one that is more so wins, whenever it was said.
_RANKS = {"pending": 1, "requires_action": 1, "succeeded": 2, "failed": 3, "canceled": 3}
_OURS = {"requires_action": "pending"}


@dataclass(frozen=True)
class RefundNews:
    """What somebody said of a refund, and when; `told_at` None: nobody but us yet."""

    status: str
    told_at: datetime | None
    pending_reason: str | None = None
    error_code: str | None = None


@dataclass(frozen=True)
class RefundFact:
    """One refund as it stands; `is_known` to Stripe, or recorded by the person who gave the money back."""

    amount_cents: int
    status: str
    is_known: bool
    told_at: datetime | None


@dataclass(frozen=True)
class GivenBack:
    """In cents of the payment: what went back, that and what is promised, and what passes the payment (a flaw)."""

    refunded_cents: int
    committed_cents: int
    excess_cents: int


def compute_refunded(
    captured_cents: int, charge_refunded_cents: int, charge_told_at: datetime | None, refunds: Sequence[RefundFact]
) -> GivenBack:
    """The larger of the refunds' sum and what Stripe says of the charge, less what failed since; within the payment.

    The charge knows no refund that waits to be sent. Source: payments §2.2 and §5.
    """
    known = sum(each.amount_cents for each in refunds if each.status in GIVEN_STATUSES)
    waiting = sum(each.amount_cents for each in refunds if each.status in WAITING_STATUSES)
    came_back = sum(each.amount_cents for each in refunds if _failed_since(each, charge_told_at))
    refunded = max(known, charge_refunded_cents - came_back)
    return GivenBack(
        refunded_cents=min(refunded, captured_cents),
        committed_cents=min(refunded + waiting, captured_cents),
        excess_cents=max(0, known + waiting - captured_cents),
    )


def _failed_since(refund: RefundFact, charge_told_at: datetime | None) -> bool:
    if not refund.is_known or refund.status in GIVEN_STATUSES or refund.told_at is None or charge_told_at is None:
        return False
    return refund.told_at >= charge_told_at


def compute_refund_status(current: RefundNews, told: RefundNews, *, is_known: bool) -> RefundNews:
    """The more final of two words, of equal ones the newer, else a fixed order: whichever comes last, it is the same.

    What Stripe did not speak of yet (`is_known`) is what Stripe says. A word that is new to us waits. Source: payments
    §2.2 (facts only grow), §1.4 (enums are open).
    """
    said = RefundNews(_our_word(told.status), told.told_at, told.pending_reason, told.error_code)
    if not is_known or _weight(said) > _weight(current):
        return said
    return current


def _our_word(status: str) -> str:
    return _OURS.get(status, status if status in _RANKS else "pending")


def _weight(news: RefundNews) -> tuple[int, float, str, str, str]:
    told = news.told_at.timestamp() if news.told_at else 0.0
    return _RANKS.get(news.status, 0), told, news.status, news.pending_reason or "", news.error_code or ""
