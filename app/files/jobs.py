"""What the worker does with files."""

from sqlalchemy import delete

from app.core.db import unit_of_work
from app.core.jobs import job
from app.files import queries
from app.files.models import READY, WaitingContent
from app.gateways.object_store import PRIVATE, get_store


@job("files.place")
def place_document(file_id: str) -> None:
    """Carry a document from the database into the store; done twice, it is there once."""
    with unit_of_work() as session:
        document = queries.find_document(session, file_id)
        content = queries.find_waiting_content(session, file_id)
    if document is None or content is None:
        return
    get_store().put(f"{PRIVATE}{file_id}", content, document.content_type)
    with unit_of_work() as session:
        locked = queries.lock_file(session, file_id)
        if locked is not None:
            locked.status = READY
            session.execute(delete(WaitingContent).where(WaitingContent.file_id == file_id))
