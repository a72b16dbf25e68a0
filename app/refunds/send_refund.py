"""Sends one refund: a transaction, the call with none open, a transaction. May be killed or repeated at every step."""

from dataclasses import dataclass, replace

from sqlalchemy.exc import DBAPIError

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.log import log_event, log_failure
from app.gateways.errors import Terminal, VendorFailure
from app.gateways.stripe import StripeRefund, get_stripe
from app.payments.execution import Transfer, create, find_sent, is_key_spent
from app.payments.record_refund import mark_refund
from app.refunds.queries import get_contest, lock_money_of_refund
from app.refunds.queue_mails import queue_refund_failed
from app.refunds.record_news import record_refund

DISPUTED = "payment_disputed"


@dataclass(frozen=True)
class Dispatch:
    """A transfer that may be made, unless a bank decides about its payment; then only an earlier attempt is found."""

    transfer: Transfer
    is_key_spent: bool
    is_disputed: bool


def try_refund(refund_id: str) -> None:
    """The one attempt of whoever asked, at most 5 s: without an answer the refund stays requested, a job goes on."""
    try:
        send_refund(refund_id)
    except VendorFailure as failure:
        log_event("refund not sent yet", level="warning", code=failure.code)
    except DBAPIError as failure:  # it may have left: whoever asked must not be told to ask again
        log_failure("refund sent, its answer not written yet", failure)


def send_refund(refund_id: str) -> None:
    """One attempt, and what it came to; nothing when the refund does not wait to be sent (any more).

    Raises `Retryable` when Stripe gave no answer or refused our key, which leaves it requested.
    """
    dispatch = _prepare(refund_id)
    if dispatch is None:
        return
    try:
        told = _carry_out(dispatch)
    except Terminal as refusal:
        _record_refusal(refund_id, refusal.code)
        return
    if told is None:
        _record_refusal(refund_id, DISPUTED)
        return
    with unit_of_work() as session:
        record_refund(session, told, utc_now(), refund_id)


def _prepare(refund_id: str) -> Dispatch | None:
    now = utc_now()
    with unit_of_work() as session:
        money, refund = lock_money_of_refund(session, refund_id)
        intent_id = money.payment.payment_intent_id
        if refund.status != "requested" or refund.stripe_refund_id is not None or intent_id is None:
            return None
        transfer = Transfer(
            refund.id, intent_id, refund.amount_cents, refund.key_number, is_repeated=refund.first_sent_at is not None
        )
        is_spent = is_key_spent(refund.first_sent_at, now)
        refund.first_sent_at = refund.first_sent_at or now
        is_disputed = get_contest(session, money.payment.id) != "none"
        return Dispatch(transfer, is_key_spent=is_spent, is_disputed=is_disputed)


def _carry_out(dispatch: Dispatch) -> StripeRefund | None:
    """What Stripe has of it, or makes of it now; None when it may not be made and was not."""
    transfer, stripe = dispatch.transfer, get_stripe()
    found = find_sent(stripe, transfer) if transfer.is_repeated else None
    if found is not None or dispatch.is_disputed:
        return found
    return create(stripe, _renew_key(transfer) if dispatch.is_key_spent else transfer)


def _renew_key(transfer: Transfer) -> Transfer:
    """Stripe has forgotten the key and, as we saw, made nothing under it: the next number, kept before it is used."""
    with unit_of_work() as session:
        _, refund = lock_money_of_refund(session, transfer.refund_id)
        refund.key_number, refund.first_sent_at = transfer.key_number + 1, utc_now()
        return replace(transfer, key_number=refund.key_number)


def _record_refusal(refund_id: str, code: str) -> None:
    """Stripe will not do it however often it is asked: the amount is given back to the payment, the shop is told."""
    with unit_of_work() as session:
        money, refund = lock_money_of_refund(session, refund_id)
        if refund.status != "requested" or refund.stripe_refund_id is not None:  # an event has said otherwise meanwhile
            return
        mark_refund(session, money.payment, refund, "failed", code)
        queue_refund_failed(session, money.order, refund)
    log_event("refund refused", level="warning", code=code)
