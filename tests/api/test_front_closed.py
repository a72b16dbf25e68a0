"""nginx before the shop: what stays open under maintenance, and what never leaves this machine."""

import json

import httpx2

from app.dev.fake_stripe.delivery import sign
from tests.nginx_front import Front
from tests.shop_front import WEBHOOK_SECRET
from tests.stripe_news import event_about, intent_of_nobody

VENDORS = ("/stripe/webhook", "/hooks/payment/stripe")


def bring(url: str, path: str, event_id: str) -> httpx2.Response:
    body = json.dumps(event_about(intent_of_nobody(), id=event_id)).encode()
    return httpx2.post(
        f"{url}{path}", content=body, headers={"Stripe-Signature": sign(body, [WEBHOOK_SECRET])}, verify=False
    )


def test_money_is_heard_of_under_maintenance_and_the_hooks_of_tests_never_pass(front: Front) -> None:
    path = "/_test/jobs/idle?timeout_seconds=0"
    assert httpx2.get(f"{front.behind_url}{path}").status_code == 200
    for hidden in (path, "/_test/events/evt_1/failure", "/%5Ftest/jobs/idle", "//_test/jobs/idle"):
        answer = httpx2.get(f"{front.url}{hidden}", verify=False)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), hidden
    assert bring(front.url, VENDORS[0], "evt_before").status_code == 200
    (front.folder / "maintenance").mkdir()
    (front.folder / "maintenance" / "on").touch()
    closed = httpx2.get(f"{front.url}/store/regions", verify=False)
    assert (closed.status_code, closed.json()["code"]) == (503, "maintenance")
    for number, path in enumerate(VENDORS):
        assert bring(front.url, path, f"evt_{number}").status_code == 200
    assert httpx2.post(f"{front.url}/brevo/webhook", json={}, verify=False).status_code != 503
    assert httpx2.get(f"{front.url}/health", verify=False).status_code == 200
