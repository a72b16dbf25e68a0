"""Secrets of the host: born there, readable by who must, in no log, no process list, no answer of a deploy."""

import json
from contextlib import suppress
from urllib.parse import quote

import httpx2

from app.dev.fake_stripe.delivery import sign
from tests.api.test_log_canaries import ALL, EMAIL, TOKEN, headers_with
from tests.appliance.shop import FIRST_TAG, Shop
from tests.log_watch import CANARIES, FORMS
from tests.rows import row
from tests.stripe_news import event_about, intent_of_nobody
from tests.waiting import wait_until


def secrets_of(shop: Shop) -> dict[str, str]:
    """The values that must appear nowhere else; root may read them."""
    lines = shop.host.run("cat /etc/comptoir/env").stdout.splitlines()
    pairs = dict(line.split("=", 1) for line in lines)
    own = ("JWT_SECRET", "COOKIE_SECRET", "BREVO_WEBHOOK_TOKEN")
    names = (*own, "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "BREVO_API_KEY")
    password = pairs["DATABASE_URL"].split(":")[2].split("@")[0]
    return {**{name: pairs[name] for name in names}, "database password": password}


@row("S0-050")
def test_no_secret_is_in_a_log_or_a_process_list_or_the_output_of_a_deploy(deployed_shop: Shop) -> None:
    output = deployed_shop.make("deploy", FIRST_TAG).output
    found = deployed_shop.host.run(
        "cat /var/log/comptoir/* /var/log/postgresql/* /var/log/supervisor/* /var/log/nginx/* /var/log/redis/*"
        " 2>/dev/null; journalctl --no-pager -q; ps axww -o args; cat /root/.bash_history 2>/dev/null; true"
    ).stdout

    for name, value in secrets_of(deployed_shop).items():
        assert value not in output, name
        assert value not in found, name


# Through what is there and what is not, in the path too, and a body that nginx itself refuses.
INPUTS = (
    ("GET", "/store/products", 0),
    ("POST", "/store/carts", 0),
    ("GET", f"/store/carts/{quote(ALL, safe='')}", 0),
    ("POST", "/auth/customer/emailpass", 0),
    ("POST", "/auth/customer/emailpass/register", 0),
    ("POST", f"/admin/payments/{quote(EMAIL)}/capture", 0),
    ("GET", f"/app/invitation/{TOKEN}", 0),
    ("POST", "/brevo/webhook", 0),
    ("POST", "/stripe/webhook", 0),
    ("POST", "/stripe/webhook", 600_000),
    ("POST", "/store/carts", 30_000_000),
    ("TRACE", f"/{quote(ALL)}", 0),
)
# What matched and nothing else, of every file; journald's own files are compressed and are read by its own command.
LOGS = "{ find /var/log -type f -exec cat {} +; journalctl --no-pager -q; } | grep -aoF -f /run/planted | sort -u"


@row("S3-026")
def test_what_is_planted_in_every_input_is_in_no_log_of_the_host(deployed_shop: Shop) -> None:
    shop, host = deployed_shop, deployed_shop.host
    body = {"email": EMAIL, "password": ALL, "first_name": CANARIES["a name"], "metadata": {"card": ALL}}
    asked = {"email": EMAIL, "q": ALL, "token": TOKEN, "session_id": CANARIES["a cookie"]}
    thing = {**intent_of_nobody(), "receipt_email": EMAIL, "description": ALL, "client_secret": CANARIES["a key"]}
    event = json.dumps(event_about(thing, "payment_intent.payment_failed", id="evt_planted")).encode()
    signed = {"stripe-signature": sign(event, [secrets_of(shop)["STRIPE_WEBHOOK_SECRET"]])}
    key = {"x-publishable-api-key": shop.publishable_key()}
    with httpx2.Client(base_url=f"https://{host.address}", verify=shop.context(), headers=headers_with(key)) as client:
        for method, path, size in INPUTS:
            content = json.dumps(body | {"note": "x" * size}).encode()
            shown = {"content-type": "application/json"}
            with suppress(httpx2.TransportError):  # nginx may close the door before all of a large body came
                client.request(method, path, params=asked, content=content, headers=shown)
        assert client.post("/stripe/webhook", params=asked, content=event, headers=signed).status_code == 200
        last = client.get("/store/regions").headers["x-request-id"]
    host.run("cat > /run/planted", stdin="\n".join([*FORMS, last]))

    wait_until(lambda: last in host.run(LOGS, check=False).stdout, 20, "the last request is in the logs")

    assert host.run(LOGS).stdout.splitlines() == [last], "what a log must not hold"


def test_a_deploy_never_changes_a_secret_that_exists(deployed_shop: Shop) -> None:
    before = secrets_of(deployed_shop)

    assert deployed_shop.make("deploy", FIRST_TAG).changes == 0

    assert secrets_of(deployed_shop) == before


def test_setup_s_webhook_secret_was_taken_over(deployed_shop: Shop) -> None:
    host = deployed_shop.host

    handed_over = host.run("cat /etc/comptoir/env.d/40-handover.env").stdout.strip()

    assert handed_over.startswith("STRIPE_WEBHOOK_SECRET=whsec_")
    # With the one before it, where a host met another fake Stripe.
    assert set(handed_over.splitlines()) <= set(host.run("cat /etc/comptoir/env").stdout.splitlines())
    assert host.run("ls -A /var/lib/comptoir/handover").stdout == ""


def test_only_root_and_the_application_read_the_settings(deployed_shop: Shop) -> None:
    refused = deployed_shop.host.run("setpriv --reuid=nobody --clear-groups cat /etc/comptoir/env", check=False)

    assert refused.returncode != 0
    assert deployed_shop.host.run("stat -c '%a %U:%G' /etc/comptoir/env").stdout == "640 root:comptoir\n"


def test_a_database_login_without_its_password_is_refused(deployed_shop: Shop) -> None:
    for login in ("comptoir_app_a", "comptoir_app_b", "postgres", "comptoir_owner"):
        asked = f"setpriv --reuid=comptoir --regid=comptoir --clear-groups psql -w -U {login} -d comptoir -c 'SELECT 1'"
        assert deployed_shop.host.run(asked, check=False).returncode == 2, login


def test_people_get_a_login_that_only_reads(deployed_shop: Shop) -> None:
    host, psql = deployed_shop.host, "psql -U comptoir_readonly -d comptoir -At"

    assert host.run(psql, user="deploy", stdin="SELECT count(*) > 0 FROM region").stdout == "t\n"
    refused = host.run(psql, user="deploy", stdin="DELETE FROM region")
    assert "cannot execute DELETE in a read-only transaction" in refused.stderr
    forced = host.run(psql, user="deploy", stdin="SET default_transaction_read_only = off; DELETE FROM region")
    assert "permission denied for table region" in forced.stderr
