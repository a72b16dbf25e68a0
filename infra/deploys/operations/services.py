"""A service has read its files: decided by dates on the host, so that a run that died before a reload is made good."""

from collections.abc import Generator

from pyinfra import host
from pyinfra.api import operation
from pyinfra.operations import files, systemd

from infra.deploys.facts.pending import NewerThanStamp
from infra.deploys.operations import programs

STAMPS = "/var/lib/comptoir/loaded"


@operation()
def loaded(act: str, paths: tuple[str, ...], command: str) -> Generator[str, None, None]:
    """Run `command` if one of `paths` is newer than the last time it succeeded; `act` names the stamp.

    pyinfra's `_if=change.did_change` forgets what a dead run changed; a stamp does not.
    """
    stamp = f"{STAMPS}/{act}"
    if not host.get_fact(NewerThanStamp, stamp=stamp, paths=paths):
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
    files.put(name=f"Drop-in of {unit}", src=f"systemd/{unit}.d/comptoir.conf", dest=path, mode="644")
    loaded(name=f"systemd knows the drop-in of {unit}", act=unit, paths=(path,), command="systemctl daemon-reload")


def enabled(unit: str) -> None:
    """The unit runs, now and after the next boot."""
    systemd.service(name=f"{unit} runs and starts at boot", service=unit, running=True, enabled=True)
