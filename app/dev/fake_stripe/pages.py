"""Pages on which a person pays, refuses, cancels or refunds by hand."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.dev.fake_stripe.charges import Charge
from app.dev.fake_stripe.intent_object import PaymentIntent
from app.dev.fake_stripe.payment_intents import PaymentIntents
from app.dev.fake_stripe.refunds import Refunds
from app.dev.fake_stripe.refused import Json, Refused
from app.dev.fake_stripe.screen import render_amount, render_page
from app.dev.fake_stripe.session_pages import SessionPages
from app.dev.journal import Journal

_STATUS_FR = {
    "requires_payment_method": "à payer",
    "requires_confirmation": "à confirmer",
    "requires_action": "attend le client",
    "processing": "en cours",
    "succeeded": "payé",
    "canceled": "annulé",
}
_PAYABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_SHOWN = 200


class Pages:
    """No script, no login: it listens on the loopback address only."""

    def __init__(self, journal: Journal, intents: PaymentIntents, sessions: SessionPages, refunds: Refunds) -> None:
        self._journal = journal
        self._intents = intents
        self._sessions = sessions
        self._refunds = refunds

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/", self._list),
            Route("/pay/{id}", self._show),
            Route("/pay/{id}/{act}", self._act, methods=["POST"]),
            *self._sessions.routes(),
        ]

    async def _list(self, _request: Request) -> Response:
        return render_page("intents.html", intents=self._rows(), sessions=self._sessions.rows())

    async def _show(self, request: Request) -> Response:
        try:
            intent = self._intents.find(request.path_params["id"])
        except Refused:
            return render_page(
                "intents.html", 404, intents=self._rows(), sessions=self._sessions.rows(), is_unknown=True
            )
        return self._page(intent, "")

    async def _act(self, request: Request) -> Response:
        try:
            intent = self._intents.find(request.path_params["id"])
            await self._perform(request.path_params["act"], intent, request)
        except Refused as refusal:
            found = self._journal.find(PaymentIntent, request.path_params["id"])
            return self._page(found, str(refusal)) if found else RedirectResponse("/", 303)
        return RedirectResponse(intent.return_url or f"/pay/{intent.id}", 303)

    async def _perform(self, act: str, intent: PaymentIntent, request: Request) -> None:
        match act:
            case "confirm":
                self._intents.pay(intent)
            case "fail":
                self._intents.decline(intent, "generic_decline")
            case "cancel":
                self._intents.give_up(intent)
            case "refund":
                amount = str((await request.form()).get("amount", ""))
                self._refunds.refund_by_hand(intent.latest_charge or "", int(amount) if amount.isdecimal() else None)

    def _page(self, intent: PaymentIntent, said: str) -> Response:
        return render_page("pay.html", 400 if said else 200, intent=self._row(intent), said=said)

    def _rows(self) -> list[Json]:
        newest_first = self._journal.list_all(PaymentIntent)[::-1][:_SHOWN]
        return [self._row(intent) for intent in newest_first]

    def _row(self, intent: PaymentIntent) -> Json:
        charge = self._journal.find(Charge, intent.latest_charge or "")
        return {
            "id": intent.id,
            "created": datetime.fromtimestamp(intent.created, tz=UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "status": intent.status,
            "status_fr": _STATUS_FR.get(intent.status, intent.status),
            "amount": render_amount(intent.amount, intent.currency),
            "description": intent.description,
            "metadata": intent.metadata,
            "declined": intent.decline_code,
            "refunded": render_amount(charge.amount_refunded, charge.currency)
            if charge and charge.amount_refunded
            else "",
            "is_payable": intent.status in _PAYABLE,
            "is_refundable": charge is not None and charge.amount_left > 0,
        }
