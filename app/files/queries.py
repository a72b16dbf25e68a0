"""Reads of files."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.files.models import DOCUMENT, PICTURE, WAITING, PictureSize, StoredFile, WaitingContent


def find_document(session: Session, file_id: str) -> StoredFile | None:
    """A private document; None for a picture, or nothing."""
    return session.scalar(select(StoredFile).where(StoredFile.id == file_id, StoredFile.kind == DOCUMENT))


def find_waiting_content(session: Session, file_id: str) -> bytes | None:
    """The bytes of a document that is not in the store yet."""
    return session.scalar(select(WaitingContent.content).where(WaitingContent.file_id == file_id))


def get_picture(session: Session, file_id: str) -> StoredFile:
    """A picture; raises `NotFound`."""
    found = session.scalar(select(StoredFile).where(StoredFile.id == file_id, StoredFile.kind == PICTURE))
    if found is None:
        raise NotFound(f"File with id: {file_id} was not found")
    return found


def find_picture_by_name(session: Session, public_name: str) -> StoredFile | None:
    """The picture that has this name below `/static/`."""
    return session.scalar(select(StoredFile).where(StoredFile.public_name == public_name))


def lock_file(session: Session, file_id: str) -> StoredFile | None:
    """A file that nothing can begin to show, and nobody else change, until the transaction ends."""
    return session.scalar(select(StoredFile).where(StoredFile.id == file_id).with_for_update())


def list_waiting_pictures(session: Session) -> Sequence[StoredFile]:
    """Pictures without sizes, in the order they came, a hundred at most."""
    wanted = select(StoredFile).where(StoredFile.kind == PICTURE, StoredFile.status == WAITING)
    return session.scalars(wanted.order_by(StoredFile.created_at, StoredFile.id).limit(100)).all()


def list_sizes_of(session: Session, file_ids: Sequence[str]) -> dict[str, list[PictureSize]]:
    """What these pictures are served as, by file, the largest first."""
    wanted = select(PictureSize).where(PictureSize.file_id.in_(file_ids))
    found: dict[str, list[PictureSize]] = {file_id: [] for file_id in file_ids}
    for size in session.scalars(wanted.order_by(PictureSize.width.desc(), PictureSize.name)):
        found[size.file_id].append(size)
    return found


def list_files(session: Session, file_ids: Iterable[str | None]) -> Sequence[StoredFile]:
    """These files, in no order."""
    return session.scalars(select(StoredFile).where(StoredFile.id.in_([each for each in file_ids if each]))).all()
