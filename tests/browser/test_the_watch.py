"""The watch over the pages sees what it is there for."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.dev.loopback import serving
from tests.browser.visitor import Visitor
from tests.services import ROOT

BAD = """<!doctype html><html><head><style>
  body { margin: 0; background: #fff; color: #999; } .wide { width: 200vw; }
  input { border: 1px solid #eee; box-sizing: border-box; width: 200px; height: 19px; }
  button { width: 10px; height: 10px; padding: 0; }
</style></head><body>
  <p class="wide">pale</p><input name="amount"><button></button><iframe src="about:blank"></iframe>
  <img src="/missing.png"><script src="http://192.0.2.1/x.js"></script><script>console.error("oh")</script>
</body></html>"""


@pytest.fixture
def bad_url() -> Iterator[str]:
    async def answer(request: Request) -> Response:
        return HTMLResponse(BAD if request.url.path == "/" else "", 200 if request.url.path == "/" else 404)

    with serving(Starlette(routes=[Route("/{path:path}", answer)])) as url:
        yield url


def test_a_bad_page_is_seen_as_bad(unjudged_visitor: Visitor, bad_url: str) -> None:
    visitor = unjudged_visitor
    visitor.page.route("http://192.0.2.1/**", lambda route: route.abort())
    visitor.go(bad_url)
    assert visitor.find_faults() == [
        "the page has no title",
        "the page does not say that it is French",
        "0 main headings",
        "0 main parts",
        "no English beside the French",
        "the field amount has no label",
        "border of amount: contrast 1.16, at least 3",
        "a button without words",
        "a frame without title",
        ": 200 x 19 is too small for a finger",
        ": 10 x 10 is too small for a finger",
        '"pale": contrast 2.85, at least 4.5',
        "2560 px wide on a screen of 1280",
    ]
    assert sorted(visitor.complaints) == [
        f"404: {bad_url}/missing.png",
        "asked of another host: http://192.0.2.1/x.js",
        "console: Failed to load resource: net::ERR_FAILED",
        "console: oh",
        f"no content security policy: {bad_url}/",
    ]


def test_without_chromium_the_folder_is_loudly_not_run() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/browser/test_home.py"],
        cwd=ROOT,
        env={**os.environ, "PATH": "", "REQUIRE_APPLIANCE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = "NOT RUN: tests/browser: Chromium is not installed: apt-get install chromium"
    assert f"{said} REQUIRE_APPLIANCE=1 makes this a failure." in run.stdout
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
