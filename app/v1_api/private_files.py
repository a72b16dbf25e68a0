"""`/files/{id}`: a document of the shop, for whoever has a signed link to it. There is no other way to one."""

from urllib.parse import quote

from fastapi.responses import StreamingResponse

from app.core.api_document import refusing
from app.core.errors import NotFound
from app.core.http import ANYONE
from app.core.http import router as make_router
from app.files.errors import FileStoreAway, LinkExpired
from app.files.open_link import open_link
from app.files.rules import parse_expiry
from app.files.service import LINK_PREFIX

# The store may be another machine: routes that call one wait for turns of their own.
router = make_router(ANYONE, prefix=LINK_PREFIX, calls_vendor=True)


@router.get("/{file_id}", response_class=StreamingResponse, responses=refusing(NotFound, LinkExpired, FileStoreAway))
def get_document(
    file_id: str,
    expires: str = "",
    signature: str = "",
) -> StreamingResponse:
    """The document as a download, kept by nobody on the way."""
    found = open_link(file_id, parse_expiry(expires), signature)
    return StreamingResponse(
        found.pieces,
        media_type=found.content_type,
        headers={
            "Content-Length": str(found.size_bytes),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
            "Cache-Control": "private, no-store",
        },
    )
