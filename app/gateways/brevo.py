"""Brevo: the only importer of its package. Synchronous and heavy, so imported from jobs.py files alone."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import TypeVar
from uuid import UUID

import sib_api_v3_sdk
from sib_api_v3_sdk.rest import ApiException
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError

from app.core.settings import get_settings
from app.gateways.errors import Retryable, Terminal

_Result = TypeVar("_Result")

# The package's own default is the old domain.
_API_BASE = "https://api.brevo.com"
# Seconds to connect and to read. A tuple of ints: the package ignores a float and then waits for ever.
_TIMEOUT = (3, 10)
_MOST_EVENTS = 50
# Brevo's limits are over within the hour. What it says beyond that is no number of seconds, an instant perhaps: obeyed,
# it would keep every mail for years.
_LONGEST_WAIT_SECONDS = 3600
# No connection was made: whatever was asked did not happen. After any other failure it may have.
UNREACHABLE = "unreachable"
# The account is wrong, not the message: the same mail leaves once somebody has put it right.
_ACCOUNT_CODES = {401: "unauthorized", 402: "not_enough_credits", 403: "permission_denied"}


@dataclass(frozen=True)
class OutgoingMail:
    """One mail to one person, rendered. The key makes Brevo refuse a repeat within 30 minutes."""

    idempotency_key: UUID
    to_email: str = field(repr=False)
    subject: str = field(repr=False)
    html: str = field(repr=False)
    text: str = field(repr=False)
    tags: tuple[str, ...] = ()
    to_name: str | None = field(default=None, repr=False)
    reply_to_email: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class SendResult:
    """What Brevo said of an accepted mail; a repeated one has no message id, for the first answer had it."""

    message_id: str | None
    was_already_sent: bool = False


@dataclass(frozen=True)
class Sender:
    """An address Brevo lets us write from, once it is active."""

    id: int
    name: str
    email: str
    is_active: bool


@dataclass(frozen=True)
class MailWebhook:
    """Where Brevo tells what became of mails; it never says the token back."""

    id: int
    url: str
    events: tuple[str, ...]


@dataclass(frozen=True)
class DayReport:
    """Brevo's own count of one day: mails asked for, and those that found no mailbox."""

    requests: int
    bounces: int


class BrevoGateway:
    """The calls we use. Every failure is `Retryable` or `Terminal`."""

    def __init__(self, api_key: str, api_base: str | None, sender_email: str, sender_name: str) -> None:
        configuration = sib_api_v3_sdk.Configuration()
        configuration.host = f"{(api_base or _API_BASE).rstrip('/')}/v3"
        configuration.api_key["api-key"] = api_key
        client = sib_api_v3_sdk.ApiClient(configuration)
        self._mails = sib_api_v3_sdk.TransactionalEmailsApi(client)
        self._senders = sib_api_v3_sdk.SendersApi(client)
        self._webhooks = sib_api_v3_sdk.WebhooksApi(client)
        self._sender = sib_api_v3_sdk.SendSmtpEmailSender(email=sender_email, name=sender_name)

    def send(self, message: OutgoingMail) -> SendResult:
        """Hand one mail to Brevo. Repeating it under the same key counts as sent."""
        try:
            message_id = _call(lambda: _message_id(self._mails, self._body(message)))
        except Terminal as refusal:
            if refusal.code != "duplicate_request":
                raise
            return SendResult(message_id=None, was_already_sent=True)
        return SendResult(message_id)

    def find_sent(self, tag: str, *, days: int) -> str | None:
        """The message id of a mail that carries this tag and was accepted within so many days; None if there is none.

        What Brevo lists without naming the tag is not counted: it may be another mail.
        """
        # The package's word for the filter: a serialised array.
        events = _call(
            lambda: (
                self._mails.get_email_event_report(
                    tags=json.dumps([tag]), days=days, limit=_MOST_EVENTS, _request_timeout=_TIMEOUT
                ).events
            )
        )
        return next((str(event.message_id) for event in events or () if tag in str(event.tag or "")), None)

    def read_report(self, day: date) -> DayReport:
        """What Brevo counted on a day."""
        found = _call(
            lambda: self._mails.get_aggregated_smtp_report(
                start_date=day.isoformat(), end_date=day.isoformat(), _request_timeout=_TIMEOUT
            )
        )
        bounces = (found.hard_bounces, found.soft_bounces, found.blocked, found.invalid)
        return DayReport(int(found.requests or 0), sum(int(each or 0) for each in bounces))

    def list_webhooks(self) -> list[MailWebhook]:
        """Where Brevo tells about transactional mail."""
        found = _call(lambda: self._webhooks.get_webhooks(type="transactional", _request_timeout=_TIMEOUT).webhooks)
        return [MailWebhook(int(each["id"]), str(each["url"]), tuple(each["events"])) for each in found or ()]

    def create_webhook(self, *, url: str, events: tuple[str, ...], token: str) -> int:
        """Have Brevo tell these events to this address, showing the token as bearer; the webhook's id."""
        body = {"type": "transactional", **_webhook_body(url, events, token)}
        return _call(lambda: int(self._webhooks.create_webhook(body, _request_timeout=_TIMEOUT).id))

    def update_webhook(self, webhook_id: int, *, url: str, events: tuple[str, ...], token: str) -> None:
        """Have an existing one tell these events, showing this token."""
        body = _webhook_body(url, events, token)
        _call(lambda: self._webhooks.update_webhook(webhook_id, body, _request_timeout=_TIMEOUT))

    def list_senders(self) -> list[Sender]:
        """The addresses this account may write from, active or waiting for their owner's click."""
        return _call(lambda: [_sender(each) for each in self._senders.get_senders(_request_timeout=_TIMEOUT).senders])

    def create_sender(self, *, email: str, name: str) -> int:
        """Register an address to write from, and return its id; Brevo mails it a code to prove it is ours."""
        body = sib_api_v3_sdk.CreateSender(email=email, name=name)
        return _call(lambda: int(self._senders.create_sender(sender=body, _request_timeout=_TIMEOUT).id))

    def _body(self, message: OutgoingMail) -> sib_api_v3_sdk.SendSmtpEmail:
        reply_to = message.reply_to_email
        return sib_api_v3_sdk.SendSmtpEmail(
            sender=self._sender,
            to=[sib_api_v3_sdk.SendSmtpEmailTo(email=message.to_email, name=message.to_name)],
            reply_to=sib_api_v3_sdk.SendSmtpEmailReplyTo(email=reply_to) if reply_to else None,
            subject=message.subject,
            html_content=message.html,
            text_content=message.text,
            tags=list(message.tags) or None,
            # A field of the JSON body that Brevo calls headers, not an HTTP header.
            headers={"idempotencyKey": str(message.idempotency_key)},
        )


