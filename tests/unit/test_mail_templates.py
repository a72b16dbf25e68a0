"""Every mail in both languages: whole, safe, in good French, the same in HTML and in plain text."""

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path

import pytest
from jinja2 import Environment, UndefinedError, meta

from app.dev.mail_samples import LINK, SAMPLES
from app.notifications.render_message import TEMPLATES, RenderedMail, render_message
from app.notifications.rules import LOCALES
from app.notifications.schemas import CONTENTS, MailContent
from tests.rows import row

MAILS = [(template, locale) for template in CONTENTS for locale in LOCALES]
NBSP = "\u00a0"
HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}\"' & Co"
LONG = "Anticonstitutionnellement" * 12
PARTS = {"colon", "paragraph", "strong", "heading", "button", "quote", "facts", "pieces", "bill", "bill_line",
         "bill_total", "bill_part", "address_rows", "note"}  # fmt: skip


def with_words(value: object, words: str) -> object:
    """The content with these words wherever it has words of somebody; days, links and codes of money stay."""
    if isinstance(value, Mapping):
        days = ("placed_on", "evidence_due_on", "arrives_on", "send_by")
        kept = (*days, "currency_code", "rate", "link", "tracking_link", "invoice_link")
        return {
            key: each if key in kept or key.endswith("_at") else with_words(each, words) for key, each in value.items()
        }
    if isinstance(value, list):
        return [with_words(each, words) for each in value]
    return words if isinstance(value, str) else value


def render(template: str, locale: str, words: str | None = None) -> RenderedMail:
    content = SAMPLES[template] if words is None else with_words(SAMPLES[template], words)
    assert isinstance(content, Mapping)
    return render_message(template, locale, content)


def read_page(html: str) -> str:
    """What a person reads of a page."""
    return unescape(re.sub(r"<[^>]+>", "\n", html.partition("<body")[2].partition(">")[2]))


def words_of(text: str) -> set[str]:
    """Its words, without the signs that set them apart, which are the form's own."""
    return {word.strip("()>.,:;?-") for word in text.split()} - {""}


def test_there_is_a_file_for_each_template_and_language_and_no_other() -> None:
    files = {path.name for path in TEMPLATES.iterdir()}
    assert files == {f"{template}.{locale}.mail" for template, locale in MAILS} | {
        "layout.html",
        "parts.html",
        "parts.txt",
    }
    assert set(SAMPLES) == set(CONTENTS)


@row("S0-032", "S0-033", "S0-034")
@pytest.mark.parametrize(("template", "locale"), MAILS)
def test_a_mail_is_whole_and_says_the_same_in_both_forms(template: str, locale: str) -> None:
    mail = render(template, locale)
    assert mail.subject
    assert "\n" not in mail.subject
    assert "{{" not in mail.html + mail.text
    assert "None" not in mail.html + mail.text
    assert words_of(mail.text) == words_of(read_page(mail.html))
    assert all(re.fullmatch(r"https?://\S+", link) for link in re.findall(r'href="([^"]*)"', mail.html))
    assert "http" not in re.sub(r'href="[^"]*"|>https?://[^<]*<|xmlns="[^"]*"', "", mail.html), "nothing is fetched"
    assert "<img" not in mail.html


@pytest.mark.parametrize("template", CONTENTS)
def test_french_is_set_with_the_spaces_it_needs(template: str) -> None:
    mail = render(template, "fr")
    for words in (mail.subject, mail.text, read_page(mail.html)):
        plain = words.replace(str(SAMPLES[template].get("description")), "")
        assert re.findall(r"[\w)€%] [?!;:»]|« |n° ", plain.replace("n° 1042\n", "")) == []
    assert re.findall(rf"\w{NBSP}[?!:;]", render(template, "en").text) == []


@pytest.mark.parametrize(("template", "locale"), MAILS)
def test_words_of_somebody_are_words_and_wrap(template: str, locale: str) -> None:
    mail = render(template, locale, HOSTILE)
    assert "<script>" not in mail.html
    assert HOSTILE in mail.text
    assert "overflow-wrap:anywhere" in mail.html
    assert render(template, locale, LONG).html.count(LONG) >= 1


