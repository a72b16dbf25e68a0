"""What a trace comes to, as a table; every verdict has its sentence and its step in both languages."""

from dataclasses import replace
from typing import get_args

import pytest

from app.runbook.rules import QUIET, Code, Findings, Verdict, decide_verdict
from app.runbook.trace_words import ADVICE, describe_verdict

PAID = Findings(has_order=True, is_paid=True)
REQUEST = Findings(is_purchase=False)


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        (Findings(is_known=False), "unknown_id"),
        (Findings(is_known=False, at_stripe="silent"), "stripe_silent"),
        (Findings(is_known=False, is_at_stripe=True), "not_ours"),
        (Findings(failed_event="evt_1", missing_event="evt_2", at_stripe="paid"), "event_failed"),
        (Findings(unmatched_event="evt_1", at_stripe="paid"), "event_unmatched"),
        (Findings(missing_event="evt_1", at_stripe="paid"), "event_not_received"),
        (Findings(missing_event="evt_1", at_stripe="paid", refused="signature"), "refused_signature"),
        (Findings(missing_event="evt_1", at_stripe="paid", refused="rate_limit"), "refused_rate_limit"),
        (Findings(at_stripe="paid"), "paid_not_here"),
        (Findings(at_stripe="silent"), "stripe_silent"),
        (Findings(at_stripe="unpaid"), "not_paid"),
        (Findings(at_stripe="unpaid", refused="signature"), "not_paid"),
        (Findings(at_stripe="unpaid", was_declined=True), "payment_failed"),
        (Findings(at_stripe="canceled"), "payment_canceled"),
        (Findings(has_order=True, is_promised=True), "payment_to_come"),
        (PAID, "in_order"),
        (replace(PAID, refused="signature"), "in_order"),
        (replace(PAID, was_declined=True), "in_order"),
        (replace(PAID, unsent_mail="order_confirmation"), "mail_not_sent"),
        (replace(PAID, waiting_mail="msg_1"), "mail_waiting"),
        (replace(PAID, waiting_mail="msg_1", unsent_mail="msg_2"), "mail_not_sent"),
        (replace(PAID, unsent_mail="refund_sent", review_reason="stock_gone"), "needs_review"),
        (replace(PAID, given_back="awaiting_approval", review_reason="stock_gone"), "needs_review"),
        (replace(PAID, given_back="awaiting_approval"), "refund_to_approve"),
        (replace(PAID, given_back="failed"), "refund_failed"),
        (replace(PAID, given_back="pending"), "refund_pending"),
        (replace(PAID, given_back="partially"), "partially_refunded"),
        (replace(PAID, given_back="fully", unsent_mail="refund_sent"), "mail_not_sent"),
        (replace(PAID, given_back="fully"), "refunded"),
        (replace(PAID, given_back="fully", contest="open"), "disputed"),
        (replace(PAID, contest="lost"), "dispute_lost"),
        (replace(PAID, failed_event="evt_1", contest="open"), "event_failed"),
        (replace(REQUEST, failed_event="evt_1"), "event_failed"),
        (replace(REQUEST, unmatched_event="evt_1"), "event_unmatched"),
        (replace(REQUEST, missing_event="evt_1"), "event_not_received"),
        (replace(REQUEST, ignored_event="evt_1"), "event_ignored"),
        (replace(REQUEST, applied_event="evt_1"), "event_applied"),
        (replace(REQUEST, http_status=503), "request_failed"),
        (replace(REQUEST, http_status=404), "request_answered"),
    ],
)
def test_what_somebody_must_do_comes_first(findings: Findings, code: Code) -> None:
    assert decide_verdict(findings).code == code


def test_every_verdict_says_what_to_do() -> None:
    assert set(ADVICE) == set(get_args(Code))
    for code in get_args(Code):
        advice = describe_verdict(Verdict(code, "evt_1"), "7")
        for words in (advice.sentence, advice.next_step):
            assert min(len(words.fr), len(words.en)) > 0
            assert "{" not in words.fr + words.en
        # A command after "once" is for a day that has not come.
        does_nothing = "comptoir" not in advice.next_step.fr or advice.next_step.en.startswith("Once ")
        assert does_nothing or code not in QUIET, code
