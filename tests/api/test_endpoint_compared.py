"""`comptoir events endpoint`: what Stripe has of ours is compared with what we want of it; the audit reads it."""

from pathlib import Path

import httpx2

from app.core.settings import get_settings
from app.gateways.stripe import get_stripe
from app.ops.checks import CHECKS
from app.ops.rules import ProbeResult, Status, decide_verdict
from app.ops.set_up_shop import WEBHOOK_PATH, subscribe_endpoint
from app.payments.event_types import HANDLED_EVENT_TYPES
from tests.command import run_command
from tests.services import ENVIRONMENT
from tests.shop_front import FakeStripe

TYPES = sorted(HANDLED_EVENT_TYPES)


def compare() -> tuple[int, object]:
    """The command's exit code and answer; the audit's line says the same."""
    done = run_command("events", "endpoint", "--json")
    (check,) = [check for check in CHECKS if check.id == "stripe.endpoint"]
    verdict = decide_verdict(check.judge, ProbeResult(done.code, done.out, done.err))
    assert verdict.status is (Status.FAILED if done.code else Status.OK), verdict
    answer = done.answer
    assert isinstance(answer, dict)
    for fault in answer.get("faults", []):
        assert len(answer["faults"]) > 1 or fault in verdict.value
    return done.code, answer.get("faults", answer.get("code"))


def change(fake_stripe: FakeStripe, endpoint_id: str, **given: str) -> None:
    """By hand in the dashboard."""
    headers = {"Authorization": f"Bearer {ENVIRONMENT['STRIPE_SECRET_KEY']}"}
    url = f"{fake_stripe.url}/v1/webhook_endpoints/{endpoint_id}"
    answer = httpx2.post(url, data=given, headers=headers)
    assert answer.status_code == 200, answer.text


def events(*types: str) -> dict[str, str]:
    """As Stripe reads a list."""
    return {f"enabled_events[{number}]": kind for number, kind in enumerate(types)}


def test_whatever_differs_is_named(fake_stripe: FakeStripe, tmp_path: Path) -> None:
    settings = get_settings()
    assert compare() == (1, ["0 endpoints"])
    subscribe_endpoint(get_stripe(), settings)
    assert compare() == (0, [])
    assert run_command("events", "endpoint").out == "Le point d'entrée est celui qu'il faut.\n"
    url = f"{settings.public_url}{WEBHOOK_PATH}"
    (ours,) = [each.id for each in get_stripe().list_webhook_endpoints() if each.url == url]
    change(fake_stripe, ours, **events(*TYPES[2:], "payment_intent.created"))
    assert compare() == (1, [f"not sent: {TYPES[0]}", f"not sent: {TYPES[1]}", "not handled: payment_intent.created"])
    change(fake_stripe, ours, **events("*"))
    assert compare() == (1, ["not handled: *"])
    change(fake_stripe, ours, **events(*TYPES), disabled="true")
    assert compare() == (1, ["status disabled"])
    assert run_command("events", "endpoint", "--sync", "--handover", str(tmp_path / "stripe.env")).code == 0
    assert compare() == (0, []), "it is mended"
    get_stripe().create_webhook_endpoint(url=url, event_types=TYPES, api_version="2024-06-20", description="again")
    assert compare() == (1, ["2 endpoints"])


def test_a_version_of_another_day_is_named(fake_stripe: FakeStripe) -> None:
    url = f"{get_settings().public_url}{WEBHOOK_PATH}"
    get_stripe().create_webhook_endpoint(url=url, event_types=TYPES, api_version="2024-06-20", description="old")
    assert compare() == (1, ["api_version 2024-06-20"])


def test_stripe_that_does_not_answer_is_no_pass(fake_stripe: FakeStripe) -> None:
    fake_stripe.break_down("*", "refuse", times=None)
    code, said = compare()
    assert (code, said) == (1, "stripe_unanswered")
    fake_stripe.recover()
