"""Stripe is down: after five calls nobody waits for it, the shop goes on, and everything opens again by itself."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import httpx2
import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from app.core.jobs import enqueue
from app.core.shared_redis import get_shared_redis
from app.gateways.errors import Retryable, Terminal, VendorFailure
from app.payments.breaker import MOST_OUTAGES, OUTAGES, PROBE, WITHIN_SECONDS, get_local_state, guarded, is_breaker_open
from app.payments.errors import CheckoutUnavailable
from app.shop.service import set_shop
from tests.api.test_health import beat
from tests.command import run_command
from tests.in_process import RunJobs
from tests.order_link import ask_for_page, open_page, place
from tests.rows import row
from tests.services import ENVIRONMENT, ROOT
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, Json, change_settings, read_rows, read_state
from tests.stripe_news import deliver, event_about, intent_of_nobody

CREATE, RETRIEVE, BALANCE = "payment_intents.create", "payment_intents.retrieve", "balance.retrieve"
AUDIT = "SELECT action, details FROM audit_log WHERE subject = 'stripe' ORDER BY id"
ASKED_FOR = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name"
DAYS_LEFT = "SELECT round(extract(epoch FROM expires_at - now()) / 86400) FROM cart WHERE id = :cart_id"


def open_breaker(buyer: Buyer, fake_stripe: FakeStripe) -> list[str]:
    """Five buyers at once find Stripe down; gives what their carts owe."""
    fake_stripe.break_down("*", "refuse", times=None)
    collections = [buyer.open_collection(buyer.fill_cart()) for _ in range(MOST_OUTAGES)]
    answers = at_once(*(repeated(buyer.ask_for_session, each) for each in collections))
    assert [answer.status_code for answer in answers] == [503] * MOST_OUTAGES
    assert is_breaker_open()
    return collections


def repeated(ask: Callable[[str], httpx2.Response], given: str) -> Callable[[], httpx2.Response]:
    return lambda: ask(given)


def at_once(*calls: Callable[[], httpx2.Response]) -> list[httpx2.Response]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [answer.result() for answer in [pool.submit(call) for call in calls]]


def let_thirty_seconds_pass() -> None:
    """The next call may try."""
    get_shared_redis().redis.delete(PROBE)


def is_unavailable(answer: httpx2.Response) -> bool:
    """The one refusal: when to come back, in French and then in English."""
    said = answer.json()
    french, _, english = said["message"].partition(" / ")
    assert (answer.status_code, said["code"]) == (503, "checkout_unavailable")
    assert french.startswith("Le paiement est momentanément indisponible")
    assert english.startswith("Payment is unavailable")
    return 1 <= int(answer.headers["retry-after"]) <= 31


@row("S0-133")
def test_after_five_outages_no_call_leaves_and_the_rest_of_the_shop_works(
    buyer: Buyer, fake_stripe: FakeStripe
) -> None:
    beat()
    cart_id = buyer.fill_cart()
    paying = buyer.open_session(cart_id)
    collections = open_breaker(buyer, fake_stripe)
    before, calls = read_state(), len(fake_stripe.get("/_test/requests"))

    assert is_unavailable(buyer.ask_for_session(collections[0]))
    assert is_unavailable(buyer.complete(cart_id))  # its intent would have to be read
    assert (read_state(), len(fake_stripe.get("/_test/requests"))) == (before, calls)

    assert buyer.http.get("/store/products").status_code == 200
    assert buyer.post(f"/store/carts/{cart_id}", email="j.martin@example.com").status_code == 200
    assert buyer.http.get("/health").json()["status"] == "ok"
    for path in ("/health/ready", "/api/health"):
        ready = buyer.http.get(path)
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert ready.json()["checks"]["stripe"] == {"status": "degraded", "cause": "breaker_open"}
    assert deliver(buyer, event_about(intent_of_nobody())).status_code == 200, "recovery arrives this way"
    fake_stripe.pay(paying.intent_id)  # on Stripe's page, which may work while its API does not
    fake_stripe.wait_until_delivered()
    assert buyer.complete(cart_id).json()["type"] == "order"
    assert [action for action, _ in read_rows(AUDIT)] == ["stripe.breaker_opened"]


def test_who_pays_without_stripe_still_can(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    (collection_id, *_) = open_breaker(buyer, fake_stripe)
    assert buyer.ask_for_session(collection_id, "pp_system_default").status_code == 200


def test_whoever_is_refused_has_their_cart_for_seven_days(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    wants_to_complete = buyer.fill_cart()
    buyer.open_session(wants_to_complete)
    collections = open_breaker(buyer, fake_stripe)
    (wants_to_pay,) = read_rows("SELECT id FROM cart WHERE payment_collection_id = :id", id=collections[0])[0]
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("UPDATE cart SET expires_at = now() + interval '1 hour'")
    assert buyer.ask_for_session(collections[0]).status_code == 503
    assert buyer.complete(wants_to_complete).status_code == 503
    for cart_id in (wants_to_pay, wants_to_complete):
        assert read_rows(DAYS_LEFT, cart_id=cart_id) == [(7,)]


def test_one_call_tries_and_the_first_answer_opens_for_all(
    buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs
) -> None:
    collections = open_breaker(buyer, fake_stripe)
    let_thirty_seconds_pass()
    answers = at_once(*(repeated(buyer.ask_for_session, each) for each in collections))
    assert [answer.status_code for answer in answers] == [503] * MOST_OUTAGES, "still down: the one that tried waited"
    assert is_breaker_open()

    fake_stripe.recover()
    assert is_unavailable(buyer.ask_for_session(collections[0])), "back, and nobody has tried yet"
    let_thirty_seconds_pass()
    fake_stripe.break_down("*", "delay", seconds=0.5)
    calls = len(fake_stripe.calls(CREATE))
    answers = at_once(*(repeated(buyer.ask_for_session, each) for each in collections))
    assert sorted(answer.status_code for answer in answers) == [200] + [503] * (MOST_OUTAGES - 1)
    assert len(fake_stripe.calls(CREATE)) == calls + 1
    assert [buyer.ask_for_session(each).status_code for each in collections] == [200] * MOST_OUTAGES

    assert run_jobs() == []  # the call that got through asked for the winding up
    assert read_rows(ASKED_FOR, name="stripe_events.reconcile") == [(1,)]
    (opened, closed) = read_rows(AUDIT)
    assert (opened[0], closed[0]) == ("stripe.breaker_opened", "stripe.breaker_closed")


def test_it_opens_again_although_nobody_buys_and_says_what_it_was(
    buyer: Buyer, fake_stripe: FakeStripe, fake_brevo: FakeBrevo, run_jobs: RunJobs
) -> None:
    with unit_of_work("test") as session:
        set_shop(session, name="Aux Herbes", contact_email="contact@boutique.example")
    waiting = buyer.fill_cart()
    collections = open_breaker(buyer, fake_stripe)
    buyer.ask_for_session(collections[0])
    assert (read_status("is_open"), read_status("outage", "code")) == (False, "unreachable")

    recover(run_jobs)
    assert is_breaker_open(), "thirty seconds are not over: nothing was tried"
    let_thirty_seconds_pass()
    recover(run_jobs)
    assert is_breaker_open(), "tried, and still down"
    fake_stripe.recover()
    let_thirty_seconds_pass()
    recover(run_jobs)
    recover(run_jobs)

    assert not is_breaker_open()
    assert [call.get("status", 200) for call in fake_stripe.calls(BALANCE)] == [500, 200]
    assert [action for action, _ in read_rows(AUDIT)] == ["stripe.breaker_opened", "stripe.breaker_closed"]
    (mail,) = fake_brevo.mails()
    assert "contact@boutique.example" in str(mail["to"])
    assert read_status("is_open") is True
    last = [read_status("last_outage", name) for name in ("code", "refused", "left_open", "orders")]
    assert last == ["unreachable", 1, 5, []]
    assert buyer.open_session(waiting).intent_id


def read_status(*path: str) -> object:
    """What `comptoir checkout status` says there."""
    done = run_command("checkout", "status", "--json")
    assert done.code == 0
    found = done.answer
    for name in path:
        found = cast(Json, found)[name]
    return found


def recover(run_jobs: RunJobs) -> None:
    """As the clock asks each minute."""
    with unit_of_work("test") as session:
        enqueue(session, "ops.recover_checkout")
    assert run_jobs() == []


@pytest.mark.parametrize(
    ("failure", "is_counted"),
    [
        (Retryable("stripe", "unreachable"), True),
        (Retryable("stripe", "api_error", http_status=500), True),
        (Retryable("stripe", "vendor_error", http_status=502), True),
        (Retryable("stripe", "rate_limited", http_status=429), False),
        (Retryable("stripe", "idempotency_key_in_use", http_status=409), False),
        (Retryable("stripe", "invalid_request_error", http_status=401), False),
        (Terminal("stripe", "card_declined", http_status=402), False),
        (Terminal("stripe", "parameter_missing", http_status=400), False),
        (Terminal("stripe", "idempotency_error", http_status=400), False),
    ],
)
def test_what_counts_as_an_outage(environment: dict[str, str], failure: Exception, is_counted: bool) -> None:
    for _ in range(MOST_OUTAGES):
        assert not is_breaker_open()
        with pytest.raises(type(failure)):
            guarded(failing(failure))
    assert is_breaker_open() is is_counted
    assert read_rows("SELECT count(*) FROM audit_log") == [(int(is_counted),)]


def failing(failure: Exception) -> Callable[[], None]:
    def call() -> None:
        raise failure

    return call


def test_outages_far_apart_do_not_add_up(environment: dict[str, str]) -> None:
    down = Retryable("stripe", "unreachable")
    for _ in range(MOST_OUTAGES - 1):
        with pytest.raises(Retryable):
            guarded(failing(down))
    redis = get_shared_redis().redis
    for counted, at in list(redis.zscan_iter(OUTAGES)):
        redis.zadd(OUTAGES, {counted: at - WITHIN_SECONDS - 1})
    for _ in range(MOST_OUTAGES - 1):
        with pytest.raises(Retryable):
            guarded(failing(down))
    assert not is_breaker_open()


def test_another_process_knows_it_too_and_opens_for_this_one(environment: dict[str, str]) -> None:
    def call_there() -> str:
        script = "from app.payments.breaker import guarded\nprint(guarded(lambda: 'it left'))"
        done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    for _ in range(MOST_OUTAGES):
        with pytest.raises(Retryable):
            guarded(failing(Retryable("stripe", "unreachable")))
    let_thirty_seconds_pass()

    def try_here() -> None:
        refused = call_there()  # while this process has the one try
        assert "CheckoutUnavailable" in refused
        assert "it left" not in refused.splitlines()
        raise Retryable("stripe", "unreachable")

    with pytest.raises(Retryable):
        guarded(try_here)
    let_thirty_seconds_pass()
    assert "it left" in call_there().splitlines()
    assert not is_breaker_open()


@pytest.mark.parametrize(
    "refusal",
    [
        Terminal("stripe", "no_such_intent", http_status=404),
        Retryable("stripe", "invalid_request_error", http_status=401),
        Retryable("stripe", "forbidden", http_status=403),
    ],
)
def test_without_redis_each_process_knows_for_itself(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, refusal: VendorFailure
) -> None:
    change_settings(monkeypatch, REDIS_URL="redis://127.0.0.1:1/0")
    get_shared_redis.cache_clear()
    for _ in range(MOST_OUTAGES):
        with pytest.raises(Retryable):
            guarded(failing(Retryable("stripe", "unreachable")))
    with pytest.raises(CheckoutUnavailable) as refused:
        guarded(lambda: pytest.fail("no call leaves"))
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 31
    get_local_state().next_probe_at = 0.0
    with pytest.raises(VendorFailure):  # a no is an answer
        guarded(failing(refusal))
    assert guarded(lambda: "answered") == "answered"
    assert [action for action, _ in read_rows(AUDIT)] == ["stripe.breaker_opened"]


def test_what_a_process_knew_without_redis_ends_with_its_return(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outage that was over for weeks refused customers again while Redis was away for a moment."""

    def use_redis(url: str) -> None:
        change_settings(monkeypatch, REDIS_URL=url)
        get_shared_redis.cache_clear()

    present = environment["REDIS_URL"]
    use_redis("redis://127.0.0.1:1/0")
    for _ in range(MOST_OUTAGES):
        with pytest.raises(Retryable):
            guarded(failing(Retryable("stripe", "unreachable")))
    assert is_breaker_open(), "the control: it is open while Redis is away"
    use_redis(present)
    assert guarded(lambda: "answered") == "answered"
    use_redis("redis://127.0.0.1:1/0")
    assert not is_breaker_open()


