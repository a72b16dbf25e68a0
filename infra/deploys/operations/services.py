"""A service has read its files: decided by dates on the host, so that a run that died before a reload is made good."""

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import operation

from infra.deploys.facts.pending import NewerThanStamp
from infra.deploys.facts.states import IdleUnits
from infra.deploys.operations import paths, programs
from infra.target import ROOT

STAMPS = "/var/lib/comptoir/loaded"


@operation()
def loaded(act: str, files: tuple[str, ...], command: str) -> Generator[str, None, None]:
    """Run `command` if one of `files` is newer than the last time it succeeded; `act` names the stamp.

    pyinfra's `_if=change.did_change` forgets what a dead run changed; a stamp does not.
    """
    stamp = f"{STAMPS}/{act}"
    if not host.get_fact(NewerThanStamp, stamp=stamp, paths=files):
        host.noop(f"{act}: every file was read")
        return
    # The stamp's date is taken before the files are read: a file written meanwhile is read next time.
    yield f"mkdir -p {STAMPS} && touch {stamp}.new && {{ {command}; }} && mv {stamp}.new {stamp}"


def restart(unit: str, *, has_release: bool) -> str:
    """The restart of a service that the shop needs; under a live shop behind the maintenance page, seconds logged."""
    command = f"systemctl restart {unit}"
    return f"sh {programs.PROGRAMS}/window.sh {unit} {command}" if has_release else command


def drop_in(unit: str) -> None:
    """Our drop-in for a unit of the distribution, and systemd knows it."""
    path = f"/etc/systemd/system/{unit}.d/comptoir.conf"
    content = (ROOT / "systemd" / f"{unit}.d" / "comptoir.conf").read_text()
    paths.put(f"Drop-in of {unit}", paths.Text(path, content))
    loaded(name=f"systemd knows the drop-in of {unit}", act=unit, files=(path,), command="systemctl daemon-reload")


@operation()
def enabled(units: tuple[str, ...]) -> Generator[str, None, None]:
    """The units run, now and after the next boot."""
    for unit in host.get_fact(IdleUnits, units=units):
        yield f"systemctl enable -q --now {unit}"
