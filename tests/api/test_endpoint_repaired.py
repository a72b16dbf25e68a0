"""`comptoir events endpoint --sync`, as `comptoir setup` does it: Stripe's endpoint changed, or replaced under load."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import httpx2
import pytest

from app.core.db import unit_of_work
from app.core.settings import get_settings
from app.gateways.stripe import Endpoint, get_stripe
from app.ops.decide_repair import MARK, RETIRED, compute_mark
from app.ops.list_stale_processes import list_stale_processes
from app.stock.service import receive
from infra.host import host_secrets
from tests.api.test_endpoint_compared import TYPES, change, events
from tests.api.test_rotation import Shop, Traffic
from tests.command import Done, run_command
from tests.processes import Processes, url_of
from tests.rows import row
from tests.services import ENVIRONMENT
from tests.shop_front import WEBHOOK_SECRET, FakeStripe, Goods, change_settings, read_rows
from tests.waiting import wait_until


class Host:
    """What root does on a host, by its own program: the settings' file, and the secret that it takes over."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.etc, self.handover, self.env_file = folder / "etc", folder / "handover" / "stripe.env", folder / "env"
        (self.etc / "env.d").mkdir(parents=True)
        self.handover.parent.mkdir()
        (self.etc / "env.d" / "30-vendor.env").write_text(f"STRIPE_WEBHOOK_SECRET={WEBHOOK_SECRET}\n")
        monkeypatch.setattr(host_secrets, "FOLDER", self.etc)
        monkeypatch.setattr(host_secrets, "HANDOVER", self.handover)
        self._monkeypatch = monkeypatch
        self.write_settings()

    def take_handover(self) -> None:
        """Into the settings; the next command reads them."""
        host_secrets.take_handover()
        assert not self.handover.exists()
        self.write_settings()

    def write_settings(self) -> None:
        """What the processes read when they start; the empty variable lets the file speak."""
        self.env_file.write_text(host_secrets.composed())
        # A process started in the same hundredth of a second would count as one that is older.
        os.utime(self.env_file, (time.time() - 1, time.time() - 1))
        settings = {"COMPTOIR_ENV_FILE": str(self.env_file), "STRIPE_WEBHOOK_SECRET": ""}
        change_settings(self._monkeypatch, **settings)


@pytest.fixture
def host(
    tmp_path: Path, fake_stripe: FakeStripe, web_socket: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Host]:
    """A host at the address that the fake Stripe knows, with the secret of the endpoint that is there."""
    change_settings(monkeypatch, PUBLIC_URL=url_of(web_socket))
    yield Host(tmp_path, monkeypatch)
    get_settings.cache_clear()


Serving = Callable[[], None]


@pytest.fixture
def serve_from_now(host: Host, processes: Processes) -> Serving:
    """A process that looks like a web process with the settings of this moment; the traffic has real ones."""
    processes.environment["COMPTOIR_ENV_FILE"] = str(host.env_file)

    def start() -> None:
        processes.start("-c", "import time; time.sleep(60)", "app.serve")
        wait_until(lambda: list_stale_processes() is not None, 10, "it runs")

    return start


def sync(host: Host, *arguments: str) -> Done:
    return run_command("events", "endpoint", "--sync", "--handover", str(host.handover), *arguments)


def did(host: Host, code: int) -> dict[str, object]:
    done = sync(host, "--json")
    assert done.code == code, done.out
    assert "whsec_" not in done.out + done.err
    return cast("dict[str, dict[str, object]]", done.answer)["sync"]


def listed() -> dict[str, Endpoint]:
    return {each.id: each for each in get_stripe().list_webhook_endpoints()}


def enabled() -> set[str]:
    return {each.id for each in listed().values() if each.is_enabled}


def serving_version(fake_stripe: FakeStripe) -> Endpoint:
    """The endpoint given to the fake replaced by one in our version, made by hand, of which nothing is known."""
    change(fake_stripe, "we_given", disabled="true", url="https://other.example/hook")
    settings = get_settings()
    return get_stripe().create_webhook_endpoint(
        url=f"{settings.public_url}/stripe/webhook",
        event_types=TYPES,
        api_version=settings.stripe_api_version,
        description="by hand",
    )


