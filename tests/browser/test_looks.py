"""Every page, in the light and in the dark, on a desk and in a hand: nothing to stumble over.

`pytest tests/browser/test_looks.py --basetemp FOLDER` leaves a picture of each.
"""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from app.core.db import unit_of_work
from app.gateways.brevo import BrevoGateway, OutgoingMail
from app.staff.service import invite
from tests.browser.conftest import Arrive, Screen
from tests.browser.visitor import Visitor
from tests.contract.vendor import Vendor

SCREENS = [
    pytest.param(Screen(colours, width, height), id=f"{colours}-{width}")
    for colours in ("light", "dark")
    for width, height in ((1280, 800), (390, 844))
]
LONG = "gerante-de-la-petite-boutique-du-coin-de-la-rue@boutique.example"


@pytest.fixture(params=SCREENS)
def person(request: pytest.FixtureRequest, arrive: Arrive) -> Visitor:
    screen: Screen = request.param
    return arrive(screen)


def test_the_pages_of_the_product(person: Visitor, shop_url: str) -> None:
    person.go(shop_url)
    person.look("home")
    with unit_of_work("test") as session:
        token = invite(session, LONG, "owner")
    person.go(f"{shop_url}/app/invitation/{token}")
    person.look("invitation")
    person.page.locator("[name=password]").fill("🦊🦊🦊🦊🦊🦊")
    person.page.locator("button").click()
    expect(person.page.get_by_role("alert")).to_be_visible()
    person.look("invitation-refused")
    person.page.locator("[name=password]").fill("un long mot de passe")
    person.page.locator("button").click()
    expect(person.page.get_by_role("heading")).to_have_text("Votre mot de passe est enregistré")
    person.look("invitation-saved")
    person.go(f"{shop_url}/app/invitation/{token}")
    person.look("invitation-over")


def test_the_pages_of_the_fake_stripe(person: Visitor, stripe: Vendor) -> None:
    person.go(stripe.url)
    person.look("payments-none")
    known = {"description": "Commande n° 42", "metadata[cart_id]": "cart_01J9ZC5V7N3Q8R2T4W6X8Y0ABC"}
    paid, failed, canceled, waiting = [str(stripe.create_intent(amount=129900, **known)["id"]) for _ in range(4)]
    stripe.control(f"payment_intents/{paid}/confirm")
    stripe.control("refunds", {"payment_intent": paid, "amount": 900})
    stripe.control(f"payment_intents/{failed}/fail")
    stripe.control(f"payment_intents/{canceled}/cancel")
    person.go(stripe.url)
    person.look("payments")
    for name, intent in (("waiting", waiting), ("paid", paid), ("failed", failed), ("canceled", canceled)):
        person.go(f"{stripe.url}/pay/{intent}")
        person.look(f"payment-{name}")
    person.go(f"{stripe.url}/pay/{waiting}")
    stripe.control(f"payment_intents/{waiting}/cancel")
    person.page.locator("button.main").click()
    expect(person.page.get_by_role("alert")).to_be_visible()
    person.look("payment-refused")
    person.go(f"{stripe.url}/pay/pi_none")
    person.look("payment-unknown")


def test_the_pages_of_the_fake_brevo(person: Visitor, brevo: Vendor) -> None:
    person.go(brevo.url)
    person.look("mails-none")
    gateway = BrevoGateway("key", brevo.url, "boutique@boutique.example", "La boutique")
    for subject in ("Votre commande n° 42 est confirmée", "Votre remboursement"):
        gateway.send(
            OutgoingMail(
                idempotency_key=uuid4(),
                to_email=LONG,
                to_name="Jeanne Martin",
                subject=subject,
                html="<h1>Merci Jeanne</h1><p>Votre commande est confirmée.</p>",
                text="Merci Jeanne,\n\nvotre commande est confirmée : http://127.0.0.1:9000/" + "x" * 80,
                tags=("order_placed", "order_42"),
            )
        )
    person.go(brevo.url)
    person.look("mails")
    person.go(f"{brevo.url}/messages/1")
    person.look("mail")
