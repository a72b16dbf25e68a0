"""What a signed link opens, and what lies below `/static/`."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.errors import NotFound
from app.core.log import log_failure
from app.core.settings import get_settings
from app.files import queries
from app.files.errors import FileStoreAway, LinkExpired
from app.files.rules import SERVED_NAME, decide_link
from app.gateways.errors import VendorFailure
from app.gateways.object_store import PRIVATE, PUBLIC, NoSuchObject, get_store


@dataclass(frozen=True)
class OpenedFile:
    """A document on its way out."""

    name: str
    content_type: str
    size_bytes: int
    pieces: Iterator[bytes]


def open_link(file_id: str, expires: int, signature: str) -> OpenedFile:
    """The document, for whoever has a link of ours to it. The store is asked with no transaction open.

    Raises `NotFound` alike for a link that we never gave out and a document that is not there, `LinkExpired`.
    """
    now = utc_now()
    standing = decide_link(get_settings().cookie_secrets(now), file_id, expires, signature, now)
    if standing == "unknown":
        raise NotFound
    if standing == "expired":
        raise LinkExpired
    with unit_of_work() as session:
        document = queries.find_document(session, file_id)
        waiting = queries.find_waiting_content(session, file_id)
    if document is None:
        raise NotFound
    pieces = iter((waiting,)) if waiting is not None else read_private(file_id)
    return OpenedFile(document.name, document.content_type, document.size_bytes, pieces)


def read_public(name: str) -> Iterator[bytes]:
    """The bytes of a public picture; raises `NotFound` (for every name that is none of ours), `FileStoreAway`."""
    if not SERVED_NAME.fullmatch(name):
        raise NotFound
    return _read(f"{PUBLIC}{name}")


def read_private(file_id: str) -> Iterator[bytes]:
    """The bytes of a document as the store has them; raises `NotFound`, `FileStoreAway`."""
    return _read(f"{PRIVATE}{file_id}")


def _read(key: str) -> Iterator[bytes]:
    try:
        return get_store().read(key)
    except NoSuchObject:
        raise NotFound from None
    except VendorFailure as away:
        log_failure("file not read", away)
        raise FileStoreAway from away
