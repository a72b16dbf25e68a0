"""Our own operations: facts in, commands out; and no command on a host where nothing is missing."""

import base64
import io
import tarfile

from infra.deploys.facts.states import PathStates
from infra.deploys.operations import packages, paths, programs, releases, services, system_users
from infra.deploys.operations.paths import Folder, Text, pack
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


def test_only_the_files_that_differ_are_taken_out_of_the_archive() -> None:
    same, moved, new = Text("/etc/a", "one\n"), Text("/etc/b", "two\n", mode="600"), Text("/etc/c/d", "three\n")
    states = {"/etc/a": same.state(), "/etc/b": moved.state().replace("600", "644")}

    commands = commands_of(paths.texts_placed, {"PathStates": states}, texts=(same, moved, new))

    assert commands == [f"{paths.UNPACK} etc/b etc/c/d"]
    everything = {text.path: text.state() for text in (same, moved, new)}
    assert commands_of(paths.texts_placed, {"PathStates": everything}, texts=(same, moved, new)) == []


def test_the_archive_carries_content_owner_and_mode() -> None:
    archive = pack([Text("/etc/comptoir/env", "KEY=value\n", mode="640", owner="root", group="comptoir")])

    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(archive))) as tar:
        (member,) = tar.getmembers()
        content = tar.extractfile(member)
        assert content is not None
        assert content.read() == b"KEY=value\n"
    assert (member.name, oct(member.mode), member.uname, member.gname) == (
        *("etc/comptoir/env", "0o640"),
        *("root", "comptoir"),
    )


def test_no_content_is_ever_on_a_command_line() -> None:
    commands = commands_of(paths.texts_placed, {"PathStates": {}}, texts=(Text("/etc/x", "canary-7f3a", mode="600"),))

    assert commands == [f"{paths.UNPACK} etc/x"]


def test_folders_and_accounts_are_made_only_if_missing() -> None:
    folders = (Folder("/etc/comptoir", "root", "comptoir", "750"), Folder("/opt/comptoir", "root", "root", "755"))
    states = {"/opt/comptoir": "755 root:root"}

    assert commands_of(paths.folders_placed, {"PathStates": states}, folders=folders) == [
        "install -d -o root -g comptoir -m 750 /etc/comptoir"
    ]
    missing = {"MissingAccounts": lambda database, names: list(names) if database == "group" else []}
    assert commands_of(system_users.present, missing, users=("comptoir",), groups=("comptoir-ops",)) == [
        "groupadd --system comptoir-ops"
    ]


def test_idle_units_are_started_and_the_others_left_alone() -> None:
    assert commands_of(services.enabled, {"IdleUnits": ["cron.service"]}, units=("cron.service", "x.timer")) == [
        "systemctl enable -q --now cron.service"
    ]


def test_what_stat_and_sha256sum_say_is_put_together() -> None:
    checksum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    lines = ["644 root:root /etc/a", "2750 comptoir_backup:comptoir /var/lib/b", f"{checksum}  /etc/a"]

    assert PathStates().process(lines) == {
        "/etc/a": f"644 root:root {checksum}",
        "/var/lib/b": "2750 comptoir_backup:comptoir",
    }


def test_a_service_reads_its_files_if_one_is_newer_than_the_last_time() -> None:
    arguments = {"act": "nginx", "files": ("/etc/nginx/a",), "command": "nginx -t -q && systemctl reload nginx"}

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
