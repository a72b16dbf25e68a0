"""Pages on which a person reads the mails that would have left."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.dev.fake_brevo.messages import Message, Messages
from app.dev.fake_brevo.previews import Previews

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

_MAIL_HEADERS = {"Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"}

_templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)


class Pages:
    """No login: it listens on the loopback address only. A mail is shown without scripts, as in a mail reader."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/", self._list),
            Route("/messages/{number:int}", self._show),
            Route("/messages/{number:int}/html", self._html),
            *Previews(_templates, _HEADERS, _MAIL_HEADERS).routes(),
        ]

    async def _list(self, _request: Request) -> Response:
        rows = [_row(number, message) for number, message in enumerate(self._messages.list_messages(), start=1)]
        return _render("messages.html", messages=rows[::-1])

    async def _show(self, request: Request) -> Response:
        number = request.path_params["number"]
        message = self._find(number)
        if message is None:
            return RedirectResponse("/", 303)
        return _render("message.html", message=_row(number, message))

    async def _html(self, request: Request) -> Response:
        """What the frame shows: nothing in it may run or reach the network."""
        message = self._find(request.path_params["number"])
        html = str(message.content.get("htmlContent", "")) if message else ""
        return HTMLResponse(html, headers=_MAIL_HEADERS)

    def _find(self, number: int) -> Message | None:
        kept = self._messages.list_messages()
        return kept[number - 1] if 1 <= number <= len(kept) else None


def _render(template: str, **values: object) -> Response:
    return HTMLResponse(_templates.get_template(template).render(values), headers=_HEADERS)


def _row(number: int, message: Message) -> Mapping[str, object]:
    content = message.content
    return {
        "number": number,
        "id": message.id,
        "accepted_at": datetime.fromtimestamp(message.accepted_at, tz=UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "subject": content.get("subject"),
        "sender": _person(content.get("sender")),
        "to": ", ".join(_person(each) for each in _list(content.get("to"))),
        "tags": ", ".join(str(tag) for tag in _list(content.get("tags"))),
        "text": content.get("textContent"),
        "has_html": bool(content.get("htmlContent")),
    }


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _person(value: object) -> str:
    person = value if isinstance(value, dict) else {}
    name, email = person.get("name"), person.get("email", "")
    return f"{name} <{email}>" if name else str(email)
