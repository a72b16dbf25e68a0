"""The Makefile as a newcomer meets it: a list of targets, then `make up` by a normal user on a copy of the tree."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.architecture.source import files
from tests.proofs import record_proof
from tests.up.command import ROOT, Instance, get, run_up, running_on
from tests.up.conftest import make_open_folder
from tests.waiting import wait_until

IS_ROOT = os.geteuid() == 0
SYSTEM_PYTHON = Path("/usr/bin/python3")
TRY = ["up", "test", "clean"]
DEVELOP = ["fast", "check", "lock", "prove", "bench", "bench-quick", "serve", "migrate", "appliance", "appliance-down"]
OPERATE = ["bootstrap", "deploy", "rollback", "audit"]


def test_make_alone_lists_the_targets_by_who_needs_them() -> None:
    # The suite itself runs under make, and a make below a make speaks of folders.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    listing = subprocess.run(["make"], cwd=ROOT, env=alone, capture_output=True, text=True, check=True).stdout
    groups = [re.findall(r"^  make ([a-z-]+) ", group, re.MULTILINE) for group in listing.split("\n\n")]
    assert groups == [TRY, DEVELOP, OPERATE]


def test_every_target_is_listed() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert targets == {*TRY, *DEVELOP, *OPERATE, "help"}


@dataclass(frozen=True)
class Newcomer:
    """A normal user with a copy of the tree and nothing else: no environment, no cache."""

    folder: Path
    started: list[Instance] = field(default_factory=list)

    @property
    def tree(self) -> Path:
        """The copy."""
        return self.folder / "tree"

    def make_up(self, name: str) -> Instance:
        """`make up` with that user's rights."""
        drop = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if IS_ROOT else []
        cache = str(self.folder / "home")
        home = {"HOME": cache, "XDG_CACHE_HOME": cache, "UV_CACHE_DIR": f"{cache}/uv", "PIP_CACHE_DIR": f"{cache}/pip"}
        python = SYSTEM_PYTHON if SYSTEM_PYTHON.exists() else Path(sys.executable)
        command = [*drop, "make", "up", f"PYTHON={python}"]
        data = self.tree / "var"
        environment = {**home, "MAKEFLAGS": "", "DATA": "var"}
        instance = run_up(data, self.folder / name, command=command, environment=environment, cwd=self.tree)
        self.started.append(instance)
        return instance


@pytest.fixture(scope="module")
def newcomer() -> Iterator[Newcomer]:
    """The copy belongs to the user `nobody` where we are root."""
    for folder in make_open_folder():
        for path in files():
            target = folder / "tree" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, target)
        (folder / "home").mkdir()
        if IS_ROOT:
            subprocess.run(["chown", "--recursive", "nobody:nogroup", folder / "tree", folder / "home"], check=True)
        user = Newcomer(folder)
        yield user
        for instance in user.started:
            instance.stop()


def test_make_up_from_nothing_as_a_normal_user(newcomer: Newcomer) -> None:
    started_at = time.monotonic()
    first = newcomer.make_up("first")
    wait_until(lambda: first.is_ready() or first.process.poll() is not None, 180, "ready for the first time")
    first_seconds = time.monotonic() - started_at
    if "il faut le réseau" in first.text and os.environ.get("REQUIRE_APPLIANCE") != "1":
        pytest.skip("the first start fetches the dependencies, and no package index answers here")
    assert first.is_ready(), first.text
    assert get(first.url, "/health/ready")[0] == 200
    press_ctrl_c(first)
    assert "Stopped, the data stay." in first.text
    assert running_on(first.data) == []

    started_at = time.monotonic()
    second = newcomer.make_up("second").wait_until_ready()
    second_seconds = time.monotonic() - started_at
    assert "environnement" not in second.text, "nothing is installed again"
    record_proof("make-up", {"first_seconds": round(first_seconds, 1), "second_seconds": round(second_seconds, 1)})
    assert second.stop(signal.SIGTERM) != 0
    wait_until(lambda: not running_on(second.data), 20, "everything is stopped when make is")

    third = newcomer.make_up("third").wait_until_ready()
    third.stop(signal.SIGKILL)
    wait_until(lambda: not running_on(third.data), 20, "everything is stopped when make is killed")


def press_ctrl_c(instance: Instance) -> None:
    """What a terminal does: the signal goes to make and to all that runs in the foreground."""
    os.killpg(instance.process.pid, signal.SIGINT)
    instance.process.wait(timeout=30)
