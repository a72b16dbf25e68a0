"""Takes a picture: keeps it as it came, where nobody reads it, until the worker has made what is shown."""

from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.context import current_actor
from app.core.db import unit_of_work
from app.core.ids import new_id
from app.core.jobs import enqueue_once
from app.core.log import log_failure
from app.files import queries
from app.files.decide_kind import Kind, check_announced, decide_kind
from app.files.errors import FileStoreAway
from app.files.models import PICTURE, READY, REFUSED, WAITING, StoredFile
from app.files.rules import compute_shown_name
from app.gateways.errors import VendorFailure
from app.gateways.object_store import PRIVATE, get_store

ENCODE_JOB = "files.encode_waiting"


def create_picture(content: bytes, name: str, content_type: str = "") -> StoredFile:
    """Take a picture, whose address is known at once; call it with no transaction open.

    Its name is the SHA-256 of what was sent, so the same picture sent twice is one. The worker makes what is shown
    under that address, and drops the original with all that was hidden in it. Raises `FileTooLarge`, `NotAPicture`,
    `WrongExtension`, `UnusablePicture`, `FileStoreAway`.
    """
    kind = decide_kind(content)
    check_announced(kind, name, content_type)
    digest = sha256(content).hexdigest()
    with unit_of_work() as session:
        known = queries.find_picture_by_name(session, digest)
    if known is not None and known.status == READY:
        return known
    try:
        get_store().put(raw_key(digest), content, kind.content_type)
    except VendorFailure as away:
        log_failure("picture not kept", away)
        raise FileStoreAway from away
    with unit_of_work() as session:
        return _record(session, digest, kind, compute_shown_name(name), len(content))


def check_picture(content: bytes, name: str, content_type: str) -> None:
    """What `create_picture` refuses without keeping anything: asked of all files before the first is kept."""
    check_announced(decide_kind(content), name, content_type)


def raw_key(public_name: str) -> str:
    """Where a picture lies as it came."""
    return f"{PRIVATE}{public_name}"


def _record(session: Session, digest: str, kind: Kind, name: str, size_bytes: int) -> StoredFile:
    row = {
        "id": new_id("file"),
        "kind": PICTURE,
        "public_name": digest,
        "content_sha256": digest,
        "content_type": kind.content_type,
        "name": name,
        "size_bytes": size_bytes,
        "created_by": current_actor.get(),
    }
    made = session.scalar(insert(StoredFile).values(row).on_conflict_do_nothing().returning(StoredFile.id))
    picture = session.scalars(select(StoredFile).where(StoredFile.public_name == digest).with_for_update()).one()
    if picture.status == REFUSED:
        picture.status, picture.refusal, picture.updated_at = WAITING, None, utc_now()
    if made is not None:
        record_audit(session, "file.upload", picture.id, {"kind": kind.name, "size_bytes": size_bytes})
    enqueue_once(session, ENCODE_JOB, "waiting")
    return picture
