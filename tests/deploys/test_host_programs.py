"""The programs that run on the host, run here in folders of their own."""

import fcntl
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.host import host_secrets, release
from infra.host.host_secrets import is_verifier_of, password_of, scram_verifier
from infra.host.release_serve import last_words, trust

ROOT = Path(__file__).resolve().parents[2]


def run(program: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program of infra/host as the host does, with these variables."""
    line = [sys.executable, str(ROOT / "infra" / "host" / program), *arguments]
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SUDO_USER": "claire", **variables}
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)


def test_the_verifier_is_the_one_that_postgresql_would_compute() -> None:
    salt = bytes.fromhex("5b6d99689d12358eeca04b141236fa81")

    verifier = scram_verifier("pencil", salt)

    assert verifier == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
        ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
    assert is_verifier_of(verifier, "pencil")
    assert not is_verifier_of(verifier, "pencil2")
    assert not is_verifier_of("", "pencil")


def test_the_password_is_taken_out_of_the_url() -> None:
    assert password_of("postgresql+psycopg://comptoir_app_a:s3cret_-@/comptoir?host=/run") == "s3cret_-"


def test_a_secret_that_is_handed_over_leaves_the_one_that_stripe_knew_good_for_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handover, parts = tmp_path / "stripe.env", tmp_path / "env.d"
    parts.mkdir()
    monkeypatch.setattr(host_secrets, "FOLDER", tmp_path)
    monkeypatch.setattr(host_secrets, "HANDOVER", handover)
    (parts / "20-generated.env").write_text("STRIPE_WEBHOOK_SECRET=whsec_standin\n")

    def take(secret: str) -> list[str]:
        handover.write_text(f"STRIPE_WEBHOOK_SECRET={secret}\n")
        host_secrets.take_handover()
        assert not handover.exists()
        return [line for line in host_secrets.composed().splitlines() if line.startswith("STRIPE_WEBHOOK_SECRET")]

    assert take("whsec_first") == ["STRIPE_WEBHOOK_SECRET=whsec_first"], "nobody knew the one that was born here"
    second = take("whsec_second")
    assert second[:2] == ["STRIPE_WEBHOOK_SECRET=whsec_second", "STRIPE_WEBHOOK_SECRET_PREVIOUS=whsec_first"]
    until = datetime.fromisoformat(second[2].partition("=")[2])
    assert timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(hours=24)
    assert take("whsec_second") == second, "what is left of a run that broke off is taken once"
    with pytest.raises(SystemExit, match="does not hold a webhook secret"):
        take("whsec_third\nJWT_SECRET=mine")


def test_the_authority_makes_a_certificate_once_and_anew_for_another_name(tmp_path: Path) -> None:
    folder = {"COMPTOIR_TLS": str(tmp_path)}
    assert run("own_authority.py", "check", "shop.example", **folder).stdout.split() == ["authority", "certificate"]

    assert run("own_authority.py", "ensure", "shop.example", "203.0.113.10", **folder).returncode == 0

    assert run("own_authority.py", "check", "shop.example", "203.0.113.10", **folder).stdout == ""
    assert run("own_authority.py", "check", "autre.example", **folder).stdout.strip() == (
        "certificate: autre.example is not in it"
    )
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()}
    assert (modes["ca.key"], modes["privkey.pem"], modes["ca.crt"]) == ("0o600", "0o600", "0o644")
    # A certificate of a public authority must pass too, once ops bring one.
    public = trust(tmp_path / "none.crt").cert_store_stats()["x509_ca"]
    assert trust(tmp_path / "ca.crt").cert_store_stats()["x509_ca"] == public + 1


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    """Three releases: v1 and v2 have served, v3 is live."""
    folder = tmp_path / "opt/comptoir/releases"
    for name in ("v1.0.0", "v2.0.0", "v3.0.0"):
        (folder / name).mkdir(parents=True)
        for mark in ("RELEASE", "TREE", "GOOD"):
            (folder / name / mark).write_text(f"{name}\n")
    (tmp_path / "opt/comptoir/current").symlink_to("releases/v3.0.0")
    (tmp_path / "etc/comptoir").mkdir(parents=True)
    return tmp_path


def test_the_releases_are_listed_with_what_became_of_them(releases: Path) -> None:
    (releases / "opt/comptoir/releases/v2.0.0/LEFT").touch()

    done = run("release.py", "list", "--json", COMPTOIR_PREFIX=str(releases))

    listed = {row["release"]: (row["is_live"], row["was_left"]) for row in json.loads(done.stdout)}
    assert listed == {"v1.0.0": (False, False), "v2.0.0": (False, True), "v3.0.0": (True, False)}


@pytest.mark.parametrize(
    ("tag", "sentence"),
    [
        ("v0.1.0", "v0.1.0 n'est pas sur ce serveur / is not on this host (v1.0.0, v2.0.0, v3.0.0).\n"),
        ("v3.0.0", "v3.0.0 est déjà en service. / v3.0.0 is already live.\n"),
    ],
)
def test_a_rollback_that_cannot_be_is_refused_by_one_sentence(releases: Path, tag: str, sentence: str) -> None:
    done = run("release.py", "rollback", tag, COMPTOIR_PREFIX=str(releases))

    assert (done.returncode, done.stderr) == (1, sentence)
    assert (releases / "opt/comptoir/current").readlink() == Path("releases/v3.0.0")


def test_a_rollback_out_of_the_schema_s_range_is_refused(releases: Path) -> None:
    live, old = (releases / "opt/comptoir/releases" / name / "app/migrations" for name in ("v3.0.0", "v1.0.0"))
    for folder, revisions in ((live, ("0001_core", "0002_drop")), (old, ("0001_core",))):
        (folder / "versions").mkdir(parents=True)
        for revision in revisions:
            (folder / "versions" / f"{revision}.py").write_text(f'revision = "{revision}"\n')
    (live / "OLDEST_READER").write_text("0002_drop\n")

    done = run("release.py", "rollback", "v1.0.0", COMPTOIR_PREFIX=str(releases))

    assert done.returncode == 1
    assert done.stderr.startswith("v1.0.0 ne sait pas lire le schéma actuel (il lui manque 0002_drop)")
    assert (releases / "opt/comptoir/current").readlink() == Path("releases/v3.0.0")
    line = json.loads((releases / "var/log/comptoir/deploys.log").read_text())
    assert (line["event"], line["release"], line["who"], line["status"]) == (
        *("release_rollback", "v1.0.0"),
        *("claire", "failed"),
    )


def test_who_comes_second_is_told_who_is_first(releases: Path) -> None:
    lock = releases / "var/lib/comptoir/deploy.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.write('{"who": "jo@portable", "since": "2026-11-21T08:00:00+00:00", "tag": "v4.0.0", "run": "x"}')
        stream.flush()

        done = run("release.py", "rollback", "v1.0.0", COMPTOIR_PREFIX=str(releases))

    assert done.returncode == 1
    assert done.stderr.startswith("Déploiement de v4.0.0 en cours par jo@portable depuis 2026-11-21T08:00:00+00:00.")


def test_a_rollback_to_a_path_is_none_to_a_release(releases: Path) -> None:
    (releases / "tmp/mine").mkdir(parents=True)
    (releases / "tmp/mine/RELEASE").write_text("v3.0.0\n")

    done = run("release.py", "rollback", "../../../tmp/mine", COMPTOIR_PREFIX=str(releases))

    assert done.returncode == 1
    assert done.stderr.startswith("../../../tmp/mine n'est pas sur ce serveur / is not on this host")
    assert not (releases / "var/log/comptoir/deploys.log").exists()


def test_who_comes_through_the_wrapper_cannot_be_somebody_else(releases: Path) -> None:
    done = run(
        *("release.py", "rollback", "v1.0.0", "--who", "somebody@else"),
        COMPTOIR_PREFIX=str(releases),
        COMPTOIR_ACTOR="claire",
    )

    assert done.returncode == 1
    line = json.loads((releases / "var/log/comptoir/deploys.log").read_text())
    assert (line["who"], line["status"]) == ("claire", "failed")


def test_what_a_dead_laptop_started_still_keeps_others_out(releases: Path) -> None:
    (releases / "var/lib/comptoir").mkdir(parents=True)
    with (releases / "var/lib/comptoir/release.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.write('{"who": "jo@portable", "since": "2026-11-21T08:00:00+00:00", "tag": "v4.0.0", "run": "x"}')
        stream.flush()

        done = run("release.py", "rollback", "v1.0.0", COMPTOIR_PREFIX=str(releases))

    assert done.returncode == 1
    assert done.stderr.startswith("Déploiement de v4.0.0 en cours par jo@portable depuis 2026-11-21T08:00:00+00:00.")


def test_a_release_whose_run_died_at_the_switch_falls_back_to_the_last_good_one(
    releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "RELEASES", releases / "opt/comptoir/releases")
    (releases / "opt/comptoir/releases/v3.0.0/GOOD").unlink()
    (releases / "opt/comptoir/releases/v2.0.0/LEFT").touch()

    assert release.fallback_of("v3.0.0", live="v3.0.0") == "v1.0.0"
    assert release.fallback_of("v4.0.0", live="v3.0.0") == "v3.0.0"
    assert release.fallback_of("v1.0.0", live="") == ""


def test_five_releases_are_kept_the_live_one_and_those_that_served_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, current = tmp_path / "releases", tmp_path / "current"
    for age, name in enumerate(("v1", "v2", "v3", "v4", "v5", "v6", "half-built")):
        (folder / name).mkdir(parents=True)
        if name != "half-built":
            (folder / name / "GOOD").touch()
            os.utime(folder / name / "GOOD", (age, age))
    current.symlink_to("releases/v1")  # rolled back to the oldest: it serves, so it stays
    monkeypatch.setattr(release, "RELEASES", folder)
    monkeypatch.setattr(release, "CURRENT", current)

    release.prune(5)

    assert {path.name for path in folder.iterdir()} == {"v1", "v3", "v4", "v5", "v6"}


def test_the_last_words_of_a_program_are_short() -> None:
    done = subprocess.CompletedProcess(["x"], 1, "", "\n".join(f"line {number}" for number in range(50)))

    assert last_words(done) == "line 47 | line 48 | line 49"
