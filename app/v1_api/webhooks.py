"""Where Stripe brings its events. The order of checks is that of payments §1.5, the answers those of design §4.8."""

from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import BaseModel

from app.core.api_document import refusing
from app.core.client_address import read_network
from app.core.errors import BodyTooLarge, LengthRequired, TooManyRequests, UnsupportedEncoding
from app.core.http import Access
from app.core.http import router as make_router
from app.core.log import log_event
from app.core.ratelimit import get_limiter, per_minute
from app.core.settings import Settings, get_settings
from app.payments.event_types import SELFTEST_HEADER
from app.stripe_events.errors import SignatureInvalid
from app.stripe_events.mark_refused import mark_refused
from app.stripe_events.service import receive_event
from app.stripe_events.verify_event import is_selftest_mark, verify_event
from app.stripe_events.watch_webhook import record_answer, recorded_refusals

SettingsDep = Annotated[Settings, Depends(get_settings)]


def limit_by_address(request: Request, settings: SettingsDep) -> None:
    """Counts before anything is read; the address is the real client's, which only the proxy on loopback may name.

    Raises `TooManyRequests`.
    """
    address = read_network(request.client.host if request.client else "")
    verdict = get_limiter().hit(per_minute(settings.rate_limit_webhook_max), "webhook", address)
    if not verdict.is_allowed:
        log_event("Webhook rate limit exceeded (429)", level="warning", status=429)
        raise TooManyRequests(verdict.retry_after_seconds)


def limit_stripe(request: Request, settings: SettingsDep) -> None:
    """The same; what was refused is fetched soon after."""
    try:
        with recorded_refusals():
            limit_by_address(request, settings)
    except TooManyRequests:
        mark_refused()
        raise


async def read_raw_body(request: Request) -> bytes:
    """The bytes that were signed; above 512 KiB the request does not come this far."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedEncoding
    if "content-length" not in request.headers:
        raise LengthRequired
    return await request.body()


router = make_router(Access("stripe", limit_stripe, refuses=(TooManyRequests,)))


class Received(BaseModel):
    """What Stripe reads is the status alone."""

    received: bool


@router.post("/stripe/webhook", responses=refusing(SignatureInvalid, LengthRequired, BodyTooLarge, UnsupportedEncoding))
@router.post("/hooks/payment/stripe", include_in_schema=False)
def receive_stripe_event(
    body: Annotated[bytes, Depends(read_raw_body)],
    settings: SettingsDep,
    stripe_signature: Annotated[str, Header()] = "",
    selftest: Annotated[str, Header(alias=SELFTEST_HEADER, include_in_schema=False)] = "",
) -> Received:
    """200 once the event is written and applied, known already, or nothing to us; 500 whenever it could not be."""
    if is_selftest_mark(selftest, settings):
        receive_event(verify_event(body, stripe_signature, settings, is_selftest=True), source="webhook")
        return Received(received=True)
    with recorded_refusals():
        effect = receive_event(verify_event(body, stripe_signature, settings), source="webhook")
    record_answer(effect.state)
    return Received(received=True)
