"""Checkout Sessions: a page that is paid on, fails, waits for a bank, or expires by itself."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from starlette.routing import Route

from app.core.clock import utc_now
from app.dev.fake_stripe.arguments import (
    PAGE,
    branch,
    check_taken,
    checked_email,
    checked_types,
    in_time,
    merge_metadata,
    text_or_none,
)
from app.dev.fake_stripe.calls import Call, Handler
from app.dev.fake_stripe.cause import Cause, caused_by
from app.dev.fake_stripe.charges import check_decline_code
from app.dev.fake_stripe.control import control
from app.dev.fake_stripe.events import Events
from app.dev.fake_stripe.ids import new_id
from app.dev.fake_stripe.intent_object import PaymentIntent, render_intent
from app.dev.fake_stripe.paging import page
from app.dev.fake_stripe.payment_intents import PaymentIntents
from app.dev.fake_stripe.refused import Json, Refused, StateRefused, no_such
from app.dev.fake_stripe.session_object import (
    CheckoutSession,
    checked_expiry,
    checked_items,
    checked_pages,
    render_session,
)
from app.dev.journal import Journal

_TAKEN_ON_CREATE = (
    "adaptive_pricing",
    "allowed_payment_method_types",
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "expand",
    "expires_at",
    "line_items",
    "locale",
    "metadata",
    "mode",
    "payment_intent_data",
    "success_url",
    "ui_mode",
)
_TAKEN_FOR_INTENT = ("description", "metadata", "receipt_email")
_EXPANDABLE = ("payment_intent", "line_items")
STRANGER = "payer@example.com"


class CheckoutSessions:
    """Answers `/v1/checkout/sessions`, and does what a customer does on the page."""

    def __init__(self, journal: Journal, events: Events, intents: PaymentIntents) -> None:
        self._journal = journal
        self._events = events
        self._intents = intents

    def handlers(self) -> dict[str, Handler]:
        """The operations of this resource."""
        return {
            "checkout.sessions.create": self.create,
            "checkout.sessions.retrieve": self.retrieve,
            "checkout.sessions.expire": self.expire_for_call,
            "checkout.sessions.list": self.list,
            "checkout.sessions.line_items.list": self.list_items,
        }

    def controls(self) -> list[Route]:
        """What the customer, the bank and time do."""
        session = "checkout_sessions/{id}"
        return [
            control("POST", f"{session}/pay", self._pay),
            control("POST", f"{session}/fail", self._fail),
            control("POST", f"{session}/settle", self._settle),
            control("POST", f"{session}/expire", lambda path, _: render_session(self.expire(self.find(path["id"])))),
        ]

    def create(self, call: Call) -> Json:
        """POST /v1/checkout/sessions"""
        session = self._checked(call)
        self._journal.put(session)
        self._expire_in_time(session)
        return self._render(session, call.arguments.get("expand"))

    def _checked(self, call: Call) -> CheckoutSession:
        arguments, for_intent = call.arguments, branch(call.arguments, "payment_intent_data")
        check_taken(arguments, _TAKEN_ON_CREATE, _EXPANDABLE)
        check_taken(for_intent, _TAKEN_FOR_INTENT)
        _check_mode(arguments.get("mode"))
        success_url, cancel_url = checked_pages(arguments)
        items, session_id = checked_items(arguments), new_id("cs_test", 58)
        return CheckoutSession(
            id=session_id,
            created=int(utc_now().timestamp()),
            currency=str(items[0]["currency"]),
            items=items,
            url=f"{call.base_url}c/pay/{session_id}",
            success_url=success_url,
            cancel_url=cancel_url,
            expires_at=checked_expiry(arguments.get("expires_at")),
            client_reference_id=_checked_reference(arguments.get("client_reference_id")),
            metadata=merge_metadata({}, arguments.get("metadata")),
            for_intent=for_intent | {"metadata": merge_metadata({}, for_intent.get("metadata"))},
            customer_email=checked_email(arguments.get("customer_email"), "customer_email"),
            locale=text_or_none(arguments.get("locale")),
            allowed_types=checked_types(arguments.get("allowed_payment_method_types")),
            is_adaptive=branch(arguments, "adaptive_pricing").get("enabled", True) is True,
        )

    def retrieve(self, call: Call) -> Json:
        """GET /v1/checkout/sessions/{session}"""
        check_taken(call.arguments, ("expand",), _EXPANDABLE)
        return self._render(self.find(call.path["session"]), call.arguments.get("expand"))

    def list(self, call: Call) -> Json:
        """GET /v1/checkout/sessions"""
        arguments = call.arguments
        check_taken(arguments, (*PAGE, "created", "payment_intent", "status"))
        is_in_time = in_time(arguments.get("created"))
        found = [
            session
            for session in self.list_all()
            if is_in_time(session.created)
            and arguments.get("payment_intent") in (None, session.payment_intent)
            and arguments.get("status") in (None, session.status)
        ]
        return page(found[::-1], arguments, "/v1/checkout/sessions", render_session)

    def list_all(self) -> Sequence[CheckoutSession]:
        """Every session as it is now, oldest first."""
        return [self.find(each.id) for each in self._journal.list_all(CheckoutSession)]

    def list_items(self, call: Call) -> Json:
        """GET /v1/checkout/sessions/{session}/line_items"""
        check_taken(call.arguments, ("expand", "limit"))
        return _items(self.find(call.path["session"]))

    def expire_for_call(self, call: Call) -> Json:
        """POST /v1/checkout/sessions/{session}/expire"""
        check_taken(call.arguments, ("expand",), _EXPANDABLE)
        return self._render(self.expire(self.find(call.path["session"])), call.arguments.get("expand"))

    def pay(self, session: CheckoutSession, email: str, *, is_delayed: bool = False) -> CheckoutSession:
        """The customer pays; `is_delayed`: with a debit that the bank answers days later."""
        intent = self._attempt(session, email)
        intent = self._intents.process(intent) if is_delayed else self._intents.pay(intent)
        paid = "unpaid" if is_delayed else "paid"
        return self._change(session, "completed", intent, status="complete", payment_status=paid, payer_email=email)

    def decline(self, session: CheckoutSession, code: str, email: str) -> CheckoutSession:
        """The card is refused; the page stays open for another try."""
        check_decline_code(code)
        intent = self._intents.decline(self._attempt(session, email), code)
        tried = replace(session, payment_intent=intent.id)
        self._journal.put(tried)
        return tried

    def settle(self, session: CheckoutSession, *, succeeds: bool) -> CheckoutSession:
        """The bank answers a debit."""
        intent = self._intents.settle(self._intents.find(session.payment_intent or ""), succeeds=succeeds)
        if succeeds:
            return self._change(session, "async_payment_succeeded", intent, payment_status="paid")
        return self._change(session, "async_payment_failed", intent)

    def expire(self, session: CheckoutSession) -> CheckoutSession:
        """Nobody can pay on it any more; refused when somebody just did."""
        self._check_open(session, "expired")
        intent = self._journal.find(PaymentIntent, session.payment_intent or "")
        if intent is not None:
            self._intents.give_up(intent, "abandoned")
        return self._change(session, "expired", intent, status="expired")

    def find(self, session_id: str) -> CheckoutSession:
        """That session as it is now: one whose time is over expires when it is looked at, at the latest."""
        session = self._journal.find(CheckoutSession, session_id)
        if session is None:
            raise no_such("checkout.session", session_id, "session")
        if session.status == "open" and session.expires_at <= utc_now().timestamp():
            with caused_by(Cause()):
                return self.expire(session)
        return session

    def resume(self) -> None:
        """After a start: let time do its work again."""
        for session in self.list_all():
            if session.status == "open":
                self._expire_in_time(session)

    def _expire_in_time(self, session: CheckoutSession) -> None:
        left = session.expires_at - utc_now().timestamp() + 0.05
        asyncio.get_running_loop().call_later(left, self.find, session.id)

    def _attempt(self, session: CheckoutSession, email: str) -> PaymentIntent:
        """The intent that the customer pays: there is none before the first try."""
        self._check_open(session, "paid")
        found = self._journal.find(PaymentIntent, session.payment_intent or "")
        if found is not None:
            return found
        return self._intents.open(
            amount=session.amount,
            currency=session.currency,
            metadata=merge_metadata({}, session.for_intent.get("metadata")),
            description=text_or_none(session.for_intent.get("description")),
            receipt_email=text_or_none(session.for_intent.get("receipt_email")),
            allowed_types=session.allowed_types,
            session=session.id,
            payer_email=email,
        )

    def _change(
        self, session: CheckoutSession, what: str, intent: PaymentIntent | None, **fields: str
    ) -> CheckoutSession:
        changed = replace(session, payment_intent=intent.id if intent else None, **fields)  # type: ignore[arg-type]
        self._journal.put(changed)
        self._events.emit(f"checkout.session.{what}", render_session(changed))
        return changed

    def _check_open(self, session: CheckoutSession, what: str) -> None:
        if session.status != "open":
            message = (
                f'Only Checkout Sessions with a status in ["open"] can be {what}. '
                f"This Checkout Session has a status of {session.status}."
            )
            raise StateRefused(message, param="session")

    def _render(self, session: CheckoutSession, expand: object) -> Json:
        asked = expand if isinstance(expand, list) else []
        shown = render_session(session)
        intent = self._journal.find(PaymentIntent, session.payment_intent or "")
        if "payment_intent" in asked and intent is not None:
            shown["payment_intent"] = render_intent(intent)
        return shown | ({"line_items": _items(session)} if "line_items" in asked else {})

    def _pay(self, path: dict[str, str], given: Json) -> object:
        """`delayed`: by a debit that `/settle` will answer; `email`: what the customer typed."""
        session = self.find(path["id"])
        return render_session(self.pay(session, _email(session, given), is_delayed=given.get("delayed") is True))

    def _fail(self, path: dict[str, str], given: Json) -> object:
        """`decline_code`: why."""
        session = self.find(path["id"])
        code = str(given.get("decline_code", "generic_decline"))
        return render_session(self.decline(session, code, _email(session, given)))

    def _settle(self, path: dict[str, str], given: Json) -> object:
        """`succeeds`: what the bank says."""
        return render_session(self.settle(self.find(path["id"]), succeeds=given.get("succeeds") is not False))


def _items(session: CheckoutSession) -> Json:
    url = f"/v1/checkout/sessions/{session.id}/line_items"
    return {"object": "list", "data": session.items, "has_more": False, "url": url}


def _email(session: CheckoutSession, given: Json) -> str:
    return session.customer_email or str(given.get("email", STRANGER))


def _check_mode(mode: object) -> None:
    if mode is None:
        raise Refused(400, "Missing required param: mode.", code="parameter_missing", param="mode")
    if mode != "payment":
        message = f"Stripe knows the mode {mode}, this fake does not yet: teach it in fake_stripe."
        raise Refused(400, message, code="fake_does_not_know", param="mode")


def _checked_reference(reference: object) -> str | None:
    if isinstance(reference, str) and len(reference) > 200:
        message = "Invalid string: client_reference_id must be at most 200 characters."
        raise Refused(400, message, code="parameter_invalid_string", param="client_reference_id")
    return text_or_none(reference)
