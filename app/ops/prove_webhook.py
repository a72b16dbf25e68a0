"""Proves the way of a webhook: an event of our own, signed with the secret in force, through TLS and nginx.

It changes nothing but the ledger, which gets one row in state `ignored`: its type is none of Stripe's, and its id
begins with `evt_selftest_`. The secret is used to sign, and never shown. Why: docs/decisions/0024-self-tests.md.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.settings import Settings
from app.gateways.errors import VendorFailure
from app.gateways.own_address import Posted, post
from app.gateways.stripe import StripeGateway
from app.gateways.stripe_signature import TOLERANCE_SECONDS, render_signature
from app.ops.compare_endpoint import list_endpoint_faults
from app.ops.decide_repair import compute_mark
from app.ops.list_stale_processes import list_stale_processes
from app.ops.queries import LedgerRow, find_first_attempt, list_ledger_rows
from app.ops.set_up_shop import WEBHOOK_PATH
from app.payments.event_types import HANDLED_EVENT_TYPES, SELFTEST_EVENT_TYPE, SELFTEST_HEADER

EVENT_PREFIX = "evt_selftest_"
# What Stripe tells at this moment is still on its way.
YOUNG = timedelta(minutes=2)
TOO_OLD = timedelta(seconds=TOLERANCE_SECONDS + 60)
SHOWN_OF_FINGERPRINT = 12
TAKEN = LedgerRow("ignored", 1, "webhook")


@dataclass(frozen=True)
class Step:
    """One thing that was tried: `ok`, `failed`, or `unproven`, which is nobody's fault. No secret is in `value`."""

    name: str
    status: str
    code: str = ""
    value: str = ""


@dataclass
class Proof:
    """What was tried, in order."""

    event_id: str
    steps: list[Step] = field(default_factory=list)


def compute_fingerprint(secret: str) -> str:
    """Enough to tell two secrets apart, and nothing to sign with: how the mark of its endpoint at Stripe begins."""
    return compute_mark(secret.strip())[:SHOWN_OF_FINGERPRINT]


def prove_webhook(stripe: StripeGateway, settings: Settings, behind_url: str) -> Proof:
    """Ask Stripe about its endpoint and its last event, then post events of our own; called with no transaction open.

    `behind_url` is the web process without nginx: asked only to say where a failure lies. Runbook S1-012, S3-004, C-40.
    """
    probe = _Probe(settings, behind_url)
    probe.proof.steps += [_prove_endpoint(stripe, settings), _prove_last_news(stripe), *_prove_processes()]
    probe.prove()
    return probe.proof


def compare_secret(typed: str, settings: Settings) -> Step:
    """Whether what a person read at Stripe is the secret in force; never shown, nor kept. Runbook S3-027, S4-025."""
    current, *previous = settings.webhook_secrets(utc_now())
    value = compute_fingerprint(typed)
    if value == compute_fingerprint(current):
        return Step("dashboard", "ok", value=value)
    is_previous = value in map(compute_fingerprint, previous)
    return Step("dashboard", "failed", "dashboard_previous" if is_previous else "dashboard_differs", value)


def decide_fault(public: Posted, behind: Posted) -> str:
    """Why a signed event did not get its 200 at the public address, from what the process behind nginx says of it."""
    if public.fault == "untrusted":
        return "certificate"
    if public.status == 0:
        return "front_away" if behind.status else "web_away"
    if public.status == 400:
        return "body_altered" if behind.status == 200 else "secret_differs"
    codes = {429: "rate_limited", 502: "web_away", 504: "web_away"}
    return codes.get(public.status, "server_error" if public.status >= 500 else "another_server")


def _prove_endpoint(stripe: StripeGateway, settings: Settings) -> Step:
    try:
        faults = list_endpoint_faults(stripe, settings)
    except VendorFailure as failure:
        return Step("endpoint", "failed", "stripe_unanswered", failure.code)
    return Step("endpoint", "failed", "endpoint_differs", "; ".join(faults)) if faults else Step("endpoint", "ok")


def _prove_processes() -> Iterator[Step]:
    """Whether every web process has read the settings, for an event meets only one. Nothing where nobody can tell."""
    stale = list_stale_processes()
    if stale is not None:
        code = "settings_not_read" if stale else ""
        yield Step("processes", "failed" if stale else "ok", code, " ".join(map(str, stale)))


def _prove_last_news(stripe: StripeGateway) -> Step:
    """Whether the last event that Stripe itself signed came by its webhook, which shows that its secret is ours.

    One that was fetched, and that Stripe has no more to deliver, shows nothing: there may have been no endpoint then.
    """
    try:
        newest = stripe.find_newest_event(types=sorted(HANDLED_EVENT_TYPES), before=utc_now() - YOUNG)
    except VendorFailure as failure:
        return Step("last_news", "failed", "stripe_unanswered", failure.code)
    with unit_of_work() as session:
        first = find_first_attempt(session)
        row = list_ledger_rows(session, [newest.id]).get(newest.id) if newest else None
    if newest is None or first is None or newest.created_at < first - TOO_OLD:
        return Step("last_news", "unproven", "nothing_told")
    value = f"{newest.id} {newest.created_at:%Y-%m-%d %H:%M}Z"
    if row is None:
        return Step("last_news", "failed", "news_lost", value)
    if row.source == "webhook":
        return Step("last_news", "ok", value=value)
    is_waiting = bool(newest.raw.get("pending_webhooks"))
    return Step("last_news", "failed" if is_waiting else "unproven", "news_fetched", value)


