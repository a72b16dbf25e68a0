"""Where Brevo tells what became of mails. It signs nothing: a bearer token says that it is Brevo (payments §7.3)."""

import hmac
from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel

from app.core.api_document import refusing
from app.core.clock import utc_now
from app.core.db import SessionDep
from app.core.errors import BodyTooLarge, LengthRequired, TooManyRequests, Unauthorized, UnsupportedEncoding
from app.core.http import Access
from app.core.http import router as make_router
from app.notifications.errors import MailEventMalformed
from app.notifications.record_event import read_events, record_events
from app.v1_api.webhooks import SettingsDep, limit_by_address, read_raw_body


def verify_brevo(request: Request, settings: SettingsDep) -> None:
    """Counted like any webhook, then the token: both are compared whole, whichever is right, before a body is read."""
    limit_by_address(request, settings)
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    known = settings.brevo_webhook_tokens(utc_now())
    matches = [hmac.compare_digest(shown.strip().encode(), token.encode()) for token in known]
    if scheme.lower() != "bearer" or not any(matches):
        raise Unauthorized


router = make_router(Access("brevo", verify_brevo, refuses=(TooManyRequests, Unauthorized)))


class MailEventsReceived(BaseModel):
    """What Brevo reads is the status alone."""

    received: bool


@router.post(
    "/brevo/webhook", responses=refusing(MailEventMalformed, LengthRequired, BodyTooLarge, UnsupportedEncoding)
)
def receive_mail_events(body: Annotated[bytes, Depends(read_raw_body)], session: SessionDep) -> MailEventsReceived:
    """200 once the events are written, known already, or none that we asked for; 500 whenever they could not be."""
    record_events(session, read_events(body))
    return MailEventsReceived(received=True)
