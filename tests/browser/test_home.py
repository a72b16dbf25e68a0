"""`/`: what a person sees who opens the server's address by hand."""

from playwright.sync_api import expect

from tests.browser.visitor import Visitor


def test_the_home_page_says_what_this_server_is(visitor: Visitor, shop_url: str) -> None:
    assert visitor.go(shop_url) == 200
    expect(visitor.page).to_have_title("Comptoir")
    expect(visitor.page.get_by_role("heading")).to_have_text("Comptoir")
    expect(visitor.page.get_by_text("Ce serveur est le back-office d'une boutique")).to_be_visible()
    expect(visitor.page.locator('[lang="en"]')).to_have_text(
        "This server is a shop's back office; there is nothing to see here."
    )
    expect(visitor.page.locator("a, button, input, img, script, style, link")).to_have_count(0)
