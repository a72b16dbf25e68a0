"""Our own operations: facts in, commands out; and no command on a host where nothing is missing."""

from infra.deploys.operations import packages, programs, releases, services
from tests.deploys.hosts import commands_of

LIVE = {"release": "v1.0.0", "tree": "abc", "archive": "/tmp/v1.tar.gz", "sha256": "0f", "keep": 5}  # noqa: S108


def test_packages_are_installed_in_one_run_and_only_the_missing_ones() -> None:
    commands = commands_of(packages.installed, {"MissingPackages": ["nginx", "cron"]}, names=("nginx", "cron", "sudo"))

    assert len(commands) == 2
    assert commands[0].endswith("apt-get -q -y -o Dpkg::Options::=--force-confold update")
    assert commands[1].endswith("--no-install-recommends install nginx cron")


def test_a_host_with_every_package_is_not_even_refreshed() -> None:
    assert commands_of(packages.installed, {"MissingPackages": []}, names=("nginx",)) == []


def test_a_program_runs_only_if_it_names_something_missing() -> None:
    arguments = {"program": "database.py"}

    assert commands_of(programs.converged, {"Pending": ["role comptoir_owner"]}, **arguments) == [
        "python3 /usr/local/lib/comptoir/infra/host/database.py ensure"
    ]
    assert commands_of(programs.converged, {"Pending": []}, **arguments) == []


def test_a_service_reads_its_files_if_one_is_newer_than_the_last_time() -> None:
    arguments = {"act": "nginx", "paths": ("/etc/nginx/a",), "command": "nginx -t -q && systemctl reload nginx"}

    assert commands_of(services.loaded, {"NewerThanStamp": ["/etc/nginx/a"]}, **arguments) == [
        "mkdir -p /var/lib/comptoir/loaded && touch /var/lib/comptoir/loaded/nginx.new"
        " && { nginx -t -q && systemctl reload nginx; }"
        " && mv /var/lib/comptoir/loaded/nginx.new /var/lib/comptoir/loaded/nginx"
    ]
    assert commands_of(services.loaded, {"NewerThanStamp": []}, **arguments) == []


def test_a_restart_under_a_live_shop_is_behind_the_maintenance_page() -> None:
    assert services.restart("x.service", has_release=False) == "systemctl restart x.service"
    assert services.restart("x.service", has_release=True) == (
        "sh /usr/local/lib/comptoir/infra/host/window.sh x.service systemctl restart x.service"
    )


def test_a_release_that_serves_is_left_alone() -> None:
    assert commands_of(releases.live, {"Pending": []}, **LIVE) == []


def test_a_release_that_is_not_live_is_shipped_and_installed_under_the_lock_of_this_run() -> None:
    commands = commands_of(releases.live, {"Pending": ["v1.0.0 is not live"]}, **LIVE)

    assert len(commands) == 2
    assert "/var/lib/comptoir/incoming/v1.0.0.tar.gz" in commands[0]
    assert commands[1].startswith("python3 /usr/local/lib/comptoir/infra/host/release.py install v1.0.0 --tree abc ")
    assert " --sha256 0f --keep 5 --who " in commands[1]
    assert " --run " in commands[1]


def test_new_settings_restart_the_processes_and_ship_nothing() -> None:
    facts = {"Pending": ["the settings changed since the processes started"]}

    commands = commands_of(releases.live, facts, **LIVE)

    assert len(commands) == 1
    assert commands[0].startswith("python3 /usr/local/lib/comptoir/infra/host/release.py restart --who ")


def test_setup_runs_once_per_content_of_its_file() -> None:
    arguments = {"setup_file": "/etc/comptoir/setup.toml"}

    commands = commands_of(releases.shop_ready, {"SetupPending": True}, **arguments)

    assert commands[0].endswith("/usr/local/bin/comptoir setup --file /etc/comptoir/setup.toml")
    assert commands[-1] == "sha256sum /etc/comptoir/setup.toml > /var/lib/comptoir/setup.sha256"
    assert commands_of(releases.shop_ready, {"SetupPending": False}, **arguments) == []
