"""`comptoir setup`: a fresh shop from one file, again without a change, and refusals that change nothing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.db import unit_of_work
from app.dev.fake_brevo.app import create_app as create_brevo
from app.dev.fake_stripe.app import create_app as create_stripe
from app.dev.loopback import serving
from app.ops.jobs import MAIL_EVENTS
from app.payments.event_types import HANDLED_EVENT_TYPES
from tests.command import Done, run_command
from tests.factories.mail import queue_sample
from tests.in_process import RunJobs
from tests.rows import row
from tests.services import ROOT
from tests.shop_front import change_settings, read_rows

EXAMPLE = ROOT / "infra" / "inventory" / "setup" / "example.toml"
TABLES = ("shop", "region", "sales_channel", "publishable_key", "tax_rate", "shipping_option", "staff_user")


@pytest.fixture
def vendors(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    with serving(create_stripe()) as stripe, serving(create_brevo()) as brevo:
        addresses = {"STRIPE_API_BASE": stripe, "BREVO_API_BASE": brevo, "PUBLIC_URL": "http://127.0.0.1:9000"}
        change_settings(monkeypatch, **addresses)
        environment.update(addresses)
        yield addresses


def set_up(file: Path, handover: Path) -> Done:
    return run_command(*arguments(file, handover))


def arguments(file: Path, handover: Path) -> list[str]:
    return ["setup", "--json", "--file", str(file), "--handover", str(handover)]


def count_rows() -> dict[str, int]:
    with unit_of_work("test") as session:
        return {table: session.scalars(text(f'SELECT count(*) FROM "{table}"')).one() for table in TABLES}  # noqa: S608


@row("S0-061")
def test_a_fresh_shop_gets_what_it_needs_and_a_second_run_changes_nothing(
    vendors: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handover = tmp_path / "stripe.env"
    command = [str(Path(sys.executable).with_name("comptoir")), *arguments(EXAMPLE, handover)]
    first = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert first.returncode == 0, first.stderr
    said = json.loads(first.stdout)
    assert said["publishable_key"].startswith("pk_")
    assert said["invitation_url"].startswith("http://127.0.0.1:9000/app/invitation/")
    rows = count_rows()
    assert min(rows.values()) >= 1
    assert handover.read_text().startswith("STRIPE_WEBHOOK_SECRET=whsec_")
    assert handover.stat().st_mode & 0o777 == 0o600
    secret = handover.read_text().strip().partition("=")[2]
    change_settings(monkeypatch, STRIPE_WEBHOOK_SECRET=secret)  # as root takes it into the settings
    handover.unlink()

    second = set_up(EXAMPLE, handover)
    assert second.code == 0, second.err
    assert json.loads(second.out)["publishable_key"] == said["publishable_key"]
    assert count_rows() == rows
    assert not handover.exists()


def test_what_an_option_costs_and_where_it_goes_is_in_the_file(vendors: dict[str, str], tmp_path: Path) -> None:
    for _ in range(2):
        assert set_up(EXAMPLE, tmp_path / "stripe.env").code == 0
    with unit_of_work("test") as session:
        options = session.execute(
            text("SELECT code, kind, is_return, location_id IS NOT NULL FROM shipping_option ORDER BY rank")
        ).all()
        steps = session.execute(text("SELECT from_item_total_cents, amount_cents FROM shipping_price_step")).all()
        refused = session.execute(
            text(
                "SELECT o.code, string_agg(postal_prefix, ' ' ORDER BY postal_prefix) FROM shipping_destination"
                " JOIN shipping_option o ON o.id = shipping_option_id WHERE NOT is_served GROUP BY o.code ORDER BY 1"
            )
        ).all()
    assert [tuple(option) for option in options] == [
        ("standard", "shipping", False, False),
        ("express", "shipping", False, False),
        ("retrait", "pickup", False, True),
        ("retour", "shipping", True, False),
    ]
    assert [tuple(step) for step in steps] == [(5000, 0)]
    assert [tuple(each) for each in refused] == [(code, "20 97 984 986 987 988") for code in ("express", "standard")]


def test_stripe_sends_exactly_the_events_we_handle(vendors: dict[str, str], tmp_path: Path) -> None:
    set_up(EXAMPLE, tmp_path / "stripe.env")
    listed = httpx2.get(
        f"{vendors['STRIPE_API_BASE']}/v1/webhook_endpoints", headers={"Authorization": "Bearer sk_test_of_the_tests"}
    ).json()["data"]
    ours = [endpoint for endpoint in listed if endpoint["url"] == "http://127.0.0.1:9000/stripe/webhook"]
    assert len(ours) == 1
    assert set(ours[0]["enabled_events"]) == HANDLED_EVENT_TYPES


def test_the_sender_is_registered_once(vendors: dict[str, str], tmp_path: Path, run_jobs: RunJobs) -> None:
    for _ in range(2):
        set_up(EXAMPLE, tmp_path / "stripe.env")
        assert run_jobs() == []
    asked = httpx2.get(f"{vendors['BREVO_API_BASE']}/_test/requests").json()
    assert [call["operation"] for call in asked].count("create_sender") == 1


def test_brevo_tells_us_of_mails_by_one_webhook_that_has_the_present_token(
    vendors: dict[str, str], tmp_path: Path, app: FastAPI, monkeypatch: pytest.MonkeyPatch, run_jobs: RunJobs
) -> None:
    """Again after the token changed: the same webhook, the new token, and what it tells is taken."""
    with serving(app) as url:
        change_settings(monkeypatch, PUBLIC_URL=url)
        for token in ("a-token-of-the-tests-0123456789abcdef", "another-token-of-the-tests-0123456789"):
            change_settings(monkeypatch, BREVO_WEBHOOK_TOKEN=token)
            set_up(EXAMPLE, tmp_path / "stripe.env")
            assert run_jobs() == []
        brevo = vendors["BREVO_API_BASE"]
        (webhook,) = httpx2.get(f"{brevo}/v3/webhooks", headers={"api-key": "key"}).json()["webhooks"]
        assert (webhook["url"], webhook["type"]) == (f"{url}/brevo/webhook", "transactional")
        assert set(webhook["events"]) == set(MAIL_EVENTS)
        queue_sample("order_confirmation", "order_1")
        assert run_jobs() == []
        (mail,) = httpx2.get(f"{brevo}/_test/messages").json()
        bounce = {"messageId": mail["messageId"], "event": "hard_bounce", "reason": "550 5.1.1 unknown", "times": 2}
        told = httpx2.post(f"{brevo}/_test/bounces", json=bounce).json()
    assert [each["status"] for each in told] == [200, 200]
    assert read_rows("SELECT event, message_id = (SELECT id FROM message) FROM mail_event") == [("hard_bounce", True)]
    assert read_rows("SELECT reason FROM mail_suppression") == [("hard_bounce",)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("not toml at all [", "setup.toml"),
        ("[shop]\nname = 'A'\n", "owner (Field required)"),
        (EXAMPLE.read_text().replace("price_cents = 490", "price_cents = -1"), "shipping.0.price_cents"),
        (EXAMPLE.read_text().replace('"fr"]', '"xx"]'), "'xx' do not exist"),
        (EXAMPLE.read_text().replace('country_code = "fr"', 'country_code = "xx"'), "hors de la région"),
        (EXAMPLE.read_text() + "\n[surprise]\nx = 1\n", "surprise"),
    ],
)
def test_a_wrong_file_is_refused_and_changes_nothing(
    vendors: dict[str, str], tmp_path: Path, content: str, said: str
) -> None:
    file = tmp_path / "setup.toml"
    file.write_text(content)
    refused = set_up(file, tmp_path / "stripe.env")
    assert refused.code == 1
    assert said in json.loads(refused.out)["message"]
    assert set(count_rows().values()) == {0}
    assert not (tmp_path / "stripe.env").exists()


def test_a_closed_handover_folder_is_refused_before_stripe_is_asked(vendors: dict[str, str], tmp_path: Path) -> None:
    refused = set_up(EXAMPLE, tmp_path / "missing" / "stripe.env")
    assert refused.code == 1
    assert set(count_rows().values()) == {0}
