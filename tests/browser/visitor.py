"""A person at a browser: goes somewhere, looks, presses keys; everything the browser complains about is kept."""

from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, Response

FAULTS = (Path(__file__).parent / "faults.js").read_text()
# The console says so of every page whose status is not 2xx; `hear_response` judges what the page itself loads.
STATUS_LINE = "Failed to load resource: the server responded with a status of"
MOST_TABS = 20
# A desk and a hand.
WIDTHS = (1280, 390)
COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@dataclass
class Visitor:
    """One person with a fresh browser window."""

    page: Page
    pictures: Path
    complaints: list[str] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        context = self.page.context
        context.on("console", self.hear_console)
        context.on("weberror", lambda failure: self.complaints.append(f"script: {failure.error}"))
        context.on("request", self.hear_request)
        context.on("response", self.hear_response)

    def hear_console(self, said: ConsoleMessage) -> None:
        """An error or a warning in the console."""
        if said.type in ("error", "warning") and not said.text.startswith(STATUS_LINE):
            self.complaints.append(f"console: {said.text}")

    def hear_request(self, request: Request) -> None:
        """Anything asked of another host."""
        where = urlsplit(request.url)
        if where.scheme != "data" and where.hostname != "127.0.0.1":
            self.complaints.append(f"asked of another host: {request.url}")

    def hear_response(self, response: Response) -> None:
        """A page without a policy, and a part of a page that could not be had."""
        self.arrived.append(response.url)
        is_page = response.request.is_navigation_request()
        policy = response.headers.get("content-security-policy", "")
        if is_page and response.status not in range(300, 400) and "default-src 'none'" not in policy:
            self.complaints.append(f"no content security policy: {response.url}")
        if not is_page and response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")

    def go(self, url: str) -> int:
        """Open this address; gives the status of the answer."""
        response = self.page.goto(url)
        assert response is not None
        return response.status

    def look(self, name: str) -> None:
        """Nothing to stumble over here, on any of the screens. The pictures stay in the test's folder."""
        for width, colours in product(WIDTHS, COLOURS):
            self.page.set_viewport_size({"width": width, "height": 800})
            self.page.emulate_media(color_scheme=colours)
            shown = f"{name}-{width}-{colours}"
            self.page.screenshot(path=self.pictures / f"{shown}.png", full_page=True)
            assert self.find_faults() == [], f"{shown}: what a person stumbles over"

    def find_faults(self) -> list[str]:
        """What `faults.js` finds on the page as it is now."""
        found: list[str] = self.page.evaluate(FAULTS)
        return found

    def tab_to(self, wanted: Locator) -> None:
        """Reach it by the Tab key alone, and see that one is there."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if wanted.evaluate("element => element === document.activeElement"):
                assert wanted.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
                return
        raise AssertionError(f"{wanted} is not reached by the Tab key")
