"""Webhook signatures: good ones under any secret, and every hostile header answered with a plain no."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from app.gateways.stripe_signature import is_signature_valid

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
STAMP = int(NOW.timestamp())
BODY = b'{"object": "event"}'
SECRET, OTHER = "whsec_new", "whsec_old"


def signed(secret: str = SECRET, stamp: int = STAMP, body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


GOOD = f"t={STAMP},v1={signed()}"

ACCEPTED = {
    "one signature": GOOD,
    "by the previous secret": f"t={STAMP},v1={signed(OTHER)}",
    "the right one among several": f"t={STAMP},v1={'0' * 64},v1={signed()}",
    "two secrets, two signatures": f"t={STAMP},v1={signed(OTHER)},v1={signed()}",
    "with the v0 of test mode": f"{GOOD},v0={'a' * 64}",
    "300 seconds old": f"t={STAMP - 300},v1={signed(stamp=STAMP - 300)}",
    "300 seconds ahead": f"t={STAMP + 300},v1={signed(stamp=STAMP + 300)}",
}

REFUSED = {
    "nothing": "",
    "no timestamp": f"v1={signed()}",
    "no signature": f"t={STAMP}",
    "an empty signature": f"t={STAMP},v1=",
    "only a v0": f"t={STAMP},v0={signed()}",
    "upper case": f"t={STAMP},v1={signed().upper()}",
    "a space after the comma": f"t={STAMP}, v1={signed()}",
    "a truncated signature": f"t={STAMP},v1={signed()[:-1]}",
    "another body": f"t={STAMP},v1={signed(body=BODY + b' ')}",
    "another secret": f"t={STAMP},v1={signed('whsec_other')}",
    "another timestamp than signed": f"t={STAMP + 1},v1={signed()}",
    "301 seconds old": f"t={STAMP - 301},v1={signed(stamp=STAMP - 301)}",
    "301 seconds ahead": f"t={STAMP + 301},v1={signed(stamp=STAMP + 301)}",
    "two timestamps": f"t={STAMP},t={STAMP},v1={signed()}",
    "a negative timestamp": f"t=-{STAMP},v1={signed()}",
    "a timestamp of letters": f"t=now,v1={signed()}",
    "digits that are not ASCII": f"t={'١' * 10},v1={signed()}",
    "a timestamp of 5000 digits": f"t={'9' * 5000},v1={signed()}",
    "a signature that is not ASCII": f"t={STAMP},v1=é{signed()[1:]}",
    "a lone surrogate": f"t={STAMP},v1=\ud800",
    "only commas": ",,,,",
}


@pytest.mark.parametrize("header", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepts(header: str) -> None:
    assert is_signature_valid(BODY, header, [SECRET, OTHER], NOW) is True


@pytest.mark.parametrize("header", REFUSED.values(), ids=REFUSED.keys())
def test_refuses(header: str) -> None:
    assert is_signature_valid(BODY, header, [SECRET, OTHER], NOW) is False


def test_takes_the_header_as_bytes_too() -> None:
    assert is_signature_valid(BODY, GOOD.encode(), [SECRET], NOW) is True
    assert is_signature_valid(BODY, b"t=1,v1=\xff", [SECRET], NOW) is False


def test_a_body_of_any_bytes_is_only_compared() -> None:
    body = b"\xff\x00\xfe"
    assert is_signature_valid(body, f"t={STAMP},v1={signed(body=body)}", [SECRET], NOW) is True


def test_a_line_end_behind_a_configured_secret_does_not_count() -> None:
    assert is_signature_valid(BODY, GOOD, [f"{SECRET}\n"], NOW) is True


@pytest.mark.parametrize("secrets", [[], [""], ["  \n"]])
def test_without_a_secret_nothing_is_right(secrets: list[str]) -> None:
    forged = f"t={STAMP},v1={signed('')}"
    assert is_signature_valid(BODY, forged, secrets, NOW) is False


def test_the_same_header_ages() -> None:
    assert is_signature_valid(BODY, GOOD, [SECRET], NOW + timedelta(seconds=300)) is True
    assert is_signature_valid(BODY, GOOD, [SECRET], NOW + timedelta(seconds=301)) is False