@row("S3-010")
def test_what_stripe_lets_change_is_changed_and_the_secret_stays(host: Host, fake_stripe: FakeStripe) -> None:
    made = serving_version(fake_stripe)
    url = get_settings().public_url
    wrong: list[dict[str, str]] = [
        events(*TYPES[2:], "payment_intent.created"),
        {"disabled": "true"},
        {"url": f"{url}/hooks/payment/stripe"},
        {"url": f"{url}/stripe/webhook/"},
    ]
    for given in wrong:
        change(fake_stripe, made.id, **given)
        assert run_command("events", "endpoint").code == 1, given
        assert run_command("events", "endpoint").out.endswith("Ensuite : comptoir events endpoint --sync\n")
        assert did(host, 0)["changed"] == made.id
        right = listed()[made.id]
        assert (right.url, right.status, right.enabled_events) == (f"{url}/stripe/webhook", "enabled", tuple(TYPES))
        assert did(host, 0) == {
            "changed": "",
            "created": "",
            "switched_off": [],
            "waiting_file": None,
            "still_open": [],
            "is_finished": True,
        }
    assert (len(listed()), host.handover.exists()) == (2, False)
    assert read_rows("SELECT DISTINCT action, subject FROM audit_log") == [("stripe.endpoint_changed", made.id)]


def test_stripe_takes_a_version_at_creation_only(fake_stripe: FakeStripe) -> None:
    """The control: without a second endpoint the version stays wrong."""
    headers = {"Authorization": f"Bearer {ENVIRONMENT['STRIPE_SECRET_KEY']}"}
    given = {"api_version": get_settings().stripe_api_version}
    refused = httpx2.post(f"{fake_stripe.url}/v1/webhook_endpoints/we_given", data=given, headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "parameter_unknown")
    assert listed()["we_given"].api_version is None


def test_one_of_another_version_is_replaced_step_by_step(host: Host, serve_from_now: Serving) -> None:
    first = did(host, 1)
    new = str(first["created"])
    assert first["waiting_file"] == str(host.handover)
    assert (enabled(), host.handover.stat().st_mode & 0o777) == ({"we_given", new}, 0o600)
    said = sync(host).out
    assert "2 endpoints" in said
    assert f"Son secret attend dans {host.handover}" in said
    again = did(host, 1)
    assert (again["created"], enabled()) == ("", {"we_given", new}), "no third one"

    secret = host.handover.read_text().strip().partition("=")[2]
    assert listed()[new].metadata == {MARK: compute_mark(secret)}
    host.take_handover()
    assert did(host, 1)["still_open"] == ["we_given"], "no process is seen: nobody knows whether one has the new secret"
    assert enabled() == {"we_given", new}
    serve_from_now()
    assert (get_settings().stripe_webhook_secret.get_secret_value()) == secret
    previous = get_settings().stripe_webhook_secret_previous
    assert previous is not None
    assert previous.get_secret_value() == WEBHOOK_SECRET, "what the old one signs is taken for a day"
    last = did(host, 0)
    assert (last["switched_off"], enabled()) == (["we_given"], {new})
    assert RETIRED in listed()["we_given"].metadata
    assert read_rows("SELECT args->'is_asked' FROM procrastinate_jobs WHERE task_name LIKE '%reconcile'") == [(True,)]
    assert [action for (action,) in read_rows("SELECT action FROM audit_log ORDER BY id")] == [
        "stripe.endpoint_created",
        "stripe.endpoint_switched_off",
    ]
    assert run_command("events", "endpoint").code == 0, "one that we switched off is not counted"


