"""Keeps documents, and gives out links to them."""

from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.context import current_actor
from app.core.ids import new_id
from app.core.jobs import enqueue
from app.core.settings import get_settings
from app.files.models import DOCUMENT, StoredFile, WaitingContent
from app.files.rules import LONGEST_LINK, compute_shown_name, compute_signature

LINK_PREFIX = "/files"


def store_private(session: Session, content: bytes, content_type: str, name: str) -> StoredFile:
    """Keep a document that only a signed link opens, in the caller's transaction: no commit, no document.

    Its bytes stay in the database until a job has carried them into the store, so that no store is called while a
    transaction is open, and the document can be read from the commit on.
    """
    document = StoredFile(
        id=new_id("file"),
        kind=DOCUMENT,
        content_sha256=sha256(content).hexdigest(),
        content_type=content_type,
        name=compute_shown_name(name),
        size_bytes=len(content),
        created_by=current_actor.get(),
    )
    session.add(document)
    session.flush()  # the content names it
    session.add(WaitingContent(file_id=document.id, content=content))
    session.flush()  # whoever asks for it in the same transaction finds it
    enqueue(session, "files.place", file_id=document.id)
    return document


def sign_link(file_id: str, lifetime: timedelta) -> str:
    """The path (below PUBLIC_URL) that opens this document until `lifetime` is over, 30 days at most; `ValueError`.

    Whoever has it may read it. It is no longer valid once COOKIE_SECRET was rotated and its former value has ended.
    """
    if not timedelta(0) < lifetime <= LONGEST_LINK:
        raise ValueError("a link lives 30 days at most")
    now = utc_now()
    expires = int((now + lifetime).timestamp())
    secret = get_settings().cookie_secrets(now)[0]
    query = urlencode({"expires": expires, "signature": compute_signature(secret, file_id, expires)})
    return f"{LINK_PREFIX}/{file_id}?{query}"
