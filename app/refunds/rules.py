"""The one decision to give money back."""

from dataclasses import dataclass
from typing import Literal

from app.refunds.errors import NothingLeftToRefund

# The closed reasons in use; the database knows the same ones.
Ground = Literal["not_shipped", "duplicate_payment"]


@dataclass(frozen=True)
class RefundDecision:
    """How much goes back and why; it waits for a person's approval, and nothing is sent before."""

    ground: Ground
    amount_cents: int
    status: str = "awaiting_approval"


def decide_refund(ground: Ground, captured_cents: int, committed_cents: int) -> RefundDecision:
    """What cannot be shipped, and what was paid twice, goes back whole: all that is left of the payment.

    Source: payments §5 (closed reasons), §2.2 (a person approves). Raises `NothingLeftToRefund`.
    """
    left = captured_cents - committed_cents
    if left <= 0:
        raise NothingLeftToRefund
    return RefundDecision(ground=ground, amount_cents=left)
