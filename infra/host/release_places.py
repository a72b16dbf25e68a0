"""Where releases live, and how their programs speak."""

import os
import sys
from pathlib import Path

# Tests point this at a folder of their own.
PREFIX = Path(os.environ.get("COMPTOIR_PREFIX", "/"))
HOME = PREFIX / "opt/comptoir"
RELEASES = HOME / "releases"
CURRENT = HOME / "current"
ETC = PREFIX / "etc/comptoir"
LOG = PREFIX / "var/log/comptoir/deploys.log"
LOCK = PREFIX / "var/lib/comptoir/deploy.lock"
ACT_LOCK = PREFIX / "var/lib/comptoir/release.lock"
CACHE = PREFIX / "var/cache/comptoir"
# Before a command: it dies with the program that started it, so that a killed deploy leaves nobody at work.
LEASH = ("setpriv", "--pdeathsig", "KILL", "--")


class Refused(Exception):
    """The act was not done; the message is one sentence for ops."""


def say(text: str) -> None:
    """One line of progress."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def read_pairs(path: Path) -> dict[str, str]:
    """The KEY=VALUE lines of an environment file."""
    if not path.exists():
        return {}
    lines = (line for line in path.read_text().splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}
