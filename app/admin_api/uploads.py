"""`/admin/uploads`: pictures for products. The address is answered at once, what it shows follows in seconds.

Source: store-api §11, design §4.18, S0-084, decision 0031.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.datastructures import FormData, UploadFile

from app.admin_api.access import BriefWriterDep, reading_router, writing_router
from app.admin_api.schemas import BINARY, DeletedOut, PathId, describe_form
from app.admin_api.take_file import open_form
from app.core.api_document import refusing
from app.core.db import SessionDep
from app.core.errors import BodyTooLarge, InvalidRequest, NotFound
from app.core.wire import WireInstant, absolute_url
from app.files import queries
from app.files.create_picture import check_picture, create_picture
from app.files.decide_kind import MOST_UPLOAD_BYTES
from app.files.errors import FileInUse, FileStoreAway, FileTooLarge, NoFilesUploaded, NotAPicture
from app.files.models import PictureSize, StoredFile
from app.files.rules import PUBLIC_PATH, SHOWN_SUFFIX
from app.ops.sweep_files import delete_picture

reading = reading_router()
writing = writing_router()
taking = writing_router(calls_vendor=True)

FIELD = "files"
MOST_FILES = 10
FORM = describe_form(FIELD, {"type": "array", "items": BINARY})


class UploadedOut(BaseModel):
    """Medusa's two fields, which is all its clients read."""

    id: str
    url: str


class UploadsAnswer(BaseModel):
    """One entry per file, in the order they were sent."""

    files: list[UploadedOut]


class SizeOut(BaseModel):
    """One of the sizes and formats the picture is served in."""

    url: str
    width: int
    height: int
    size_bytes: int


class FileOut(UploadedOut):
    """A picture and what became of it: `waiting`, `ready`, or `refused` with a code that says why."""

    name: str
    content_type: str
    size_bytes: int
    status: str
    refusal: str | None
    width: int | None
    height: int | None
    sizes: list[SizeOut]
    created_at: WireInstant


class FileAnswer(BaseModel):
    """One picture."""

    file: FileOut


async def read_form(request: Request, caller: BriefWriterDep) -> AsyncIterator[Sequence[UploadFile]]:
    """The files of the form, read after the caller is known: a stranger's body is never taken apart.

    A file above a megabyte waits on the disk meanwhile.
    """
    async with open_form(request, MOST_FILES) as form:
        yield list_files(form)


def list_files(form: FormData) -> Sequence[UploadFile]:
    """The files of the field `files`; raises `NoFilesUploaded`, `InvalidRequest` for anything else in the form."""
    files = [each for name, each in form.multi_items() if name == FIELD and isinstance(each, UploadFile)]
    if not files:
        raise NoFilesUploaded
    if len(files) != len(form.multi_items()):
        raise InvalidRequest(f"Invalid request: only files in the field '{FIELD}'")
    return files


@taking.post(
    "/uploads",
    openapi_extra=FORM,
    responses=refusing(BodyTooLarge, NoFilesUploaded, NotAPicture, FileTooLarge, FileStoreAway),
)
def upload(files: Annotated[Sequence[UploadFile], Depends(read_form)]) -> UploadsAnswer:
    """Take pictures. One that is refused refuses all, before any is kept; the same picture again has the same id."""
    contents = [(each.file.read(MOST_UPLOAD_BYTES + 1), each.filename or "", each.content_type or "") for each in files]
    for content, name, content_type in contents:
        check_picture(content, name, content_type)
    taken = [create_picture(content, name, content_type) for content, name, content_type in contents]
    return UploadsAnswer(files=[UploadedOut(id=each.id, url=url_of(each)) for each in taken])


@reading.get("/uploads/{upload_id}", responses=refusing(NotFound))
def get_upload(session: SessionDep, upload_id: PathId) -> FileAnswer:
    """One picture, with the sizes it is served in once they are made."""
    picture = queries.get_picture(session, upload_id)
    return FileAnswer(file=file_out(picture, queries.list_sizes_of(session, [picture.id])[picture.id]))


@writing.delete("/uploads/{upload_id}", responses=refusing(NotFound, FileInUse))
def delete_upload(session: SessionDep, upload_id: PathId) -> DeletedOut:
    """Delete a picture that no product and no order shows."""
    delete_picture(session, upload_id)
    return DeletedOut(id=upload_id, object="file")


def url_of(picture: StoredFile) -> str:
    """Where the picture is, or will be in seconds."""
    return str(absolute_url(f"{PUBLIC_PATH}{picture.public_name}{SHOWN_SUFFIX}"))


def file_out(picture: StoredFile, sizes: Sequence[PictureSize]) -> FileOut:
    """A picture as the wire has it."""
    return FileOut(
        id=picture.id,
        url=url_of(picture),
        name=picture.name,
        content_type=picture.content_type,
        size_bytes=picture.size_bytes,
        status=picture.status,
        refusal=picture.refusal,
        width=picture.width,
        height=picture.height,
        sizes=[
            SizeOut(
                url=str(absolute_url(f"{PUBLIC_PATH}{each.name}")),
                width=each.width,
                height=each.height,
                size_bytes=each.size_bytes,
            )
            for each in sizes
        ],
        created_at=picture.created_at,
    )
