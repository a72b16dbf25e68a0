"""Redis is away: the shop sells, people log in, Stripe is heard and its limit holds (design §4.12)."""

import pytest

from app.core.ratelimit import get_limiter
from app.core.shared_redis import get_shared_redis
from tests.api.test_customer_session import open_session
from tests.api.test_health import beat
from tests.factories.account import Person
from tests.in_process import RunJobs
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, change_settings, read_rows
from tests.stripe_news import deliver, event_about, intent_of_nobody


def test_a_whole_purchase_without_redis(
    buyer: Buyer,
    fake_stripe: FakeStripe,
    fake_brevo: FakeBrevo,
    run_jobs: RunJobs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change_settings(monkeypatch, REDIS_URL="redis://127.0.0.1:1/0", RATE_LIMIT_WEBHOOK_MAX="3")
    for cached in (get_limiter, get_shared_redis):
        cached.cache_clear()
    beat()
    person = Person(buyer.http, buyer.goods.headers)
    cookie = open_session(person, person.sign_up())
    assert person.me(cookie=cookie).status_code == 200

    cart_id = buyer.fill_cart()
    fake_stripe.pay(buyer.open_session(cart_id).intent_id)
    fake_stripe.wait_until_delivered()
    assert buyer.complete(cart_id).json()["type"] == "order"
    assert run_jobs() == []
    assert "commande" in str([mail["subject"] for mail in fake_brevo.mails()])

    # Three a minute, whichever minutes these fall into.
    answers = [deliver(buyer, event_about(intent_of_nobody(), id=f"evt_{number}")) for number in range(7)]
    assert {answer.status_code for answer in answers} == {200, 429}, "this process counts for itself"
    refused = [answer for answer in answers if answer.status_code == 429]
    assert int(refused[0].headers["retry-after"]) >= 1
    assert read_rows("SELECT count(*) FROM payment_event") == [(1 + len(answers) - len(refused),)]
    ready = buyer.http.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert ready.json()["checks"]["redis"] == {"status": "refused"}
