"""What the host's release program does, as operations; the program knows how, these know when."""

from collections.abc import Generator
from shlex import quote

from pyinfra import host
from pyinfra.api import FileUploadCommand, StringCommand, operation

from infra.deploys import lock
from infra.deploys.facts.pending import NothingMatches, Pending, SetupPending
from infra.deploys.operations.programs import PROGRAMS

PROGRAM = f"{PROGRAMS}/release.py"
INCOMING = "/var/lib/comptoir/incoming"


def identity() -> str:
    """Who deploys and in which run, for the lock and the log."""
    return f"--who {quote(lock.who_is_here())} --run {lock.RUN}"


@operation()
def live(
    release: str, tree: str, archive: str, sha256: str, keep: int
) -> Generator[StringCommand | FileUploadCommand | str, None, None]:
    """The release serves, and its processes have read the present settings."""
    pending = host.get_fact(Pending, program=PROGRAM, arguments=f"{quote(release)} --tree {tree}")
    if not pending:
        host.noop(f"{release} is live")
        return
    if any("not live" in line or "not installed" in line for line in pending):
        remote = f"{INCOMING}/{release}.tar.gz"
        yield FileUploadCommand(archive, remote, remote_temp_filename=host.get_temp_filename(remote))
        yield (
            f"python3 {PROGRAM} install {quote(release)} --tree {tree} --archive {quote(remote)}"
            f" --sha256 {sha256} --keep {keep} {identity()}"
        )
    else:
        yield f"python3 {PROGRAM} restart {identity()}"


@operation(is_idempotent=False, idempotent_notice="A rollback is an act: it always moves to another release.")
def rolled_back(release: str) -> Generator[str, None, None]:
    """Another kept release serves; the host picks the last good one if none is named."""
    yield (
        f"python3 {PROGRAM} rollback {quote(release)} {identity()}"
        if release
        else (f"python3 {PROGRAM} rollback {identity()}")
    )


@operation()
def shop_ready(setup_file: str) -> Generator[str, None, None]:
    """`comptoir setup` has read its file; it is idempotent itself, the mark only spares the second run its seconds."""
    mark = "/var/lib/comptoir/setup.sha256"
    if not host.get_fact(SetupPending, setup_file=setup_file, mark=mark):
        host.noop("nothing to set up")
        return
    yield f"COMPTOIR_IN_DEPLOY=1 /usr/local/bin/comptoir setup --file {setup_file}"
    # A new endpoint's secret goes into the settings, and the processes read them.
    yield f"python3 {PROGRAMS}/host_secrets.py ensure"
    yield f"python3 {PROGRAM} restart --only-if-stale {identity()}"
    yield f"sha256sum {setup_file} > {mark}"


@operation()
def first_backup(command: str, pattern: str) -> Generator[str, None, None]:
    """A fresh shop has a dump, taken and read back, before its first night."""
    if not host.get_fact(NothingMatches, pattern=pattern):
        host.noop("a dump is there")
        return
    yield command
