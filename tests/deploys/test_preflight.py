"""The preflight's judgement: a host's own report in, one sentence per finding out."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra.deploys.facts.host_report import HostReport, parse_report
from infra.findings import check_keys, check_report

GOOD = HostReport(
    os="debian",
    os_version="12",
    memory_mb=1980,
    disk_free_mb=18_000,
    is_root=True,
    is_time_synchronised=True,
    python="3.11",
)
SITE = {"BREVO_SENDER_EMAIL": "bonjour@boutique.example", "BREVO_SENDER_NAME": "La boutique"}


def judged(report: HostReport, name: str) -> tuple[str, str]:
    """Status and value of one finding."""
    finding = next(one for one in check_report(report) if one.name == name)
    return finding.status, finding.value


def test_a_good_host_has_no_reproach() -> None:
    assert {finding.status for finding in check_report(GOOD)} == {"ok"}


@pytest.mark.parametrize(
    ("os", "version", "status"),
    [
        ("debian", "12", "ok"),
        ("debian", "13", "ok"),
        ("ubuntu", "24.04", "warning"),
        ("debian", "11", "failure"),
        ("fedora", "41", "failure"),
    ],
)
def test_systems(os: str, version: str, status: str) -> None:
    assert judged(replace(GOOD, os=os, os_version=version), "os") == (status, f"{os} {version}")


@pytest.mark.parametrize(("memory_mb", "status"), [(1024, "warning"), (1899, "warning"), (1900, "ok")])
def test_memory(memory_mb: int, status: str) -> None:
    assert judged(replace(GOOD, memory_mb=memory_mb), "memory") == (status, f"{memory_mb} Mo")


@pytest.mark.parametrize(("free", "status"), [(2999, "failure"), (3000, "ok")])
def test_disk(free: int, status: str) -> None:
    assert judged(replace(GOOD, disk_free_mb=free), "disk") == (status, f"{free} Mo")


@pytest.mark.parametrize(
    ("port", "process", "status"),
    [
        (80, "apache2", "failure"),
        (80, "nginx", "ok"),
        (443, "caddy", "failure"),
        (9000, "php-fpm", "failure"),
        (9000, "supervisord", "ok"),
        (8080, "apache2", "ok"),
    ],
)
def test_ports(port: int, process: str, status: str) -> None:
    report = replace(GOOD, listeners=frozenset({(port, process)}))

    findings = {finding.status for finding in check_report(report) if finding.name.startswith("port_")}

    assert (status if status == "failure" else "ok") in findings
    assert ("failure" in findings) == (status == "failure")


def test_a_failure_names_who_holds_the_port() -> None:
    report = replace(GOOD, listeners=frozenset({(80, "apache2")}))

    sentence = next(one.sentence for one in check_report(report) if one.name == "port_80")

    assert sentence == "Le port 80 est pris par apache2. / Port 80 is taken."


def test_sudo_and_python() -> None:
    assert judged(replace(GOOD, is_root=False), "sudo") == ("failure", "no")
    assert judged(replace(GOOD, python="3.9"), "python") == ("failure", "3.9")
    assert judged(replace(GOOD, python=""), "python") == ("failure", "absent")


def test_a_container_has_no_clock_of_its_own() -> None:
    assert judged(replace(GOOD, container="systemd-nspawn"), "clock") == ("warning", "systemd-nspawn")
    assert judged(replace(GOOD, is_time_synchronised=False), "clock") == ("warning", "no")


def test_what_a_host_says_is_read_as_it_is() -> None:
    report = parse_report(
        [
            "os=debian",
            "os_version=13",
            "memory_mb=2048",
            "disk_free_mb=19000",
            "uid=0",
            "container=none",
            "time_synchronised=yes",
            "python=3.13",
            "current=v1.0.0",
            "listener=80 nginx",
            "listener=22 sshd",
        ]
    )

    assert report == HostReport(
        os="debian",
        os_version="13",
        memory_mb=2048,
        disk_free_mb=19000,
        is_root=True,
        container="none",
        is_time_synchronised=True,
        python="3.13",
        current_release="v1.0.0",
        listeners=frozenset({(80, "nginx"), (22, "sshd")}),
    )
    assert (report.is_container, report.has_release) == (False, True)


def keys_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    """A file of vendor keys."""
    path = folder / "production.env"
    path.write_text(text)
    path.chmod(mode)
    return path


def key_finding(path: Path, *, is_production: bool, site: dict[str, str] | None = None) -> tuple[str, str]:
    """Status and value of the only finding."""
    (finding,) = check_keys(path, SITE if site is None else site, is_production=is_production)
    return finding.status, finding.value


def test_keys(tmp_path: Path) -> None:
    live = "STRIPE_SECRET_KEY=sk_live_1\nBREVO_API_KEY=xkeysib-1\n"

    assert key_finding(tmp_path / "none.env", is_production=True) == ("failure", "absent")
    assert key_finding(keys_file(tmp_path, live, 0o644), is_production=True) == ("failure", "0o644")
    assert key_finding(keys_file(tmp_path, live), is_production=True) == ("ok", "")
    assert key_finding(keys_file(tmp_path, live), is_production=False) == ("failure", "live")
    test_key = live.replace("live", "test")
    assert key_finding(keys_file(tmp_path, test_key), is_production=True) == ("failure", "test")
    assert key_finding(keys_file(tmp_path, test_key), is_production=False) == ("ok", "")
    missing = keys_file(tmp_path, "STRIPE_SECRET_KEY=sk_live_1\n")
    assert key_finding(missing, is_production=True, site={}) == (
        "failure",
        "BREVO_API_KEY, BREVO_SENDER_EMAIL, BREVO_SENDER_NAME",
    )
