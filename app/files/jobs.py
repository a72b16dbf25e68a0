"""What the worker does with files: carries documents into the store, makes what is shown of pictures."""

import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import enqueue, job
from app.core.log import log_event, log_failure
from app.files import queries
from app.files.create_picture import ENCODE_JOB, raw_key
from app.files.delete_file import FORGET_JOB
from app.files.models import READY, REFUSED, PictureSize, StoredFile, WaitingContent
from app.files.rules import SUFFIXES, content_type_of
from app.files.schemas import Made
from app.gateways.errors import VendorFailure
from app.gateways.object_store import PRIVATE, PUBLIC, NoSuchObject, get_store

ENCODER = Path(__file__).with_name("encode_picture.py")
# More than the encoder's own limit of processor time, which it may have to share.
ENCODER_SECONDS = 180
# One picture at a time on a machine, whatever the number of jobs: that is what bounds the memory.
TURN = threading.Lock()


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


@job(ENCODE_JOB, attempts=1)
def encode_waiting() -> None:
    """Make the sizes of every picture that waits. The clock asks each minute, so a store that was away is tried again.

    Looks once more after its turn: a picture that came while it ended found the turn taken.
    """
    while waiting := _list_waiting():
        if not TURN.acquire(blocking=False):
            return
        try:
            for picture in waiting:
                encode(picture)
        except VendorFailure as failure:
            log_failure("picture not kept", failure)
            return
        finally:
            TURN.release()


def _list_waiting() -> Sequence[StoredFile]:
    with unit_of_work() as session:
        return queries.list_waiting_pictures(session)


def encode(picture: StoredFile) -> None:
    """Make one picture's sizes, put them into the store, the plain name last, then forget the original."""
    name = str(picture.public_name)
    with TemporaryDirectory(prefix="comptoir-picture-") as folder:
        made = run_encoder(name, Path(folder))
        contents = {suffix: (Path(folder) / suffix).read_bytes() for suffix in SUFFIXES if made.refusal is None}
    for suffix, content in reversed(contents.items()):
        get_store().put(f"{PUBLIC}{name}{suffix}", content, content_type_of(suffix))
    with unit_of_work() as session:
        record_made(session, picture.id, name, made, {suffix: len(content) for suffix, content in contents.items()})
    get_store().remove([raw_key(name)])
    log_event("picture encoded", status=made.refusal or READY)


def run_encoder(public_name: str, folder: Path) -> Made:
    """What the encoder says of the original, or the refusal that its end comes to."""
    source = folder / "source"
    try:
        source.write_bytes(b"".join(get_store().read(raw_key(public_name))))
        command = [sys.executable, "-I", str(ENCODER), str(source), str(folder)]
        # It gets nothing of our environment.
        done = subprocess.run(command, env={}, capture_output=True, timeout=ENCODER_SECONDS, check=False)
    except NoSuchObject:
        return Made(refusal="lost")
    except subprocess.TimeoutExpired:
        return Made(refusal="too_slow")
    if done.returncode == -signal.SIGTERM:
        raise InterruptedError  # the worker is being stopped: the picture waits
    if done.returncode != 0:
        log_event("picture encoder ended", level="warning", status=str(done.returncode))
        return Made(refusal="too_slow" if done.returncode == -signal.SIGXCPU else "damaged")
    return Made.model_validate_json(done.stdout)


def record_made(
    session: Session, file_id: str, public_name: str, made: Made, bytes_by_suffix: Mapping[str, int]
) -> None:
    """Write what became of a picture; one that was deleted meanwhile leaves nothing."""
    picture = queries.lock_file(session, file_id)
    if picture is None:
        enqueue(session, FORGET_JOB, public_name=public_name)
        return
    picture.status, picture.refusal = (READY, None) if made.refusal is None else (REFUSED, made.refusal)
    picture.width, picture.height, picture.updated_at = made.width, made.height, utc_now()
    session.execute(delete(PictureSize).where(PictureSize.file_id == file_id))
    session.add_all(
        PictureSize(
            name=f"{public_name}{size.suffix}",
            file_id=file_id,
            size_bytes=bytes_by_suffix[size.suffix],
            width=size.width,
            height=size.height,
        )
        for size in made.sizes
    )


@job(FORGET_JOB)
def forget_file(public_name: str | None = None, private_name: str | None = None) -> None:
    """Take a deleted file's objects out of the store; a picture that was sent again meanwhile keeps its own."""
    if private_name is not None:
        get_store().remove([f"{PRIVATE}{private_name}"])
    if public_name is None:
        return
    with TURN:  # nobody makes its sizes anew between the look and the removal
        with unit_of_work() as session:
            if queries.find_picture_by_name(session, public_name) is not None:
                return
        get_store().remove([f"{PUBLIC}{public_name}{suffix}" for suffix in SUFFIXES])
