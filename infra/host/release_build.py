"""Builds a release: the tree, its own virtualenv from the hash lock, bytecode, and the RELEASE mark as the last act."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

from infra.host.release_places import CACHE, HOME, LEASH, RELEASES, Refused, say

PYTHON = "/usr/bin/python3"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def build(release: str, archive: Path, sha256: str, tree: str) -> None:
    """Build the release from the archive; whoever calls removes it if this raises."""
    target = RELEASES / release
    if target.exists():
        run(["rm", "-rf", str(target)])
    unpack(archive, sha256, target)
    uv = ensure_uv(target / "requirements-uv.lock")
    make_environment(uv, target)
    (target / "TREE").write_text(f"{tree}\n")
    # The mark must not survive a power cut that the files did not: they reach the disk first, then the mark does.
    os.sync()
    (target / "RELEASE").write_text(f"{release}\n")
    os.sync()
    archive.unlink(missing_ok=True)


def unpack(archive: Path, sha256: str, target: Path) -> None:
    """Unpack what the laptop sent, if it arrived whole; everything belongs to root and nothing is set-uid."""
    if hashlib.sha256(archive.read_bytes()).hexdigest() != sha256:
        raise Refused("L'archive est abîmée, relancez. / The archive arrived damaged, run again.")
    target.mkdir(parents=True, mode=0o755)
    # The program: Python 3.11.2 of Debian 12 has no safe filter in `tarfile` yet.
    run(
        [
            "tar",
            "--extract",
            "--file",
            str(archive),
            "--directory",
            str(target),
            "--no-same-owner",
            "--no-same-permissions",
        ]
    )


def ensure_uv(lock: Path) -> Path:
    """The pinned uv in a folder named after its version, installed once by pip with hashes."""
    found = re.search(r"^uv==(\S+)", lock.read_text(), re.MULTILINE)
    if not found:
        raise Refused("requirements-uv.lock ne nomme pas uv. / requirements-uv.lock does not name uv.")
    folder = HOME / f"uv-{found.group(1)}"
    program = folder / "bin" / "uv"
    if not (folder / "COMPLETE").exists():
        say(f"installs uv {found.group(1)}")
        run([PYTHON, "-m", "venv", "--clear", str(folder)])
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--quiet", "--no-cache-dir", "--disable-pip-version-check"]
        run([*pip, "install", "--require-hashes", "--only-binary", ":all:", "-r", str(lock)])
        (folder / "COMPLETE").touch()
    return program


def make_environment(uv: Path, target: Path) -> None:
    """The virtualenv: every package by its hash, then the application itself, in place."""
    say("builds the virtualenv")
    environment = target / ".venv"
    options = ["--no-config", "--quiet", "--cache-dir", str(CACHE / "uv")]
    python = str(environment / "bin" / "python")
    run([str(uv), "venv", *options, "--no-python-downloads", "--python", PYTHON, str(environment)])
    install = [str(uv), "pip", "install", *options, "--python", python]
    run([*install, "--require-hashes", "--compile-bytecode", "-r", str(target / "requirements.lock")])
    run([*install, "--no-deps", "--no-build-isolation", "--editable", str(target)])
    run([python, "-m", "compileall", "-q", str(target / "app")])
    # uv leaves its lock writable by everybody.
    (environment / ".lock").unlink(missing_ok=True)


def check_tree(release: str, tree: str) -> None:
    """Refuse a tag that names another tree than the one built here: tags do not move."""
    built = (RELEASES / release / "TREE").read_text().strip()
    if built != tree:
        raise Refused(
            f"L'étiquette {release} a changé de contenu depuis son déploiement : prenez-en une nouvelle."
            f" / Tag {release} moved since it was deployed: make a new one."
        )


def run(command: list[str]) -> None:
    """Run a build step; its last words are the message if it fails."""
    # The system's certificates: uv brings its own list, which knows no company's authority.
    environment = {**os.environ, "SSL_CERT_FILE": CERTIFICATES, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run([*LEASH, *command], capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        words = " | ".join((done.stderr or done.stdout).strip().splitlines()[-4:])
        raise Refused(f"{Path(command[0]).name} {' '.join(command[1:3])}: {words}")
