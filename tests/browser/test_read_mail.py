"""The fake Brevo's pages: a person reads the mails that would have left."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from app.dev.mail_samples import SAMPLES
from app.gateways.brevo import BrevoGateway, OutgoingMail
from tests.browser.visitor import Visitor
from tests.contract.vendor import Vendor
from tests.rows import row
from tests.unit.test_mail_templates import LONG, MAILS, render

SUBJECT = "Votre commande n° 42"
TEMPLATES = "Voir chaque modèle de courriel See every mail template"
TEXT = "Bonjour Jeanne,\nvotre commande est confirmée."


@pytest.fixture
def gateway(brevo: Vendor) -> BrevoGateway:
    return BrevoGateway("key", brevo.url, "boutique@boutique.example", "La boutique")


def send(gateway: BrevoGateway, html: str, subject: str = SUBJECT) -> None:
    gateway.send(
        OutgoingMail(
            idempotency_key=uuid4(),
            to_email="jeanne@client.example",
            to_name="Jeanne Martin",
            subject=subject,
            html=html,
            text=TEXT,
            tags=("order_placed",),
        )
    )


def test_a_person_finds_a_mail_and_reads_both_its_parts(visitor: Visitor, brevo: Vendor, gateway: BrevoGateway) -> None:
    page = visitor.page
    visitor.go(brevo.url)
    expect(page).to_have_title("Faux Brevo")
    expect(page.get_by_role("main")).to_contain_text("Aucun courriel pour l’instant. No mail yet.")
    send(gateway, "<p>Une autre</p>", subject="La première")
    send(gateway, "<h1>Merci Jeanne</h1>")
    page.reload()
    expect(page.get_by_role("link")).to_have_text(["Faux Brevo", TEMPLATES, SUBJECT, "La première"])
    expect(page.get_by_role("row").nth(1)).to_contain_text("Jeanne Martin <jeanne@client.example>")
    page.get_by_role("link", name=SUBJECT).click()
    expect(page).to_have_title(f"{SUBJECT} · Faux Brevo")
    expect(page.get_by_role("row", name="De From")).to_contain_text("La boutique <boutique@boutique.example>")
    expect(page.get_by_role("row", name="Étiquettes Tags")).to_contain_text("order_placed")
    expect(page.frame_locator("iframe").get_by_role("heading")).to_have_text("Merci Jeanne")
    assert page.locator("pre").inner_text() == TEXT


def test_nothing_in_a_mail_runs_or_reaches_the_network(
    unjudged_visitor: Visitor, brevo: Vendor, gateway: BrevoGateway
) -> None:
    visitor = unjudged_visitor
    run = "top.document.title = 'taken'; document.body.textContent = 'taken'"
    send(gateway, f'<img src="{brevo.url}/seen"><p>Bonjour</p><script>{run}</script><a href="/">lien</a>')
    for path in ("/messages/1", "/messages/1/html"):
        visitor.go(brevo.url + path)
        frames = [frame.locator("body").inner_text() for frame in visitor.page.frames]
        assert "taken" not in [*frames, visitor.page.title()]
        assert "Bonjour" in frames[-1]
    assert visitor.arrived == [f"{brevo.url}{path}" for path in ("/messages/1", "/messages/1/html", "/messages/1/html")]


def test_a_link_of_a_mail_works_where_the_mail_stands_alone(
    visitor: Visitor, brevo: Vendor, gateway: BrevoGateway, stripe: Vendor
) -> None:
    send(gateway, f'<p>Bonjour</p><a href="{stripe.url}/">Voir ma commande</a>')
    visitor.go(f"{brevo.url}/messages/1")
    visitor.tab_to(visitor.page.get_by_role("link", name="Ouvrir seule, ses liens marchent"))
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(f"{brevo.url}/messages/1/html")
    # By keys: after a click from elsewhere Playwright cannot look into a page on which no script may run.
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(f"{stripe.url}/")


def test_words_of_a_mail_are_words_on_the_page(visitor: Visitor, brevo: Vendor, gateway: BrevoGateway) -> None:
    send(gateway, "<p>Bonjour</p>", subject="Merci <b>Zoé</b> & <i>Luc</i>")
    visitor.go(brevo.url)
    visitor.page.get_by_role("link", name="Merci <b>Zoé</b> & <i>Luc</i>").click()
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Merci <b>Zoé</b> & <i>Luc</i>")


@row("S0-031", "S0-032", "S0-033", "S0-034")
def test_a_person_looks_at_every_template_in_both_languages(visitor: Visitor, brevo: Vendor) -> None:
    page = visitor.page
    visitor.go(brevo.url)
    page.get_by_role("link", name=TEMPLATES).click()
    places = [str(link.get_attribute("href")) for link in page.locator("td a").all()]
    assert len(places) == 2 * len(SAMPLES)
    page.locator("td a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre commande n°\u00a01042 est confirmée")
    expect(page.frame_locator("iframe").get_by_text("Montre Aura")).to_be_visible()
    expect(page.locator("pre")).to_contain_text("2 × Montre Aura (Noir)")
    page.get_by_role("link", name="In English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your order no.\u00a01042 is confirmed")


def test_the_longest_words_wrap_in_a_hand(visitor: Visitor) -> None:
    """No mail is wider than a telephone, whatever somebody is called."""
    visitor.page.set_viewport_size({"width": 360, "height": 800})
    for template, locale in MAILS:
        visitor.page.set_content(render(template, locale, LONG).html)
        beyond = visitor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond == 0, f"{template} {locale}"
