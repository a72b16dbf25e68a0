"""The tree speaks of the project alone: no registry, no machine of ours; locks carry hashes and no address."""

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, files, listed_by_git, refuse, walked

# Written in pieces, so that this file does not name them either.
REGISTRIES = ("pypi" + ".org", "python" + "hosted.org", "npm" + "js.", "registry" + ".npm", "deb." + "debian.org",
              "security." + "debian.org", "archive." + "ubuntu.com", "ghcr" + ".io", "docker" + ".io")  # fmt: skip
# Somebody's own folder; the server's accounts are the product's.
MACHINES = re.compile(r"/(?:home|Users)/(?!deploy\b)[a-z]\w*/")
PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s;]+)")


def addresses(path: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        for registry in REGISTRIES:
            if registry in line:
                yield f"{path}:{number} names the registry {registry}"
        if MACHINES.search(line):
            yield f"{path}:{number} names a folder of one machine"


def faults_of_a_lock(path: str, text: str) -> Iterator[str]:
    """Each requirement is pinned and carries its hashes; no line says where from."""
    for block in re.split(r"\n(?=[A-Za-z0-9])", text.strip()):
        first = block.splitlines()[0]
        if "://" in block or first.startswith("-"):
            yield f"{path}: {first} (an address or an option)"
        elif not PIN.match(first) or "--hash=sha256:" not in block:
            yield f"{path}: {first} (not pinned, or without hash)"


def faults_of_a_package_lock(path: str, text: str) -> Iterator[str]:
    """Each package of JavaScript is pinned by its integrity; no line says where from, none may run a script."""
    for name, package in json.loads(text)["packages"].items():
        if name and "integrity" not in package:
            yield f"{path}: {name} (without integrity)"
        if "resolved" in package or package.get("hasInstallScript"):
            yield f"{path}: {name} (an address, or a script of its own)"


def pins(text: str) -> dict[str, str]:
    return {match[1].lower(): match[2] for line in text.splitlines() if (match := PIN.match(line))}


def locks() -> list[str]:
    return [path.as_posix() for path in files() if re.fullmatch(r"requirements.*\.lock", path.as_posix())]


def test_the_tree_names_no_registry_and_no_machine() -> None:
    found: list[str] = []
    for path in files():
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += addresses(path.as_posix(), text)
    refuse(found, "Use what the machine is configured with (its package client, a setting); say no address:")


def test_the_tree_is_read_with_and_without_git() -> None:
    assert set(files()) <= set(walked())
    assert Path("app/core/db.py") in files()


def test_commit_messages_name_no_registry_and_no_machine() -> None:
    command = ["git", "log", "--format=%h %B"]
    log = (
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
        if listed_by_git()
        else None
    )
    refuse(list(addresses("git log", log.stdout if log else "")), "Write what changed and why, nothing of a machine:")


def test_locks_carry_hashes_and_no_address() -> None:
    found = [fault for name in locks() for fault in faults_of_a_lock(name, (ROOT / name).read_text())]
    refuse(found, "Lock with `uv pip compile --generate-hashes --no-header --no-emit-index-url`:")
    assert locks(), "The hash locks are missing from the root of the tree."


def test_package_locks_carry_hashes_and_no_address() -> None:
    found = [path.as_posix() for path in files() if path.name == "package-lock.json"]
    refuse(
        [fault for name in found for fault in faults_of_a_package_lock(name, (ROOT / name).read_text())],
        "Lock with `npm install --package-lock-only` beside the .npmrc that leaves addresses out:",
    )
    assert found, "The lock of the SDK is missing from tests/sdk."


def test_locks_hold_the_versions_of_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.sub(r"\[.*?\]", "", line) for line in project["dependencies"]}
    locked = pins((ROOT / "requirements.lock").read_text())
    differing = [
        f"{name} {version}" for name, version in pins("\n".join(wanted)).items() if locked.get(name) != version
    ]
    refuse(differing, "Lock again: requirements.lock differs from pyproject.toml:")
    assert len(pins("\n".join(wanted))) == len(wanted), "Every dependency in pyproject.toml is pinned with ==."


@pytest.mark.parametrize("text", [*REGISTRIES, "cd /home" + "/jeanne/shop", "see /Users" + "/jeanne/notes"])
def test_an_address_is_seen(text: str) -> None:
    assert len(list(addresses("README.md", f"one line\n{text}\n"))) >= 1


def test_other_paths_are_left_alone() -> None:
    assert list(addresses("infra/x.py", "/opt/comptoir/releases /root/.ssh /home/deploy/.ssh {image}/work")) == []


def test_a_faulty_lock_is_seen() -> None:
    good = "alembic==1.20.1 \\\n    --hash=sha256:83490\nbabel==2.18.0 \\\n    --hash=sha256:b\n"
    assert list(faults_of_a_lock("x.lock", good)) == []
    assert len(list(faults_of_a_lock("x.lock", "alembic==1.20.1\n"))) == 1
    assert len(list(faults_of_a_lock("x.lock", "alembic>=1.20.1 \\\n    --hash=sha256:83490\n"))) == 1
    assert len(list(faults_of_a_lock("x.lock", f"--index-url https://example.org\n{good}"))) == 1
    package = '{"packages": {"": {}, "node_modules/qs": {"version": "6.15.0", "integrity": "sha512-x"}}}'
    assert list(faults_of_a_package_lock("x.json", package)) == []
    assert len(list(faults_of_a_package_lock("x.json", package.replace("integrity", "resolved")))) == 2
    assert pins(good) == {"alembic": "1.20.1", "babel": "2.18.0"}
