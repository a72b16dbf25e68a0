"""`/static/*`: the public pictures where no nginx stands before us (`make up`); on a server nginx answers first."""

import re
from pathlib import Path

from fastapi.responses import FileResponse

from app.core.api_document import refusing
from app.core.errors import NotFound
from app.core.http import ANYONE
from app.core.http import router as make_router
from app.core.settings import get_settings

router = make_router(ANYONE, prefix="/static")

# A name is the hash of the content: what it names never changes, and no name leads out of the folder.
NAME = re.compile(r"[0-9a-f]{32,64}\.(webp|jpg|png)")
HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "Cross-Origin-Resource-Policy": "cross-origin"}


@router.get("/{name}", response_class=FileResponse, responses=refusing(NotFound))
async def get_picture(name: str) -> FileResponse:
    """One public picture."""
    path = Path(get_settings().uploads_dir) / name
    if not NAME.fullmatch(name) or not path.is_file():
        raise NotFound
    return FileResponse(path, headers=HEADERS)
