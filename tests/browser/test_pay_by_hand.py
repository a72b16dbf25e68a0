"""The fake Stripe's pages: a person pays, is refused, cancels and refunds, and the shop hears of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.dev.loopback import serving
from tests.browser.visitor import Visitor
from tests.contract.receiver import Receiver
from tests.contract.vendor import Json, Vendor

PAY, DECLINE, CANCEL, REFUND = "Payer / Pay", "Refuser la carte / Decline", "Annuler / Cancel", "Rembourser / Refund"


@pytest.fixture
def thanks_url() -> Iterator[str]:
    """The page of a shop to which a paid customer comes back: another address than Stripe's."""

    async def thanks(_request: Request) -> Response:
        return HTMLResponse("<title>Merci</title>Merci", headers={"Content-Security-Policy": "default-src 'none'"})

    with serving(Starlette(routes=[Route("/merci", thanks)])) as url:
        yield f"{url}/merci"


def press(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("button", name=name, exact=True).click()


def read_fact(visitor: Visitor, name: str) -> str:
    return visitor.page.get_by_role("row", name=name).get_by_role("cell").inner_text()


def test_a_person_finds_the_payment_pays_it_and_sees_it_paid(
    visitor: Visitor, stripe: Vendor, receiver: Receiver
) -> None:
    intent = stripe.create_intent(amount=129900, **{"metadata[cart_id]": "cart_1"})
    page = visitor.page
    visitor.go(stripe.url)
    expect(page).to_have_title("Faux Stripe")
    expect(page.get_by_role("banner")).to_contain_text("rien n’est débité · no money moves")
    expect(page.get_by_role("row").nth(1)).to_contain_text("à payer requires_payment_method")
    page.get_by_role("link", name=str(intent["id"])).click()
    expect(page).to_have_title("1\u202f299,00 € · Faux Stripe")
    assert read_fact(visitor, "cart_id") == "cart_1"
    press(visitor, PAY)
    expect(page.get_by_text("payé succeeded")).to_be_visible()
    for over in (PAY, DECLINE, CANCEL):
        expect(page.get_by_role("button", name=over, exact=True)).to_have_count(0)
    heard = ["charge.succeeded", "payment_intent.created", "payment_intent.succeeded"]
    assert receiver.take_types(3) == heard
    page.get_by_role("link", name="Faux Stripe").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("payé succeeded")


def test_a_person_pays_with_the_keyboard_alone(visitor: Visitor, stripe: Vendor) -> None:
    visitor.go(f"{stripe.url}/pay/{stripe.create_intent()['id']}")
    visitor.tab_to(visitor.page.get_by_role("button", name=PAY, exact=True))
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_text("payé succeeded")).to_be_visible()


def test_after_a_refused_card_the_page_says_so_and_one_may_try_again(
    visitor: Visitor, stripe: Vendor, receiver: Receiver
) -> None:
    visitor.go(f"{stripe.url}/pay/{stripe.create_intent()['id']}")
    press(visitor, DECLINE)
    expect(visitor.page.get_by_text("à payer requires_payment_method")).to_be_visible()
    assert read_fact(visitor, "Dernier refus Last decline") == "generic_decline"
    assert receiver.take_types(3) == ["charge.failed", "payment_intent.created", "payment_intent.payment_failed"]
    press(visitor, PAY)
    expect(visitor.page.get_by_text("payé succeeded")).to_be_visible()
    expect(visitor.page.get_by_role("row", name="Dernier refus Last decline")).to_have_count(0)