def test_a_secret_that_was_lost_or_rolled(
    host: Host, fake_stripe: FakeStripe, serve_from_now: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost on its way: another endpoint. Rolled at Stripe and set: the same endpoint, known by its new secret."""
    lost = str(did(host, 1)["created"])
    host.handover.unlink()
    new = str(did(host, 1)["created"])
    assert enabled() == {"we_given", lost, new}
    host.take_handover()
    serve_from_now()
    assert (did(host, 0)["switched_off"], enabled()) == ([lost, "we_given"], {new})

    old = get_settings().stripe_webhook_secret.get_secret_value()
    rolled = fake_stripe.post(f"/_test/webhook_endpoints/{new}/roll")["secret"]
    settings = {"STRIPE_WEBHOOK_SECRET": str(rolled), "STRIPE_WEBHOOK_SECRET_PREVIOUS": old}
    change_settings(monkeypatch, **settings, STRIPE_WEBHOOK_SECRET_PREVIOUS_UNTIL="2126-01-01T00:00:00Z")
    assert did(host, 0)["changed"] == new
    assert listed()[new].metadata[MARK] == compute_mark(str(rolled))
    assert (did(host, 0)["changed"], enabled()) == ("", {new})


def test_stripe_that_fails_on_the_way_leaves_one_that_delivers(
    host: Host, fake_stripe: FakeStripe, serve_from_now: Serving
) -> None:
    fake_stripe.break_down("webhook_endpoints.update", "error", times=None)
    done = sync(host, "--json")
    assert (done.code, cast("dict[str, object]", done.answer)["code"]) == (1, "stripe_unanswered")
    fake_stripe.recover()
    created = did(host, 1)["created"]
    assert created, "the first has no mark: nobody knows whether its secret was kept"
    assert "we_given" in enabled()
    host.take_handover()
    serve_from_now()
    did(host, 0)
    assert enabled() == {created}


@contextmanager
def buying(traffic: Traffic) -> Iterator[Callable[[], None]]:
    """Customers buy while the block runs; what it gives waits until three more have bought."""

    def go_on() -> None:
        before = traffic.done["bought"]
        wait_until(lambda: traffic.done["bought"] >= before + 3, 60, "three purchases")

    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(traffic.go_on, traffic.buy, 0.05)
        try:
            yield go_on
        finally:
            traffic.stopped.set()
        going.result()


def test_an_endpoint_is_replaced_under_traffic_and_nothing_is_lost_or_done_twice(
    host: Host, fake_stripe: FakeStripe, processes: Processes, web_socket: socket.socket, goods: Goods
) -> None:
    """Two web processes; the old endpoint stays open until the last of them has read the new secret."""
    with unit_of_work("test") as session:
        receive(session, goods.variant_id, 10_000, "test")
    settings = {"RATE_LIMIT_WEBHOOK_MAX": "100000", "STRIPE_WEBHOOK_SECRET": "", "PUBLIC_URL": url_of(web_socket)}
    processes.environment |= settings | {"COMPTOIR_ENV_FILE": str(host.env_file)}
    shop = Shop(processes, web_socket)
    shop.web = [processes.serve_and_wait(web_socket) for _ in range(2)]
    traffic = Traffic(url_of(web_socket), goods, fake_stripe, "", "")
    with buying(traffic) as go_on:
        go_on()
        new = str(did(host, 1)["created"])
        go_on()
        host.take_handover()
        for _ in shop.web:
            assert did(host, 1)["still_open"] == ["we_given"]
            assert enabled() == {"we_given", new}
            restart_next(shop)
        go_on()
        assert did(host, 0)["switched_off"] == ["we_given"]
        assert enabled() == {new}
        go_on()
    assert traffic.failures == []
    fake_stripe.wait_until_delivered()
    bought = traffic.done["bought"]
    assert read_rows("SELECT state, source, count(*) FROM payment_event GROUP BY 1, 2") == [
        ("processed", "webhook", bought)
    ]
    assert read_rows('SELECT count(*), count(DISTINCT cart_id) FROM "order"') == [(bought, bought)]
    assert read_rows("SELECT count(*) FROM payment_journal") == [(bought,)]
    check_both_delivered(fake_stripe, new)


def restart_next(shop: Shop) -> None:
    """The oldest process, as `comptoir release restart` does it: the other one serves meanwhile."""
    old = shop.web.pop(0)
    old.terminate()
    assert old.wait(timeout=30) != 0
    shop.web.append(shop.processes.serve_and_wait(shop.listener))


def check_both_delivered(fake_stripe: FakeStripe, new: str) -> None:
    """Twins came, the old endpoint never met a refusal, and the new one took over."""
    by_endpoint: dict[str, list[dict[str, object]]] = {"we_given": [], new: []}
    for each in fake_stripe.get("/_test/deliveries"):
        by_endpoint[str(each["endpoint"])].append(each)
    assert all(len(cast("list[object]", each["tries"])) == 1 for each in by_endpoint["we_given"])
    by_old, by_new = ({str(each["event"]) for each in by_endpoint[name]} for name in ("we_given", new))
    assert min(len(by_old - by_new), len(by_old & by_new), len(by_new - by_old)) >= 3