def test_while_our_key_is_refused_nothing_is_given_up(buyer: Buyer, fake_stripe: FakeStripe, run_jobs: RunJobs) -> None:
    """Revoked in mid-rotation: Stripe looked at no object, so a superseded page or intent must still be ended."""
    page, intent_id, waiting = open_page(buyer), buyer.open_session(buyer.fill_cart()).intent_id, place(buyer)
    ours = ENVIRONMENT["STRIPE_SECRET_KEY"]
    fake_stripe.post("/_test/keys", revoked=[ours], accepted=["sk_test_the_next_one"])
    refused = ask_for_page(buyer, waiting)
    assert (refused.status_code, is_unavailable(refused)) == (503, True)
    with unit_of_work("test") as session:
        enqueue(session, "payments.expire_checkout_session", checkout_session_id=page.page_id)
        enqueue(session, "payments.cancel_intent", intent_id=intent_id)
    assert sorted(run_jobs()) == ["payments.cancel_intent", "payments.expire_checkout_session"]
    assert not is_breaker_open()
    fake_stripe.post("/_test/keys", accepted=[ours])
    with unit_of_work("test") as session:
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'"))
    assert run_jobs() == []
    assert fake_stripe.read_object(f"checkout/sessions/{page.page_id}")["status"] == "expired"
    assert fake_stripe.read_object(f"payment_intents/{intent_id}")["status"] == "canceled"
    assert ask_for_page(buyer, waiting).status_code == 200
    assert read_rows("SELECT count(*) FROM payment_session WHERE checkout_session_id IS NOT NULL") == [(2,)]
    assert read_rows("SELECT count(*) FROM payment_session") == [(3,)], "the same attempt under its key"
