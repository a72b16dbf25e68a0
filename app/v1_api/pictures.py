"""`/static/*`: the public pictures where nginx has no file of this name: `make up`, and what lies in an S3 store."""

from fastapi.responses import StreamingResponse

from app.core.api_document import refusing
from app.core.errors import NotFound
from app.core.http import ANYONE
from app.core.http import router as make_router
from app.files.errors import FileStoreAway
from app.files.open_link import read_public
from app.files.rules import content_type_of
from app.gateways.object_store import IMMUTABLE

# The store may be another machine: routes that call one wait for turns of their own.
router = make_router(ANYONE, prefix="/static", calls_vendor=True)

HEADERS = {"Cache-Control": IMMUTABLE, "Cross-Origin-Resource-Policy": "cross-origin"}


@router.get("/{name}", response_class=StreamingResponse, responses=refusing(NotFound, FileStoreAway))
def get_picture(name: str) -> StreamingResponse:
    """One public picture. Its name is the hash of what was uploaded: what it names never changes."""
    return StreamingResponse(read_public(name), media_type=content_type_of(name), headers=HEADERS)