@pytest.mark.parametrize(("template", "locale"), MAILS)
def test_words_of_somebody_are_one_line_each(template: str, locale: str) -> None:
    """A name or a street of several lines wrote a total of its own into the plain text, not into the page."""
    broken = render(template, locale, "Un\r\n\r\nTotal TTC\u2028: 0\x0b€\x85seul")
    whole = render(template, locale, "Un Total TTC : 0 € seul")
    assert (broken.subject, broken.text) == (whole.subject, whole.text)


@pytest.mark.parametrize(("template", "locale"), MAILS)
def test_the_head_of_a_template_names_its_keys_and_each_is_needed(template: str, locale: str) -> None:
    source = Path(TEMPLATES / f"{template}.{locale}.mail").read_text(encoding="utf-8")
    head = {key.strip() for key in source.partition("{#")[2].partition("#}")[0].split(",")}
    reader = Environment(autoescape=True)
    reader.filters |= dict.fromkeys(("money", "percent", "day", "instant", "one_line", "spaced"), str)
    asked = meta.find_undeclared_variables(reader.parse(source)) - PARTS
    named = set(CONTENTS[template].__annotations__)
    own = named - set(MailContent.__annotations__)
    assert head == own
    assert own <= asked <= named
    for key in asked:
        with pytest.raises((UndefinedError, KeyError, TypeError)):
            render_message(template, locale, {name: each for name, each in SAMPLES[template].items() if name != key})


def test_what_the_worker_writes_is_set_with_the_spaces_it_needs() -> None:
    """The sentences of an alert come with its content, not with its template: their colons began a line."""
    said = {"fr": "3 différences avec Stripe : #1 (ici 5 ; là 6), 12,50 €. Pourquoi ?", "en": "See no. 7: <b>"}
    mail = render_message("money_alert", "fr", {**SAMPLES["money_alert"], "what": said, "next_step": said})
    for words in (mail.subject, mail.text, read_page(mail.html)):
        assert re.findall(r"\S [?!;:»€]", words) == []
    mail = render_message("money_alert", "en", {**SAMPLES["money_alert"], "what": said, "next_step": said})
    assert f"no.{NBSP}7: <b>" in mail.text
    assert "<b>" not in mail.html


def test_ten_differences_make_no_subject_of_a_thousand_signs() -> None:
    """The night's comparison names up to ten in one sentence; the mail has them all, its subject the first."""
    sentences = dict.fromkeys(("fr", "en"), "#1042 : paid there, not here · " * 30)
    for locale in ("fr", "en"):
        mail = render_message("money_alert", locale, {**SAMPLES["money_alert"], "what": sentences})
        assert (len(mail.subject) < 140, "…" in mail.subject, mail.text.count("#1042")) == (True, True, 30)


def test_what_is_not_there_is_left_out() -> None:
    bare = {**SAMPLES["shipment_sent"], "carrier": None, "tracking_number": None, "tracking_link": None}
    shown = render_message("shipment_sent", "fr", bare)
    assert "href" not in shown.html
    assert "Transporteur" not in shown.text
    told = render_message("payment_failed", "en", {**SAMPLES["payment_failed"], "link": None})
    assert "href" not in told.html
    assert "write to bonjour@maison-lenoir.example" in told.text
    unknown = {**SAMPLES["dispute_opened"], "display_id": None, "evidence_due_on": None, "reason": None}
    assert render_message("dispute_opened", "fr", unknown).subject == f"Litige ouvert{NBSP}: 751,90{NBSP}€"


@pytest.mark.parametrize("link", ["", "javascript:alert(1)", "/order/1"])
def test_a_link_leads_to_the_web_or_nowhere(link: str) -> None:
    with pytest.raises(ValueError, match="not a link to the web"):
        render_message("password_reset", "fr", {**SAMPLES["password_reset"], "link": link})
    assert LINK in render("order_transfer", "fr").html


def test_instants_are_shown_as_a_clock_in_paris_shows_them() -> None:
    assert "21 novembre 2026 à 14:04" in render("mail_test", "fr").text
    assert "21 November 2026 at 14:04" in render("mail_test", "en").text
