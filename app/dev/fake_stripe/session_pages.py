"""The page of a Checkout Session: a person pays on it, is refused, or goes back to the shop."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.dev.fake_stripe.checkout_sessions import STRANGER, CheckoutSessions
from app.dev.fake_stripe.refused import Json, Refused
from app.dev.fake_stripe.screen import render_amount, render_page
from app.dev.fake_stripe.session_object import CheckoutSession

_STATUS_FR = {"open": "à payer", "complete": "terminée", "expired": "expirée"}
_SHOWN = 200


class SessionPages:
    """Where `url` of a session leads."""

    def __init__(self, sessions: CheckoutSessions) -> None:
        self._sessions = sessions

    def routes(self) -> list[Route]:
        """Where they are."""
        return [Route("/c/pay/{id}", self._show), Route("/c/pay/{id}/{act}", self._act, methods=["POST"])]

    def rows(self) -> list[Json]:
        """The newest sessions, as a table shows them."""
        return [_row(session) for session in self._sessions.list_all()[::-1][:_SHOWN]]

    async def _show(self, request: Request) -> Response:
        try:
            session = self._sessions.find(request.path_params["id"])
        except Refused:
            return RedirectResponse("/", 303)
        return _page(session, "")

    async def _act(self, request: Request) -> Response:
        try:
            session = self._sessions.find(request.path_params["id"])
        except Refused:
            return RedirectResponse("/", 303)
        try:
            done = self._perform(request.path_params["act"], session)
        except Refused as refusal:
            return _page(session, str(refusal))
        return RedirectResponse(done, 303)

    def _perform(self, act: str, session: CheckoutSession) -> str:
        """Do it, and say where the browser goes on."""
        email = session.customer_email or STRANGER
        page = f"/c/pay/{session.id}"
        match act:
            case "pay" | "debit":
                self._sessions.pay(session, email, is_delayed=act == "debit")
                return session.success_url.replace("{CHECKOUT_SESSION_ID}", session.id)
            case "fail":
                self._sessions.decline(session, "generic_decline", email)
            case "expire":
                self._sessions.expire(session)
            case "accept" | "reject":
                self._sessions.settle(session, succeeds=act == "accept")
        return page


def _page(session: CheckoutSession, said: str) -> Response:
    return render_page("session.html", 400 if said else 200, session=_row(session), said=said)


def _row(session: CheckoutSession) -> Json:
    return {
        "id": session.id,
        "created": datetime.fromtimestamp(session.created, tz=UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "expires": datetime.fromtimestamp(session.expires_at, tz=UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "status": session.status,
        "status_fr": _STATUS_FR[session.status],
        "payment_status": session.payment_status,
        "amount": render_amount(session.amount, session.currency),
        "items_shown": [
            {
                "name": item["description"],
                "quantity": item["quantity"],
                "amount": render_amount(int(str(item["amount_total"])), session.currency),
            }
            for item in session.items
        ],
        "reference": session.client_reference_id,
        "metadata": session.metadata,
        "email": session.payer_email or session.customer_email,
        "cancel_url": session.cancel_url,
        "is_open": session.status == "open",
        "is_waiting": session.status == "complete" and session.payment_status == "unpaid",
    }
