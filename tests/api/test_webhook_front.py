"""Through nginx, as Stripe and a browser come: every byte arrives as it was signed, and each case has its answer."""

import json
from collections.abc import Iterator

import httpx2
import pytest

from app.dev.fake_stripe.delivery import sign
from tests.factories.account import Person
from tests.nginx_front import Front
from tests.rows import row
from tests.shop_front import WEBHOOK_SECRET, Goods, read_rows
from tests.stripe_news import PATH, event_about, intent_of_nobody

LEDGER = "SELECT stripe_event_id, state, body FROM payment_event"
MOST = 20
# What a rehearsal asks for beside the settings of the tests: the flags of cookies are those of a server.
SERVER = {
    "COMPTOIR_ENV": "rehearsal",
    "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
    "BREVO_SENDER_EMAIL": "boutique@boutique.example",
    "PUBLIC_URL": "https://api.boutique.example",
    "UPLOADS_DIR": "/var/lib/comptoir/uploads",
    **dict.fromkeys(("STORE_CORS", "ADMIN_CORS", "AUTH_CORS"), "https://boutique.example"),
    "RATE_LIMIT_WEBHOOK_MAX": str(MOST),
}


@pytest.fixture
def as_a_server(environment: dict[str, str]) -> None:
    """The processes that start from here on."""
    environment |= SERVER


@pytest.fixture
def web(as_a_server: None, front: Front) -> Iterator[httpx2.Client]:
    """Whoever comes through nginx."""
    with httpx2.Client(base_url=front.url, verify=False) as client:
        yield client


def body_of(event_id: str) -> bytes:
    """Text of every length of UTF-8, spaces as no program would write them, and what JSON may escape or not."""
    thing = {**intent_of_nobody(), "description": "Crème brûlée 漢字 🧁 \u2028 </script> \\u0000"}
    text = json.dumps(event_about(thing, id=event_id), ensure_ascii=False, indent=3)
    return text.replace('": ', '" :\t').encode() + b"\r\n \n"


def signed(body: bytes) -> dict[str, str]:
    return {"Stripe-Signature": sign(body, [WEBHOOK_SECRET]), "Content-Type": "application/json; charset=utf-8"}


@row("S1-013", "S4-021", "S4-030", "S4-035", "S4-056", "S4-057")
def test_what_comes_through_nginx_is_what_was_sent(web: httpx2.Client, front: Front, goods: Goods) -> None:
    check_bytes(web, front)
    check_cookie(web, goods)
    check_address(web, front)


def check_bytes(web: httpx2.Client, front: Front) -> None:
    """Every byte arrives as it was signed, and each case has its answer."""
    whole, chunked, late = body_of("evt_whole"), body_of("evt_chunked"), body_of("evt_late")
    changed = whole.replace("û".encode(), b"u\x00", 1)
    assert (len(changed), changed != whole) == (len(whole), True)
    large = b"{" + b" " * 600_000 + b"}"
    httpx2.put(f"{front.behind_url}/_test/events/evt_late/failure")
    answers = {
        "whole": web.post(PATH, content=whole, headers=signed(whole)),
        "again": web.post(PATH, content=whole, headers=signed(whole)),
        "in chunks": web.post(PATH, content=iter([chunked[:7], chunked[7:]]), headers=signed(chunked)),
        "one byte": web.post(PATH, content=changed, headers=signed(whole)),
        "one byte more": web.post(PATH, content=whole + b" ", headers=signed(whole)),
        "no signature": web.post(PATH, content=whole),
        "no event": web.post(PATH, content=b"[]", headers=signed(b"[]")),
        "cannot be written": web.post(PATH, content=late, headers=signed(late)),
        "compressed": web.post(PATH, content=whole, headers={**signed(whole), "Content-Encoding": "gzip"}),
        "too large": web.post(PATH, content=large, headers=signed(large)),
        "another method": web.put(PATH, content=whole, headers=signed(whole)),
        "another path": web.post(f"{PATH}/", content=whole, headers=signed(whole)),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "whole": 200, "again": 200, "in chunks": 200, "one byte": 400, "one byte more": 400, "no signature": 400,
        "no event": 400, "cannot be written": 500, "compressed": 415, "too large": 413, "another method": 405,
        "another path": 404,
    }  # fmt: skip
    refused = [answer for answer in answers.values() if answer.status_code != 200]
    assert [answer for answer in refused if answer.json()["requestId"] != answer.headers["x-request-id"]] == []
    kept = {str(name): (state, body) for name, state, body in read_rows(LEDGER)}
    assert kept == {
        "evt_whole": ("unmatched", whole),
        "evt_chunked": ("unmatched", chunked),
        "evt_late": ("failed", late),
    }


def check_cookie(web: httpx2.Client, goods: Goods) -> None:
    """The flags are those of a server behind TLS."""
    person = Person(web, goods.headers)
    opened = person.post("/auth/session", token=person.sign_up())
    assert opened.status_code == 200
    cookie, *flags = opened.headers["set-cookie"].split("; ")
    assert set(flags) == {"HttpOnly", "Max-Age=36000", "Path=/", "SameSite=none", "Secure"}
    web.cookies.clear()
    assert person.me(cookie=cookie).status_code == 200


def check_address(web: httpx2.Client, front: Front) -> None:
    """Who changes his name at each call is counted on his address; the control: what nginx itself says is believed."""
    assert knock(web) == {400, 429}
    with httpx2.Client(base_url=front.behind_url) as believed:
        assert knock(believed) == {400}


def knock(client: httpx2.Client) -> set[int]:
    """Unsigned calls, each under another name, more than two minutes let through."""
    names = (
        {"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"198.51.100.{number}", "Forwarded": "for=192.0.2.1"}
        for number in range(MOST * 2 + 1)
    )
    return {client.post(PATH, content=b"{}", headers=name).status_code for name in names}
