"""The deploy lock: the kernel's own lock on a file, so that it cannot outlive its holder; the file says who that is."""

import fcntl
import json
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from infra.host.release_places import ACT_LOCK, LOCK, Refused


def default_who() -> str:
    """The login name behind sudo."""
    return os.environ.get("COMPTOIR_ACTOR") or os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name


@contextmanager
def held(who: str, release: str, run: str) -> Iterator[None]:
    """Hold the lock, or be inside the run that already holds it; anyone else is told who does, since when, for what."""
    mine = {"who": who, "since": datetime.now(UTC).isoformat(timespec="seconds"), "tag": release, "run": run}
    # The run's lock dies with the laptop, what it started here does not: the act itself holds one of its own.
    with taken(ACT_LOCK, mine, run=""), taken(LOCK, mine, run=run):
        yield


@contextmanager
def taken(path: Path, mine: dict[str, str], run: str) -> Iterator[None]:
    """Hold this file, unless this very run holds it already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            holder = read_holder(stream.read())
            if run and holder.get("run") == run:
                yield
                return
            raise Refused(describe(holder)) from None
        stream.truncate(0)
        stream.write(json.dumps(mine))
        stream.flush()
        try:
            yield
        finally:
            stream.truncate(0)


def read_holder(text: str) -> dict[str, str]:
    """Who holds the lock, as the file says; a holder that has not written yet is nobody known."""
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in content.items()} if isinstance(content, dict) else {}


def describe(holder: dict[str, str]) -> str:
    """The refusal."""
    who, since, tag = holder.get("who", "?"), holder.get("since", "?"), holder.get("tag", "?")
    return f"Déploiement de {tag} en cours par {who} depuis {since}. / {who} has been deploying {tag} since {since}."