def get_brevo() -> BrevoGateway:
    """The process's gateway to Brevo, with its settings."""
    settings = get_settings()
    return _gateway(
        settings.brevo_api_key.get_secret_value(),
        settings.brevo_api_base,
        settings.brevo_sender_email,
        settings.brevo_sender_name,
    )


@cache
def _gateway(api_key: str, api_base: str | None, sender_email: str, sender_name: str) -> BrevoGateway:
    return BrevoGateway(api_key, api_base, sender_email, sender_name)


def _message_id(mails: sib_api_v3_sdk.TransactionalEmailsApi, body: sib_api_v3_sdk.SendSmtpEmail) -> str:
    return str(mails.send_transac_email(body, _request_timeout=_TIMEOUT).message_id)


def _webhook_body(url: str, events: tuple[str, ...], token: str) -> dict[str, object]:
    # The package's model of a webhook is older than its authentication: the body is given as it is.
    auth = {"type": "bearer", "token": token}
    return {"url": url, "description": "Comptoir", "events": list(events), "auth": auth}


def _sender(found: sib_api_v3_sdk.GetSendersListSenders) -> Sender:
    return Sender(id=found.id, name=found.name, email=found.email, is_active=found.active)


def _call(request: Callable[[], _Result]) -> _Result:
    # `from None`: the package's texts hold the answer's headers and body, and a traceback would print them.
    try:
        return request()
    except ApiException as failure:
        raise _sorted(failure) from None
    except HTTPError as failure:
        raise Retryable("brevo", UNREACHABLE if _never_arrived(failure) else "no_answer") from None
    except (ValueError, TypeError, AttributeError):
        # The package trips over an answer that is not Brevo's: a proxy's page, a body that is not UTF-8.
        raise Retryable("brevo", "malformed_answer") from None


def _never_arrived(failure: HTTPError) -> bool:
    cause = failure.reason if isinstance(failure, MaxRetryError) else failure
    return isinstance(cause, NewConnectionError | ConnectTimeoutError)


def _sorted(failure: ApiException) -> Retryable | Terminal:
    status = int(failure.status or 0)
    code = _code(failure) or _ACCOUNT_CODES.get(status) or ("rate_limited" if status == 429 else "vendor_error")
    if status in _ACCOUNT_CODES or status in (408, 429) or status >= 500 or status < 400:
        return Retryable("brevo", code, http_status=status, retry_after_seconds=_seconds_to_wait(failure))
    return Terminal("brevo", code, http_status=status)


def _code(failure: ApiException) -> str | None:
    try:
        code = json.loads(failure.body)["code"]
    except (ValueError, TypeError, KeyError):
        return None
    return code if isinstance(code, str) and len(code) <= 64 else None


def _seconds_to_wait(failure: ApiException) -> int | None:
    # Brevo sends no Retry-After, only this one.
    seconds = (failure.headers or {}).get("x-sib-ratelimit-reset", "")
    return min(int(seconds[:9]), _LONGEST_WAIT_SECONDS) if seconds.isascii() and seconds.isdigit() else None
