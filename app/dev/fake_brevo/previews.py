"""Every mail of the shop as it would look, from sample contents: nothing has to be bought to read one."""

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.dev.mail_samples import SAMPLES
from app.notifications.render_message import RenderedMail, render_message
from app.notifications.rules import LOCALES


class Previews:
    """One page that lists them, one for each template and language; `headers` for pages, and for a mail in a frame."""

    def __init__(self, templates: Environment, page: dict[str, str], mail: dict[str, str]) -> None:
        self._templates = templates
        self._page = page
        self._mail = mail

    def routes(self) -> list[Route]:
        """Where they are."""
        place = "/previews/{template}/{locale}"
        return [
            Route("/previews", self._list),
            Route(place, self._show),
            Route(f"{place}/html", self._html),
        ]

    async def _list(self, _request: Request) -> Response:
        rows = [
            {"template": template, "subjects": {locale: _subject(template, locale) for locale in LOCALES}}
            for template in SAMPLES
        ]
        return self._render("previews.html", rows=rows)

    async def _show(self, request: Request) -> Response:
        template, locale = request.path_params["template"], request.path_params["locale"]
        mail = _find(template, locale)
        if mail is None:
            return RedirectResponse("/previews", 303)
        return self._render("preview.html", template=template, locale=locale, locales=LOCALES, mail=mail)

    async def _html(self, request: Request) -> Response:
        mail = _find(request.path_params["template"], request.path_params["locale"])
        return HTMLResponse(mail.html if mail else "", headers=self._mail)

    def _render(self, name: str, **values: object) -> Response:
        return HTMLResponse(self._templates.get_template(name).render(values), headers=self._page)


def _subject(template: str, locale: str) -> str:
    return render_message(template, locale, SAMPLES[template]).subject


def _find(template: str, locale: str) -> RenderedMail | None:
    if template not in SAMPLES or locale not in LOCALES:
        return None
    return render_message(template, locale, SAMPLES[template])
