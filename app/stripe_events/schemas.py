"""What the comparison with Stripe finds."""

from dataclasses import dataclass
from typing import Literal

DriftCode = Literal[
    "paid_not_here", "payment_not_there", "amount_differs", "refund_not_here", "refund_not_there", "refund_differs",
    "refund_made_there", "refunded_differs", "refund_excess", "dispute_not_here", "dispute_differs",
    "payout_part_unknown", "payout_part_differs", "event_failed", "event_unmatched", "needs_review",
]  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One difference: what it is about (an id), what is known here and there, in words without personal data."""

    code: DriftCode
    about: str
    order: str = ""
    here: str = ""
    there: str = ""
