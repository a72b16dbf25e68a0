"""What a trace comes to: one verdict out of a closed list (runbook S1)."""

from dataclasses import dataclass
from typing import Literal

AtStripe = Literal["not_asked", "paid", "unpaid", "canceled", "silent"]
GivenBack = Literal["", "awaiting_approval", "pending", "failed", "partially", "fully"]
Contest = Literal["", "open", "lost"]
Refused = Literal["", "signature", "rate_limit"]

Code = Literal[
    "unknown_id", "event_failed", "event_unmatched", "event_ignored", "refused_signature", "refused_rate_limit",
    "event_not_received", "paid_not_here", "stripe_silent", "disputed", "dispute_lost", "needs_review",
    "refund_to_approve", "refund_failed", "refund_pending", "partially_refunded", "refunded", "mail_not_sent",
    "mail_waiting", "in_order", "payment_failed", "payment_canceled", "payment_to_come", "not_paid", "request_failed",
    "request_answered", "event_applied", "not_ours",
]  # fmt: skip


# Nobody has to do anything.
QUIET: frozenset[Code] = frozenset(
    {
        "in_order", "refunded", "partially_refunded", "refund_pending", "not_paid", "payment_to_come",
        "payment_canceled", "payment_failed", "event_ignored", "event_applied", "request_answered",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Findings:
    """What the database, the log and Stripe say of one purchase, or of one request.

    `at_stripe` is asked for only where no money is known here, `is_at_stripe` where nothing else knows the id. The ids
    are of the event that each word is about.
    """

    is_known: bool = True
    is_at_stripe: bool = False
    is_purchase: bool = True
    has_order: bool = False
    is_paid: bool = False
    is_promised: bool = False
    was_declined: bool = False
    at_stripe: AtStripe = "not_asked"
    missing_event: str = ""
    failed_event: str = ""
    unmatched_event: str = ""
    ignored_event: str = ""
    applied_event: str = ""
    refused: Refused = ""
    review_reason: str = ""
    given_back: GivenBack = ""
    contest: Contest = ""
    unsent_mail: str = ""
    waiting_mail: str = ""
    http_status: int = 0


@dataclass(frozen=True)
class Verdict:
    """What is the matter; `about` is the event, the mail or the reason that the next step names."""

    code: Code
    about: str = ""

    @property
    def is_quiet(self) -> bool:
        return self.code in QUIET


def decide_verdict(found: Findings) -> Verdict:
    """What somebody has to do comes first: money that is lost to the order, then news that are stuck, then the rest.

    Source: runbook S1 "payé mais pas reflété", payments §3.3.
    """
    if not found.is_known and found.at_stripe == "silent":
        return Verdict("stripe_silent")
    if not found.is_known:
        return Verdict("not_ours" if found.is_at_stripe else "unknown_id")
    if not found.is_purchase:
        return _decide_request(found)
    return _find_lost_money(found) or _find_attention(found) or _decide_standing(found)


def _decide_request(found: Findings) -> Verdict:
    if found.failed_event:
        return Verdict("event_failed", found.failed_event)
    if found.unmatched_event:
        return Verdict("event_unmatched", found.unmatched_event)
    if found.missing_event:
        return Verdict("event_not_received", found.missing_event)
    if found.ignored_event:
        return Verdict("event_ignored", found.ignored_event)
    if found.applied_event:
        return Verdict("event_applied", found.applied_event)
    if found.http_status >= 500:
        return Verdict("request_failed", str(found.http_status))
    return Verdict("request_answered", str(found.http_status or ""))


def _find_lost_money(found: Findings) -> Verdict | None:
    if found.failed_event:
        return Verdict("event_failed", found.failed_event)
    if found.unmatched_event:
        return Verdict("event_unmatched", found.unmatched_event)
    if found.missing_event and found.refused:
        return Verdict(
            "refused_signature" if found.refused == "signature" else "refused_rate_limit", found.missing_event
        )
    if found.missing_event:
        return Verdict("event_not_received", found.missing_event)
    if found.at_stripe == "paid" and not found.is_paid:
        return Verdict("paid_not_here")
    if found.at_stripe == "silent" and not found.is_paid:
        return Verdict("stripe_silent")
    return None


def _find_attention(found: Findings) -> Verdict | None:
    if found.contest:
        return Verdict("disputed" if found.contest == "open" else "dispute_lost")
    if found.review_reason:
        return Verdict("needs_review", found.review_reason)
    match found.given_back:
        case "awaiting_approval":
            return Verdict("refund_to_approve")
        case "failed":
            return Verdict("refund_failed")
        case "pending":
            return Verdict("refund_pending")
    if found.unsent_mail:
        return Verdict("mail_not_sent", found.unsent_mail)
    if found.waiting_mail:
        return Verdict("mail_waiting", found.waiting_mail)
    return None


def _decide_standing(found: Findings) -> Verdict:
    if found.given_back:
        return Verdict("refunded" if found.given_back == "fully" else "partially_refunded")
    if found.is_paid:
        return Verdict("in_order")
    if found.was_declined:
        return Verdict("payment_failed")
    if found.at_stripe == "canceled":
        return Verdict("payment_canceled")
    return Verdict("payment_to_come" if found.is_promised else "not_paid")
