"""Turns a message into subject, text and HTML, from the templates of this folder.

One file per template and language says the mail once; `parts.txt` and `parts.html` say how a paragraph, a button or a
bill looks, so that both forms of a mail hold the same words.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Literal

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_percent
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.core.money import to_wire
from app.shop.rules import BUSINESS_TIME

TEMPLATES = Path(__file__).parent / "templates"
Form = Literal["txt", "html"]

# French sets a space before these signs and after these: one that no line may break at.
BEFORE = re.compile(r" (?=[?!;:»€])")
AFTER = re.compile(r"(?<=[«°]) ")
AFTER_NUMBER = re.compile(r"(?<=\bno\.) ")
# What any reader of mail may break a line at; the space that does not break stays.
SPACES = re.compile(r"[ \t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
EMPTY_LINES = re.compile(r"\n{3,}")
COLON = {"fr": "\u00a0:", "en": ":"}


@dataclass(frozen=True)
class RenderedMail:
    """What the recipient reads."""

    subject: str
    html: str
    text: str


class MailLoader(FileSystemLoader):
    """Reads templates; they are written with plain spaces and get those that do not break."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, path, is_current = super().get_source(environment, template)
        is_french = template.endswith(".fr.mail")
        return set_french_spaces(source) if is_french else set_english_spaces(source), path, is_current


def render_message(template: str, locale: str, content: Mapping[str, object]) -> RenderedMail:
    """Render one message; a value that the template asks for and the content lacks is an error, not a blank."""
    name = f"{template}.{locale}.mail"
    text = _environment("txt", locale).get_template(name).make_module(dict(content))
    html = _environment("html", locale).get_template(name).make_module(dict(content))
    subject = one_line(str(vars(text)["subject"]))
    around = {"subject": subject, "shop_name": content["shop_name"], "body": Markup(str(html)), "locale": locale}  # noqa: S704 - rendered with escaping
    shop_name = one_line(str(content["shop_name"]))
    return RenderedMail(
        subject=subject,
        html=_environment("html", locale).get_template("layout.html").render(around),
        text=f"{EMPTY_LINES.sub(chr(10) * 2, str(text)).strip()}\n\n{shop_name}\n",
    )


@cache
def _environment(form: Form, locale: str) -> Environment:
    environment = Environment(
        loader=MailLoader(TEMPLATES),
        autoescape=form == "html",  # noqa: S701 - plain text has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["colon"] = COLON[locale]
    environment.filters |= {
        "money": partial(show_money, locale=locale),
        "percent": partial(show_percent, locale=locale),
        "day": partial(show_day, locale=locale),
        "instant": partial(show_instant, locale=locale),
        "one_line": one_line,
        "spaced": set_french_spaces if locale == "fr" else set_english_spaces,
        "web_link": web_link,
    }
    parts = environment.get_template(f"parts.{form}").module
    environment.globals |= {name: part for name, part in vars(parts).items() if not name.startswith("_")}
    return environment


def set_french_spaces(words: str) -> str:
    """`Une question ?` and `n° 7` with the space that no line may end with."""
    return AFTER.sub("\u00a0", BEFORE.sub("\u00a0", words))


def set_english_spaces(words: str) -> str:
    """`no. 7` likewise."""
    return AFTER_NUMBER.sub("\u00a0", words)


def one_line(words: str) -> str:
    """Without the breaks and double spaces of the template, or of whoever wrote the words; type of the text kept."""
    found = SPACES.sub(" ", words).strip()
    return Markup(found) if isinstance(words, Markup) else found  # noqa: S704 - it was safe before


def web_link(link: str) -> str:
    """The link, if it leads to the web; anything else is an error of whoever asked for the mail."""
    if not link.startswith(("https://", "http://")):
        raise ValueError("not a link to the web")
    return link


def show_money(cents: int, currency_code: str, locale: str) -> str:
    """34900 euro cents are `349,00 €` in French, `€349.00` in English."""
    return format_currency(to_wire(cents, currency_code), currency_code.upper(), locale=locale)


def show_percent(rate: str, locale: str) -> str:
    """The rate `5.50` is `5,5 %` in French."""
    return format_percent(Decimal(rate) / 100, "#,##0.##\u00a0%" if locale == "fr" else "#,##0.##%", locale=locale)


def show_day(day: str, locale: str) -> str:
    """`2026-11-21` is `21 novembre 2026` in French."""
    return format_date(date.fromisoformat(day), "long", locale=locale)


def show_instant(instant: str, locale: str) -> str:
    """`2026-11-21T19:05:00Z` is `21 novembre 2026 à 20:05` in French: what a clock in Paris shows."""
    there = datetime.fromisoformat(instant).astimezone(BUSINESS_TIME)
    words = "d MMMM y 'à' HH:mm" if locale == "fr" else "d MMMM y 'at' HH:mm"
    return format_datetime(there, words, locale=locale)