class _Probe:
    """One event of our own, and what becomes of it."""

    def __init__(self, settings: Settings, behind_url: str) -> None:
        number = secrets.token_hex(16)
        self.proof = Proof(f"{EVENT_PREFIX}{number}")
        # One byte is another one: as long, as well-formed, and another event, so that a row would show it.
        self._altered_id = f"{EVENT_PREFIX}{number[:-1]}{'0' if number[-1] != '0' else '1'}"
        self._accepted = settings.webhook_secrets(utc_now())
        self._url = f"{settings.public_url}{WEBHOOK_PATH}"
        self._behind_url = f"{behind_url.rstrip('/')}{WEBHOOK_PATH}"
        self._trusts_own = settings.allows("own_certificate_authority")
        self._body = _render_event(self.proof.event_id, settings, utc_now())

    def prove(self) -> None:
        """Accepted once, whoever repeats it, under every secret in force; refused when anything is wrong with it."""
        self.proof.steps.append(self._prove_accepted())
        if self.proof.steps[-1].status != "ok":
            return
        self.proof.steps.append(self._prove_again("duplicate", self._accepted[0]))
        self.proof.steps += [self._prove_again("previous", each) for each in self._accepted[1:]]
        now, altered = utc_now(), self._body.replace(self.proof.event_id.encode(), self._altered_id.encode())
        good, old = (render_signature(self._body, self._accepted[0], at) for at in (now, now - TOO_OLD))
        for name, body, signature in (
            ("altered", altered, good),
            ("unsigned", self._body, ""),
            ("old", self._body, old),
        ):
            self.proof.steps.append(self._prove_refused(name, body, signature))

    def _prove_accepted(self) -> Step:
        signature = render_signature(self._body, self._accepted[0], utc_now())
        posted = self._post(self._url, self._body, signature)
        if posted.status != 200:
            behind = self._post(self._behind_url, self._body, signature)
            return Step("accepted", "failed", decide_fault(posted, behind), posted.said)
        if self._rows() != {self.proof.event_id: TAKEN}:
            return Step("accepted", "failed", "not_in_ledger", posted.said)
        return Step("accepted", "ok", value=self.proof.event_id)

    def _prove_again(self, name: str, secret: str) -> Step:
        posted = self._post(self._url, self._body, render_signature(self._body, secret, utc_now()))
        if posted.status != 200:
            return Step(name, "failed", "secret_differs" if posted.status == 400 else "unexpected", posted.said)
        is_single = self._rows() == {self.proof.event_id: TAKEN}
        return Step(name, "ok" if is_single else "failed", "" if is_single else "not_once", posted.said)

    def _prove_refused(self, name: str, body: bytes, signature: str) -> Step:
        posted = self._post(self._url, body, signature)
        if posted.status != 400 or self._altered_id in self._rows():
            return Step(name, "failed", "forgery_taken" if posted.status == 200 else "unexpected", posted.said)
        return Step(name, "ok", value=posted.said)

    def _post(self, url: str, body: bytes, signature: str) -> Posted:
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Comptoir selftest"}
        # What is refused on purpose is nobody's lost event; only who has the secret can say so.
        mark = render_signature(SELFTEST_EVENT_TYPE.encode(), self._accepted[0], utc_now())
        signed = {SELFTEST_HEADER: mark, **({"Stripe-Signature": signature} if signature else {})}
        return post(url, body, headers | signed, trusts_own_authority=self._trusts_own)

    def _rows(self) -> dict[str, LedgerRow]:
        with unit_of_work() as session:
            return list_ledger_rows(session, [self.proof.event_id, self._altered_id])


def _render_event(event_id: str, settings: Settings, now: datetime) -> bytes:
    """Shaped as Stripe does, of our mode and version, so that its type alone keeps it from having an effect."""
    event = {
        "id": event_id,
        "object": "event",
        "api_version": settings.stripe_api_version,
        "created": int(now.timestamp()),
        "livemode": settings.has_live_key,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": SELFTEST_EVENT_TYPE,
        # Letters beyond ASCII, as Stripe sends them: a body that is read and written anew on its way is not this one.
        "data": {
            "object": {"id": event_id.removeprefix("evt_"), "object": SELFTEST_EVENT_TYPE, "note": "Éprouvé à 1 €"}
        },
    }
    return json.dumps(event, ensure_ascii=False, indent=2).encode()
