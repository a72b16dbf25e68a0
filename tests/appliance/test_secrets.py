"""Secrets of the host: born there, readable by who must, in no log, no process list, no answer of a deploy."""

from tests.appliance.shop import FIRST_TAG, Shop
from tests.rows import row


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


def test_a_deploy_never_changes_a_secret_that_exists(deployed_shop: Shop) -> None:
    before = secrets_of(deployed_shop)

    assert deployed_shop.make("deploy", FIRST_TAG).changes == 0

    assert secrets_of(deployed_shop) == before


def test_setup_s_webhook_secret_was_taken_over(deployed_shop: Shop) -> None:
    host = deployed_shop.host

    handed_over = host.run("cat /etc/comptoir/env.d/40-handover.env").stdout.strip()

    assert handed_over.startswith("STRIPE_WEBHOOK_SECRET=whsec_")
    assert handed_over in host.run("cat /etc/comptoir/env").stdout.splitlines()
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
