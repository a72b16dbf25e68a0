"""`/`: what a person sees who opens the server's address by hand."""

from fastapi.responses import HTMLResponse

from app.core.http import ANYONE
from app.core.http import router as make_router

router = make_router(ANYONE)

PAGE = """<!doctype html>
<html lang="fr">
<head><meta charset="utf-8"><title>Comptoir</title><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"></head>
<body><main>
<h1>Comptoir</h1>
<p>Ce serveur est le back-office d'une boutique ; il n'y a rien à voir ici.</p>
<p lang="en">This server is a shop's back office; there is nothing to see here.</p>
</main></body>
</html>
"""

# Same values as nginx sends for pages: the page stays safe when it is asked for directly.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


@router.get("/", response_class=HTMLResponse)
async def home() -> HTMLResponse:
    """A plain page without script, style or image."""
    return HTMLResponse(PAGE, headers=HEADERS)
