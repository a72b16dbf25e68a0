"""Deletes files: the row at once, what is in the store after the commit."""

from sqlalchemy.orm import Session

from app.core.audit_log import record_audit
from app.core.jobs import enqueue
from app.files.models import StoredFile

FORGET_JOB = "files.forget"


def delete_file(session: Session, file: StoredFile) -> None:
    """Delete a file that nothing shows or names any more: the caller has locked it and asked.

    The database refuses where a product or an invoice still names it.
    """
    record_audit(session, "file.delete", file.id, {"kind": file.kind, "content_sha256": file.content_sha256})
    session.delete(file)
    session.flush()  # a rule of the database speaks here and not at the commit
    enqueue(session, FORGET_JOB, public_name=file.public_name, private_name=None if file.public_name else file.id)
