"""The one style sheet of the pages, read once."""

from functools import cache
from importlib.resources import files

from fastapi import Response

from app.core.http import ANYONE
from app.core.http import router as make_router

router = make_router(ANYONE, prefix="/app/static")


@cache
def stylesheet() -> bytes:
    """The bytes of the style sheet."""
    return files("app.admin").joinpath("static", "page.css").read_bytes()


@router.get("/page.css", response_class=Response)
async def get_stylesheet() -> Response:
    """The style of every page; nothing in it is secret, so anyone may keep it for a day."""
    return Response(stylesheet(), media_type="text/css", headers={"Cache-Control": "public, max-age=86400"})
