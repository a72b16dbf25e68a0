"""How a page is rendered: templates of this folder, escaped, with headers that allow no script at all."""

from functools import cache

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@cache
def environment() -> Environment:
    """The templates, escaped always; an unknown name in one is an error, not an empty space."""
    return Environment(loader=PackageLoader("app.admin"), autoescape=True)


def render_page(template: str, status: int = 200, **values: str | int | None) -> HTMLResponse:
    """A page from one of our templates."""
    return HTMLResponse(environment().get_template(template).render(values), status_code=status, headers=HEADERS)
