"""Mails as a telephone shows them: nothing sticks out, and no word of ours is cut in two."""

import pytest
from playwright.sync_api import Browser

from app.dev.mail_samples import SAMPLES
from app.notifications.render_message import render_message
from app.notifications.rules import LOCALES

NARROW, WIDE = 360, 800
# The labels of the tables whose words stand on more than one line.
CUT = """() => [...document.querySelectorAll('td.soft:first-child')].flatMap(cell => {
  const text = cell.firstChild, words = text.data.matchAll(/\\S+/g)
  return [...words].filter(word => {
    const range = document.createRange()
    range.setStart(text, word.index)
    range.setEnd(text, word.index + word[0].length)
    return range.getClientRects().length > 1
  }).map(word => word[0])
})"""


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_a_mail_fits_its_screen_and_cuts_no_label(browser: Browser, width: int) -> None:
    """`Rembourse-ment`: what may break a long id anywhere broke the words beside it too."""
    page = browser.new_page(viewport={"width": width, "height": 600})
    labels = 0
    for template, content in SAMPLES.items():
        for locale in LOCALES:
            page.set_content(render_message(template, locale, content).html)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (template, locale)
            assert page.evaluate(CUT) == [], (template, locale)
            labels += page.locator("td.soft:first-child").count()
    page.close()
    assert labels > 40, "there was something to look at"
