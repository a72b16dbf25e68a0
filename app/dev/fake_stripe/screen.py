"""How the fake's pages are put together."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.responses import HTMLResponse, Response

_WITHOUT_CENTS = ("jpy",)
# No form-action: after the payment a form leads on to the shop, which is at another address.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    )
}

_templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)


def render_page(template: str, status: int = 200, **values: object) -> Response:
    """No script, no network."""
    return HTMLResponse(_templates.get_template(template).render(values), status, _HEADERS)


def render_amount(amount: int, currency: str) -> str:
    """As a French reader writes it."""
    if currency in _WITHOUT_CENTS:
        return f"{amount} {currency.upper()}"
    units = f"{amount // 100:,}".replace(",", "\u202f")
    return f"{units},{amount % 100:02d} {'€' if currency == 'eur' else currency.upper()}"
