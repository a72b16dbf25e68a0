"""Every page, in the light and in the dark, on a desk and in a hand: nothing to stumble over.

`pytest tests/browser/test_looks.py --basetemp FOLDER` leaves a picture of each.
"""

from uuid import uuid4

from playwright.sync_api import expect

from app.core.db import unit_of_work
from app.gateways.brevo import BrevoGateway, OutgoingMail
from app.staff.service import invite
from tests.browser.visitor import Visitor
from tests.contract.vendor import Vendor

LONG = "gerante-de-la-petite-boutique-du-coin-de-la-rue@boutique.example"


def test_the_pages_of_the_product(visitor: Visitor, shop_url: str) -> None:
    visitor.go(shop_url)
    visitor.look("home")
    with unit_of_work("test") as session:
        token = invite(session, LONG, "owner")
    visitor.go(f"{shop_url}/app/invitation/{token}")
    visitor.look("invitation")
    visitor.page.locator("[name=password]").fill("🦊🦊🦊🦊🦊🦊")
    visitor.page.locator("button").click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()
    visitor.look("invitation-refused")
    visitor.page.locator("[name=password]").fill("un long mot de passe")
    visitor.page.locator("button").click()
    expect(visitor.page.get_by_role("heading")).to_have_text("Votre mot de passe est enregistré")
    visitor.look("invitation-saved")
    visitor.go(f"{shop_url}/app/invitation/{token}")
    visitor.look("invitation-over")


def test_the_pages_of_the_fake_stripe(visitor: Visitor, stripe: Vendor) -> None:
    visitor.go(stripe.url)
    visitor.look("payments-none")
    known = {"description": "Commande n° 42", "metadata[cart_id]": "cart_01J9ZC5V7N3Q8R2T4W6X8Y0ABC"}
    paid, failed, canceled, waiting = [str(stripe.create_intent(amount=129900, **known)["id"]) for _ in range(4)]
    stripe.control(f"payment_intents/{paid}/confirm")
    stripe.control("refunds", {"payment_intent": paid, "amount": 900})
    stripe.control(f"payment_intents/{failed}/fail")
    stripe.control(f"payment_intents/{canceled}/cancel")
    visitor.go(stripe.url)
    visitor.look("payments")
    for name, intent in (("waiting", waiting), ("paid", paid), ("failed", failed), ("canceled", canceled)):
        visitor.go(f"{stripe.url}/pay/{intent}")
        visitor.look(f"payment-{name}")
    visitor.go(f"{stripe.url}/pay/{waiting}")
    stripe.control(f"payment_intents/{waiting}/cancel")
    visitor.page.locator("button.main").click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()
    visitor.look("payment-refused")
    visitor.go(f"{stripe.url}/pay/pi_none")
    visitor.look("payment-unknown")


def test_the_pages_of_the_fake_brevo(visitor: Visitor, brevo: Vendor) -> None:
    visitor.go(brevo.url)
    visitor.look("mails-none")
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
    visitor.go(brevo.url)
    visitor.look("mails")
    visitor.go(f"{brevo.url}/messages/1")
    visitor.look("mail")
