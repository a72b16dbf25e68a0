"""The page behind the owner's one-time link."""

import httpx2
import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import select

from app.core.db import unit_of_work
from app.staff.models import StaffUser
from app.staff.service import invite
from tests.browser.visitor import Visitor

EMAIL = "gerante@boutique.example"
PASSWORD = "un long mot de passe"
FIELD = "Mot de passe, 12 caractères au moins Password, 12 characters at least"
SAVE = "Enregistrer / Save"


@pytest.fixture
def link(shop_url: str) -> str:
    with unit_of_work("test") as session:
        token = invite(session, EMAIL, "owner")
    return f"{shop_url}/app/invitation/{token}"


def password_field(visitor: Visitor) -> Locator:
    return visitor.page.get_by_label(FIELD)


def kept_password() -> str | None:
    with unit_of_work("test") as session:
        return session.scalars(select(StaffUser.password_hash)).one()


def log_in(shop_url: str, password: str) -> int:
    answer = httpx2.post(f"{shop_url}/auth/user/emailpass", json={"email": EMAIL, "password": password})
    return answer.status_code


def test_the_owner_types_a_password_and_it_opens_the_account(visitor: Visitor, link: str, shop_url: str) -> None:
    page = visitor.page
    assert visitor.go(link) == 200
    expect(page).to_have_title("Votre mot de passe – Comptoir")
    expect(page.get_by_role("heading")).to_have_text("Choisissez votre mot de passe")
    expect(page.get_by_text("Choose your password")).to_be_visible()
    expect(page.get_by_label("Compte Account")).to_have_value(EMAIL)
    expect(password_field(visitor)).to_be_focused()
    page.keyboard.type(PASSWORD)
    visitor.tab_to(page.get_by_role("button", name=SAVE))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("Votre mot de passe est enregistré")
    expect(page.get_by_role("main")).to_contain_text(f"Il ouvre le compte {EMAIL}. Vous pouvez fermer cette page.")
    expect(page.get_by_text("Your password is saved. You may close this page.")).to_be_visible()
    assert log_in(shop_url, PASSWORD) == 200


def test_the_link_opens_nothing_a_second_time(visitor: Visitor, link: str, shop_url: str) -> None:
    visitor.go(link)
    password_field(visitor).fill(PASSWORD)
    password_field(visitor).press("Enter")
    expect(visitor.page.get_by_role("heading")).to_have_text("Votre mot de passe est enregistré")
    assert visitor.go(link) == 404
    expect(visitor.page.get_by_role("heading")).to_have_text("Ce lien ne vaut plus")
    said = visitor.page.get_by_role("main")
    expect(said).to_contain_text("Sur le serveur, comptoir staff add en donne un autre.")
    expect(said).to_contain_text("On the server, comptoir staff add gives another.")
    expect(visitor.page.locator("input")).to_have_count(0)
    assert log_in(shop_url, PASSWORD) == 200


def test_a_short_password_does_not_leave_the_browser(visitor: Visitor, link: str) -> None:
    visitor.go(link)
    visitor.page.keyboard.type("onze lettre")
    visitor.page.get_by_role("button", name=SAVE).click()
    expect(visitor.page.locator("input:invalid")).to_be_focused()
    assert kept_password() is None


# A browser counts an emoji as two characters; one that ignores `minlength` sends anything.
@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("🦊🦊🦊🦊🦊🦊", "Au moins 12 caractères. / At least 12 characters."),
        ("x" * 201, "Au plus 200 caractères. / At most 200 characters."),
    ],
    ids=["short", "long"],
)
def test_a_refused_password_shows_the_sentence_and_keeps_nothing(
    visitor: Visitor, link: str, password: str, sentence: str
) -> None:
    visitor.go(link)
    password_field(visitor).fill(password)
    visitor.page.get_by_role("button", name=SAVE).click()
    expect(visitor.page.get_by_role("alert")).to_have_text(sentence)
    expect(password_field(visitor)).to_have_accessible_description(sentence)
    expect(password_field(visitor)).to_have_value("")
    expect(password_field(visitor)).to_be_focused()
    assert password not in visitor.page.content()
    assert kept_password() is None
    visitor.page.keyboard.type(PASSWORD)
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_role("heading")).to_have_text("Votre mot de passe est enregistré")


def test_a_browser_that_checks_nothing_gets_the_sentence_too(visitor: Visitor, link: str) -> None:
    visitor.go(link)
    visitor.page.locator("form").evaluate("form => { form.noValidate = true }")
    visitor.page.get_by_role("button", name=SAVE).click()
    expect(visitor.page.get_by_role("alert")).to_have_text("Au moins 12 caractères. / At least 12 characters.")
    assert kept_password() is None


def test_the_address_of_the_link_is_told_to_nobody(visitor: Visitor, link: str) -> None:
    """The page may not send its address on, and no copy of it stays in the browser."""
    visitor.go(link)
    answer = visitor.page.request.get(link)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    expect(visitor.page.locator('meta[name="robots"]')).to_have_attribute("content", "noindex")
