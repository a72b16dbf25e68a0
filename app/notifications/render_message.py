"""Turns a message into subject, text and HTML, from the templates of this folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel.dates import format_date
from babel.numbers import format_currency, format_percent
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from app.core.money import to_wire

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class RenderedMail:
    """What the recipient reads."""

    subject: str
    html: str
    text: str


def render_message(template: str, locale: str, content: Mapping[str, object]) -> RenderedMail:
    """Render one message; a value that the template asks for and the content lacks is an error, not a blank."""
    context = {**content, "locale": locale}
    text = _environment().get_template(f"{template}.{locale}.txt")
    html = _environment().get_template(f"{template}.{locale}.html")
    return RenderedMail(
        subject=_block(text, "subject", context), html=html.render(context), text=_block(text, "body", context) + "\n"
    )


def _block(template: Template, name: str, context: Mapping[str, object]) -> str:
    return "".join(template.blocks[name](template.new_context(dict(context)))).strip()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"money": show_money, "percent": show_percent, "day": show_day}
    return environment


def show_money(cents: int, currency_code: str, locale: str) -> str:
    """34900 euro cents are `349,00 €` in French, `€349.00` in English."""
    return format_currency(to_wire(cents, currency_code), currency_code.upper(), locale=locale)


def show_percent(rate: str, locale: str) -> str:
    """The rate `5.50` is `5,5 %` in French."""
    return format_percent(Decimal(rate) / 100, "#,##0.##\u00a0%" if locale == "fr" else "#,##0.##%", locale=locale)


def show_day(day: str, locale: str) -> str:
    """`2026-11-21` is `21 novembre 2026` in French."""
    return format_date(date.fromisoformat(day), "long", locale=locale)
