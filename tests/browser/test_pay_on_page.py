"""The page of a Checkout Session at the fake Stripe: a person pays and goes on to the shop, or goes back to it."""

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

PAY, DEBIT, DECLINE, EXPIRE = (
    "Payer / Pay",
    "Prélèvement différé / Delayed debit",
    "Refuser la carte / Decline",
    "Laisser expirer / Expire",
)


@pytest.fixture
def shop_url() -> Iterator[str]:
    """The pages of a shop that a customer comes back to: at another address than Stripe's."""

    async def show(request: Request) -> Response:
        title = "Merci" if request.url.path == "/merci" else "Panier"
        policy = {"Content-Security-Policy": "default-src 'none'"}
        return HTMLResponse(f"<title>{title}</title>{request.url.query}", headers=policy)

    with serving(Starlette(routes=[Route("/merci", show), Route("/panier", show)])) as url:
        yield url


def open_session(stripe: Vendor, shop_url: str) -> Json:
    form: Json = {
        "mode": "payment",
        "success_url": f"{shop_url}/merci?s={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{shop_url}/panier",
        "client_reference_id": "order_7",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": 129900,
        "line_items[0][price_data][product_data][name]": "Commande 7",
        "line_items[0][quantity]": 1,
    }
    session: Json = stripe.call("POST", "/v1/checkout/sessions", form).json()
    return session


def press(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("button", name=name, exact=True).click()


def test_a_person_is_refused_pays_and_goes_on_to_the_shop(
    visitor: Visitor, stripe: Vendor, receiver: Receiver, shop_url: str
) -> None:
    session = open_session(stripe, shop_url)
    page = visitor.page
    visitor.go(str(session["url"]))
    expect(page).to_have_title("1\u202f299,00 € · Faux Stripe")
    expect(page.get_by_role("row", name="Commande 7 × 1")).to_contain_text("1\u202f299,00 €")
    visitor.look("checkout-open")
    press(visitor, DECLINE)
    expect(page.get_by_text("à payer open, unpaid")).to_be_visible()
    press(visitor, PAY)
    expect(page).to_have_title("Merci")
    expect(page.get_by_text(f"s={session['id']}")).to_be_visible()
    assert "checkout.session.completed" in receiver.take_types(6)
    visitor.go(stripe.url)
    expect(page.get_by_text("terminée complete, paid")).to_be_visible()
    visitor.look("checkout-listed")
    visitor.go(str(session["url"]))
    visitor.look("checkout-paid")
    for over in (PAY, DEBIT, DECLINE, EXPIRE):
        expect(page.get_by_role("button", name=over, exact=True)).to_have_count(0)


def test_a_person_goes_back_to_the_cart_and_later_finds_the_page_expired(
    visitor: Visitor, stripe: Vendor, shop_url: str
) -> None:
    session = open_session(stripe, shop_url)
    page = visitor.page
    visitor.go(str(session["url"]))
    page.get_by_role("link", name="Retour à la boutique").click()
    expect(page).to_have_title("Panier")
    page.go_back()
    stripe.control(f"checkout_sessions/{session['id']}/expire")
    press(visitor, PAY)
    expect(page.get_by_role("alert")).to_contain_text("Stripe refuse, rien n’a changé.")
    expect(page.get_by_text("expirée expired, unpaid")).to_be_visible()
    visitor.look("checkout-refused")


def test_a_debit_is_answered_by_the_bank_later(visitor: Visitor, stripe: Vendor, shop_url: str) -> None:
    session = open_session(stripe, shop_url)
    page = visitor.page
    visitor.go(str(session["url"]))
    press(visitor, DEBIT)
    expect(page).to_have_title("Merci")
    visitor.go(str(session["url"]))
    visitor.look("checkout-waiting")
    press(visitor, "La banque accepte / The bank accepts")
    expect(page.get_by_text("terminée complete, paid")).to_be_visible()
