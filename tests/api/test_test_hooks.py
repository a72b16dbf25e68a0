"""The hooks that tests of a whole shop turn: there where test keys are allowed, nowhere in production."""

import json
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import enqueue, enqueue_at
from app.core.settings import Settings
from app.core.shared_redis import get_shared_redis
from app.main import create_app
from app.stripe_events.jobs import sweep
from tests.architecture.test_routes import routes
from tests.in_process import RunJobs
from tests.services import ROOT
from tests.shop_front import Buyer, FakeStripe, change_settings, read_rows
from tests.stripe_news import deliver, event_about

DOCUMENT = ROOT / "docs" / "development.md"
NOWHERE = Settings(database_url="postgresql+psycopg://nobody@127.0.0.1/none", redis_url="redis://127.0.0.1:1")
EVENT = "evt_that_fails"
LEDGER = "SELECT state, error_code FROM payment_event WHERE stripe_event_id = :id"


def let_the_sweeper_wait_no_longer() -> None:
    with unit_of_work("test") as session:
        session.connection().exec_driver_sql("UPDATE payment_event SET next_try_at = now()")


def test_one_event_fails_until_told_otherwise(buyer: Buyer, fake_stripe: FakeStripe) -> None:
    cart_id = buyer.fill_cart()
    attempt = buyer.open_session(cart_id)
    event = event_about(fake_stripe.pay(attempt.intent_id, deliver=False), id=EVENT)
    hook = f"/_test/events/{EVENT}/failure"
    assert buyer.http.put(hook).json() == {"event_id": EVENT, "fails": True}

    refused = deliver(buyer, event)
    assert (refused.status_code, refused.json()["code"]) == (500, "unknown_error")
    let_the_sweeper_wait_no_longer()
    sweep()
    assert read_rows(LEDGER, id=EVENT) == [("failed", "app.stripe_events.fail_event.FailsOnDemand")]
    assert read_rows('SELECT count(*) FROM "order"') == [(0,)]

    assert buyer.http.delete(hook).json() == {"event_id": EVENT, "fails": False}
    let_the_sweeper_wait_no_longer()
    sweep()
    assert read_rows(LEDGER, id=EVENT) == [("processed", None)]
    assert read_rows('SELECT count(*) FROM "order"') == [(1,)]
    assert buyer.http.put("/_test/events/pi_1/failure").status_code in (400, 422)


def test_without_redis_nothing_is_ordered_and_events_pass(buyer: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    change_settings(monkeypatch, REDIS_URL="redis://127.0.0.1:1/0")
    get_shared_redis.cache_clear()
    refused = buyer.http.put("/_test/events/evt_1/failure")
    assert (refused.status_code, refused.json()["code"]) == (503, "redis_away")


def test_the_queue_is_waited_for(buyer: Buyer, run_jobs: RunJobs) -> None:
    idle = {"is_idle": True, "left": []}
    with unit_of_work("test") as session:
        enqueue_at(session, "carts.expire", utc_now() + timedelta(hours=1))
    assert buyer.http.get("/_test/jobs/idle").json() == idle, "what waits for its time is not due"
    with unit_of_work("test") as session:
        enqueue(session, "carts.expire")
    busy = {"is_idle": False, "left": [{"name": "carts.expire", "status": "todo", "count": 1}]}
    assert buyer.http.get("/_test/jobs/idle?timeout_seconds=0").json() == busy
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: buyer.http.get("/_test/jobs/idle?timeout_seconds=30"))
        assert run_jobs() == []
        assert waiting.result().json() == idle
    assert buyer.http.get("/_test/jobs/idle?timeout_seconds=121").status_code in (400, 422)


def test_the_documented_calls_do_what_they_say(buyer: Buyer) -> None:
    section = DOCUMENT.read_text().partition("\n## Test hooks\n")[2].partition("\n## ")[0]
    calls = [line for line in section.splitlines() if line.startswith("curl ")]
    assert len(calls) == 3
    said = []
    for call in calls:
        command = shlex.split(call.replace("http://127.0.0.1:9000", str(buyer.http.base_url).rstrip("/")))
        done = subprocess.run([*command, "--silent", "--max-time", "60"], capture_output=True, text=True, check=True)
        said.append(json.loads(done.stdout))
    assert said == [
        {"event_id": "evt_123", "fails": True},
        {"event_id": "evt_123", "fails": False},
        {"is_idle": True, "left": []},
    ]


def test_production_has_none_of_them() -> None:
    def hooks(environment: str) -> list[str]:
        app = create_app(NOWHERE.model_copy(update={"comptoir_env": environment}))
        return sorted({route.path for route in routes(app) if route.path.startswith("/_test")})

    assert hooks("production") == []
    assert hooks("rehearsal") == hooks("development") == ["/_test/events/{event_id}/failure", "/_test/jobs/idle"]
