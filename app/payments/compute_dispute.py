"""Where a dispute stands, from news that may come in any order (payments §2.2)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

# Nothing more comes of these; every other word of Stripe, and it adds new ones, is an open dispute.
OVER_STATUSES = frozenset({"won", "lost", "warning_closed", "prevented"})

Contest = Literal["none", "open", "lost"]


@dataclass(frozen=True)
class DisputeNews:
    """What was said of a dispute, and when."""

    status: str
    told_at: datetime
    amount_cents: int


def is_over(status: str) -> bool:
    """Whether nothing more comes of a dispute. Source: Stripe's statuses."""
    return status in OVER_STATUSES


def compute_dispute_status(current: DisputeNews, told: DisputeNews) -> DisputeNews:
    """An end is final; otherwise the newer word, and of two at one second always the same one.

    Source: payments §2.2 (`won` and `lost` are final).
    """
    return max(current, told, key=_weight)


def compute_contest(statuses: Collection[str]) -> Contest:
    """What a payment's disputes say together: open as long as one is, then lost if one was.

    Source: payments §2.2 (the order of the status), §5 (no refund while a dispute is open).
    """
    if any(not is_over(status) for status in statuses):
        return "open"
    return "lost" if "lost" in statuses else "none"


def _weight(news: DisputeNews) -> tuple[bool, float, bool, str, int]:
    is_answered = news.status.endswith("under_review")
    return is_over(news.status), news.told_at.timestamp(), is_answered, news.status, news.amount_cents
