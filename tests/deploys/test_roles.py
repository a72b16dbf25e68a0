"""What the roles write: settings, firewall, environment, supervisor sections; and what needs a window."""

import pytest
from pyinfra.api.exceptions import PyinfraError

from infra.deploys import environment, machine, postgresql, processes, redis, schedule, web_front
from infra.deploys.facts.host_report import HostReport


def test_the_environment_follows_the_domain_and_the_inventory_wins() -> None:
    text = environment.render_site("rehearsal", "shop.example", {"STORE_CORS": "https://www.shop.example"})

    assert text.splitlines() == [
        "COMPTOIR_ENV=rehearsal",
        "PUBLIC_URL=https://shop.example",
        "STORE_CORS=https://www.shop.example",
        "ADMIN_CORS=https://shop.example",
        "AUTH_CORS=https://shop.example",
        "REDIS_URL=redis://127.0.0.1:6379/0",
        "UPLOADS_DIR=/var/lib/comptoir/uploads",
    ]


def test_the_firewall_opens_ssh_and_the_shop_and_nothing_else() -> None:
    rules = machine.render_firewall(2222, machine.OPEN_TCP)

    assert rules.count("policy drop") == 2
    assert "tcp dport { 2222, 80, 443 } accept" in rules


def test_redis_is_a_bounded_cache_on_loopback() -> None:
    lines = redis.render_settings("64mb").splitlines()

    assert {"bind 127.0.0.1 -::1", "maxmemory 64mb", "maxmemory-policy allkeys-lru", 'save ""', "appendonly no"} < set(
        lines
    )


@pytest.mark.parametrize(("os_version", "version"), [("12", "15"), ("13", "17"), ("24.04", "16")])
def test_postgresql_is_the_distribution_s(os_version: str, version: str) -> None:
    assert postgresql.version_for(os_version) == version


def test_a_restart_of_postgresql_under_a_live_shop_needs_a_window() -> None:
    live, fresh = HostReport(current_release="v1"), HostReport()

    postgresql.check_window(fresh, "", "shared_buffers = '256MB'\n", "")
    postgresql.check_window(live, "same\n", "same\n", "")
    postgresql.check_window(live, "old\n", "new\n", "1")
    with pytest.raises(PyinfraError, match="WINDOW=1"):
        postgresql.check_window(live, "old\n", "new\n", "")


def test_a_change_of_the_web_section_under_a_live_shop_needs_a_window() -> None:
    processes.check_window([], "", has_release=True)
    processes.check_window(["web.conf"], "", has_release=False)
    with pytest.raises(PyinfraError, match="WINDOW=1"):
        processes.check_window(["web.conf"], "", has_release=True)


def test_the_web_section_holds_nothing_that_a_release_changes() -> None:
    section = processes.render("web.conf.j2")

    assert "command=/opt/comptoir/current/.venv/bin/python -m app.serve --fd 0\n" in section
    assert 'environment=COMPTOIR_ENV_FILE="/etc/comptoir/env",' in section
    assert "numprocs=2\n" in section
    assert "releases/" not in section


def test_the_night_s_work_stays_clear_of_the_hours_in_which_clocks_change() -> None:
    times = [line.split()[:2] for line in schedule.render_crontab(7).splitlines() if line[:1].isdigit()]

    assert times == [["17", "3"]]


def render_site(*, http2_directive: bool = True, brevo_ranges: tuple[str, ...] = ()) -> str:
    return web_front.render(
        "comptoir.conf.j2",
        domain="shop.example",
        names="shop.example",
        is_rehearsal=False,
        http2_directive=http2_directive,
        brevo_ranges=brevo_ranges,
    )


@pytest.mark.parametrize(("is_new", "listen"), [(False, "listen 443 ssl http2;"), (True, "http2 on;")])
def test_http2_is_said_as_this_nginx_understands_it(is_new: bool, listen: str) -> None:
    site = render_site(http2_directive=is_new)

    assert listen in site
    assert site.count("include snippets/comptoir-cache.conf;") == 1
    assert "ssl_reject_handshake on;" in site
    assert "client_max_body_size 512k;" in site


def test_brevo_is_heard_from_anywhere_unless_its_addresses_are_named() -> None:
    ranges = ("1.179.112.0/20", "172.246.240.0/20")
    for named in ((), ranges):
        place = render_site(brevo_ranges=named).partition("location = /brevo/webhook {")[2].partition("}")[0]
        assert "client_max_body_size 64k;" in place
        assert "limit_req zone=comptoir_all" in place
        assert "comptoir_closed" not in place, "open under maintenance"
        assert [line.strip() for line in place.splitlines() if "allow" in line or "deny" in line] == [
            *(f"allow {each};" for each in named),
            *(["deny all;"] if named else []),
        ]


def test_a_trusted_storefront_speaks_for_its_visitors_and_has_no_limit_itself() -> None:
    named = web_front.trusted_storefronts({"TRUSTED_STOREFRONTS": "203.0.113.7, 2001:db8::/64"})
    shared = web_front.render("http.conf.j2", trusted_storefronts=named)

    for address in ("203.0.113.7", "2001:db8::/64"):
        assert f"set_real_ip_from {address};\n" in shared
        assert f"  {address} 1;\n" in shared
    assert "real_ip_header X-Forwarded-For;" in shared


def test_without_one_nobody_speaks_for_others() -> None:
    shared = web_front.render("http.conf.j2", trusted_storefronts=web_front.trusted_storefronts({}))

    assert "real_ip" not in shared
    assert shared.count("_zone $comptoir_address ") == 3
