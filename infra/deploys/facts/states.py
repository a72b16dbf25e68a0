"""The state of many things in one command: a deploy that has nothing to do should not take a minute to say so."""

import re
from collections.abc import Iterable

from pyinfra.api import FactBase

CHECKSUM = re.compile(r"([0-9a-f]{64})  (/.*)")
STATE = re.compile(r"([0-7]+) (\S+:\S+) (/.*)")


class PathStates(FactBase[dict[str, str]]):
    """path -> `mode owner:group checksum` (a folder has no checksum); what does not exist is left out."""

    default = dict

    def command(self, paths: tuple[str, ...]) -> str:
        """One stat and one sha256sum for all of them."""
        wanted = " ".join(paths)
        return f"stat -c '%a %U:%G %n' {wanted} 2>/dev/null; sha256sum {wanted} 2>/dev/null; true"

    def process(self, output: Iterable[str]) -> dict[str, str]:
        """Both answers put together."""
        states: dict[str, str] = {}
        for line in output:
            if found := STATE.fullmatch(line.strip()):
                states[found.group(3)] = f"{found.group(1)} {found.group(2)}"
            elif found := CHECKSUM.fullmatch(line.strip()):
                states[found.group(2)] += f" {found.group(1)}"
        return states


class IdleUnits(FactBase[list[str]]):
    """Those of the given systemd units that do not run or do not start at boot."""

    default = list

    def command(self, units: tuple[str, ...]) -> str:
        """Two cheap questions a unit."""
        return "; ".join(
            f"systemctl is-active -q {unit} && systemctl is-enabled -q {unit} 2>/dev/null || echo {unit}"
            for unit in units
        )

    def process(self, output: Iterable[str]) -> list[str]:
        """Their names."""
        return [line.strip() for line in output if line.strip()]


class MissingAccounts(FactBase[list[str]]):
    """Those of the given users or groups that do not exist."""

    default = list

    def command(self, database: str, names: tuple[str, ...]) -> str:
        """`database` is passwd or group."""
        return f"for name in {' '.join(names)}; do getent {database} $name >/dev/null || echo $name; done"

    def process(self, output: Iterable[str]) -> list[str]:
        """Their names."""
        return [line.strip() for line in output if line.strip()]
