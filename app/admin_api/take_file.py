"""Takes a file of lines in, without ever holding all of it: after the caller is known, two of them at a time."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from app.admin_api.access import BriefWriterDep
from app.admin_api.schemas import BINARY, PathId, describe_form
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.errors import InvalidRequest
from app.core.http import upload_turns
from app.imports.queries import get_run
from app.imports.service import CHUNK_BYTES, demand_open_link

FIELD = "file"
IN_MEMORY_BYTES = 1_000_000
FORM = describe_form(FIELD, BINARY, is_required=True)


@asynccontextmanager
async def open_form(request: Request, most: int) -> AsyncIterator[FormData]:
    """A form of so many files; two at a time are read, so that their sum is bounded. Raises `InvalidRequest`."""
    async with upload_turns():
        try:
            form = await request.form(max_files=most, max_fields=most)
        except ValueError:  # its words are in an encoding that is none
            raise InvalidRequest("Invalid request: the form names an encoding that cannot be read") from None
        try:
            yield form
        finally:
            await form.close()


async def read_file(request: Request, caller: BriefWriterDep) -> AsyncIterator[UploadFile]:
    """The one file of a form; above a megabyte it waits on the disk. Raises `InvalidRequest`."""
    async with open_form(request, 1) as form:
        several = form.multi_items()
        given = several[0][1] if len(several) == 1 and several[0][0] == FIELD else None
        if not isinstance(given, UploadFile):
            raise InvalidRequest(f"Invalid request: one file in the field '{FIELD}', and nothing else")
        yield given


def admit_link(run_id: PathId) -> str:
    """The run that waits for this file, whose id is the key; raises `RunNotFound`, `LinkEnded`."""
    with unit_of_work() as session:
        demand_open_link(get_run(session, run_id), utc_now())
    return run_id


async def read_body(request: Request, run_id: Annotated[str, Depends(admit_link)]) -> AsyncIterator[IO[bytes]]:
    """The body itself as a file, as the SDK sends it to a link."""
    async with upload_turns():
        with SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as content:
            async for piece in request.stream():
                content.write(piece)
            content.seek(0)
            yield content


def pieces_of(content: IO[bytes]) -> Iterator[bytes]:
    """A file in pieces."""
    while piece := content.read(CHUNK_BYTES):
        yield piece


FileDep = Annotated[UploadFile, Depends(read_file)]
BodyDep = Annotated[IO[bytes], Depends(read_body)]