def test_a_person_refunds_a_part_then_too_much_then_the_rest(
    visitor: Visitor, stripe: Vendor, receiver: Receiver
) -> None:
    intent = stripe.create_intent()
    stripe.control(f"payment_intents/{intent['id']}/confirm", {"deliver": False})
    assert receiver.take_types(1) == ["payment_intent.created"]
    page = visitor.page
    visitor.go(f"{stripe.url}/pay/{intent['id']}")
    amount = page.get_by_label("Montant en centimes, vide : le tout Amount in cents, empty for all")
    amount.fill("34")
    press(visitor, REFUND)
    expect(page.get_by_role("row", name="Remboursé Refunded")).to_contain_text("0,34 €")
    amount.fill("1201")
    press(visitor, REFUND)
    refusal = "Refused, nothing changed: Refund amount (€12.01) is greater than unrefunded amount on charge (€12.00)"
    expect(page.get_by_role("alert")).to_have_text(f"Stripe refuse, rien n’a changé. {refusal}")
    assert read_fact(visitor, "Remboursé Refunded") == "0,34 €"
    press(visitor, REFUND)
    expect(page.get_by_role("row", name="Remboursé Refunded")).to_contain_text("12,34 €")
    expect(page.get_by_role("button")).to_have_count(0)
    assert receiver.take_types(4) == ["charge.refunded", "charge.refunded", "refund.created", "refund.created"]
    assert receiver.is_empty


def test_an_amount_that_is_no_number_is_not_sent(visitor: Visitor, stripe: Vendor) -> None:
    intent = stripe.create_intent()
    stripe.control(f"payment_intents/{intent['id']}/confirm")
    visitor.go(f"{stripe.url}/pay/{intent['id']}")
    visitor.page.get_by_label("Montant en centimes").fill("12,34")
    press(visitor, REFUND)
    expect(visitor.page.locator("input:invalid")).to_be_focused()
    visitor.page.reload()
    expect(visitor.page.get_by_role("row", name="Remboursé Refunded")).to_have_count(0)


def test_a_cancelled_payment_can_no_more_be_paid_from_an_old_page(visitor: Visitor, stripe: Vendor) -> None:
    intent = stripe.create_intent()
    visitor.go(f"{stripe.url}/pay/{intent['id']}")
    stripe.control(f"payment_intents/{intent['id']}/cancel")
    press(visitor, PAY)
    expect(visitor.page.get_by_role("alert")).to_contain_text(
        "could not be confirmed because it has a status of canceled"
    )
    expect(visitor.page.get_by_text("annulé canceled")).to_be_visible()
    expect(visitor.page.get_by_role("button")).to_have_count(0)


def test_who_proves_it_is_their_card_comes_back_to_the_shop(visitor: Visitor, stripe: Vendor, thanks_url: str) -> None:
    intent = stripe.create_intent()
    card: Json = {"payment_method": "pm_card_authenticationRequired", "return_url": thanks_url}
    asked = stripe.call("POST", f"/v1/payment_intents/{intent['id']}/confirm", card).json()
    visitor.go(asked["next_action"]["redirect_to_url"]["url"])
    expect(visitor.page.get_by_text("attend le client requires_action")).to_be_visible()
    press(visitor, PAY)
    expect(visitor.page).to_have_url(thanks_url)
    paid = stripe.call("GET", f"/v1/payment_intents/{intent['id']}").json()
    assert paid["status"] == "succeeded"


def test_an_unknown_payment_is_said_to_be_unknown(visitor: Visitor, stripe: Vendor) -> None:
    assert visitor.go(f"{stripe.url}/pay/pi_none") == 404
    said = "Ce paiement n’existe pas ici. There is no such payment here."
    expect(visitor.page.get_by_role("alert")).to_have_text(said)


def test_words_of_a_customer_are_words_on_the_page(visitor: Visitor, stripe: Vendor) -> None:
    words = '<img src="http://192.0.2.1/x.png"><script>document.title = "!"</script>'
    intent = stripe.create_intent(description=words, **{"metadata[cart_id]": words})
    visitor.go(f"{stripe.url}/pay/{intent['id']}")
    assert read_fact(visitor, "Description") == words
    assert read_fact(visitor, "cart_id") == words
    expect(visitor.page).to_have_title("12,34 € · Faux Stripe")
