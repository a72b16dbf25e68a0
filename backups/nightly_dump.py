"""The nightly dump: taken, read back, then given its name; the last few are kept, and a status file says how it went.

Runs as comptoir_backup (peer, read-only) from cron, and by hand. A dump that pg_restore cannot read never gets its
name, so whatever is called `*.dump` was readable when it was made.
"""

import argparse
import fcntl
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(os.environ.get("COMPTOIR_BACKUPS", "/var/backups/comptoir"))
DATABASE = os.environ.get("COMPTOIR_BACKUP_DATABASE", "postgresql:///comptoir?host=/var/run/postgresql")
STATUS = Path(os.environ.get("COMPTOIR_BACKUP_STATUS", "/var/lib/comptoir/backup/status.json"))
PATTERN = "comptoir-*.dump"


class BadDump(Exception):
    """The dump failed or cannot be read back."""


def take_dump(partial: Path) -> None:
    """Write the custom-format dump to a private file and make sure that it is on the disk."""
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        command = ["pg_dump", "--format=custom", "--lock-wait-timeout=30s", f"--dbname={DATABASE}"]
        done = subprocess.run(command, stdout=stream, stderr=subprocess.PIPE, text=True, check=False)
        stream.flush()
        os.fsync(stream.fileno())
    if done.returncode:
        raise BadDump(f"pg_dump: {done.stderr.strip()[:500]}")


def count_entries(dump: Path) -> int:
    """How many objects pg_restore finds in the dump; an unreadable or cut one raises BadDump."""
    listed = subprocess.run(["pg_restore", "--list", str(dump)], capture_output=True, text=True, check=False)
    entries = [line for line in listed.stdout.splitlines() if line and not line.startswith(";")]
    if listed.returncode or not entries:
        raise BadDump(f"pg_restore --list: {listed.stderr.strip()[:500] or 'the dump is empty'}")
    # The list is at the head of the file: only reading all of it shows a cut tail.
    with open(os.devnull, "wb") as nowhere:
        read = subprocess.run(
            ["pg_restore", "--file=-", str(dump)], stdout=nowhere, stderr=subprocess.PIPE, check=False
        )
    if read.returncode:
        raise BadDump(f"pg_restore: {read.stderr.decode(errors='replace').strip()[:500]}")
    return len(entries)


def prune(keep: int) -> list[str]:
    """Remove all but the newest `keep` dumps; their names sort by time."""
    old = sorted(FOLDER.glob(PATTERN))[:-keep]
    for path in old:
        path.unlink()
    return [path.name for path in old]


def write_status(status: dict[str, object]) -> None:
    """Replace the status file; the group of the shop reads it, the dumps stay private."""
    partial = STATUS.with_name(f".{STATUS.name}.partial")
    partial.write_text(json.dumps(status) + "\n")
    partial.chmod(0o640)
    partial.replace(STATUS)


def last_success() -> object:
    """When the last good dump was made, as the status file has it."""
    try:
        return json.loads(STATUS.read_text()).get("last_success_at")
    except (OSError, ValueError):
        return None


def run(keep: int) -> dict[str, object]:
    """One whole backup; answers what the status file says."""
    started = datetime.now(UTC)
    partial = FOLDER / ".dump.partial"
    try:
        take_dump(partial)
        entries = count_entries(partial)
    except BadDump as problem:
        partial.unlink(missing_ok=True)
        return {
            "status": "failed",
            "at": started.isoformat(),
            "message": str(problem),
            "last_success_at": last_success(),
        }
    dump = FOLDER / f"comptoir-{started:%Y%m%dT%H%M%SZ}.dump"
    partial.replace(dump)
    removed = prune(keep)
    return {
        "status": "ok",
        "at": started.isoformat(),
        "last_success_at": started.isoformat(),
        "file": dump.name,
        "bytes": dump.stat().st_size,
        "entries": entries,
        "seconds": round((datetime.now(UTC) - started).total_seconds(), 2),
        "removed": removed,
    }


def main() -> int:
    """Take the lock, run, write the status; exit 1 if there is no good dump."""
    parser = argparse.ArgumentParser(description="Nightly dump of Comptoir")
    parser.add_argument("--keep", type=int, default=7)
    options = parser.parse_args()
    os.umask(0o077)
    with open(FOLDER / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stdout.write("another dump is running\n")
            return 1
        status = run(options.keep)
        write_status(status)
    sys.stdout.write(json.dumps(status) + "\n")
    return 0 if status["status"] == "ok" else 1


if __name__ == "__main__":
    sys.exit(main())
