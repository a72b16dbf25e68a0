"""Releases on the host: install, roll back, list. Standard library only: it must work when the application does not.

A release is /opt/comptoir/releases/<tag>; `current` points to the live one. A release carries three marks: RELEASE
(built whole), GOOD (it has served, verified) and LEFT (ops rolled back from it: never the default target again).
Any failure before the switch leaves the old release serving and removes the half-built one; any failure after it
switches back. One lock, one line in deploys.log per attempt.
"""

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

# Runs as a file, before any release is there: the package is found beside it.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from infra.host import release_build as build
from infra.host import release_lock as lock
from infra.host import release_serve as serve
from infra.host.release_places import CURRENT, LOG, RELEASES, Refused, say

KEPT = 5


def current_release() -> str:
    """The live release, empty before the first."""
    return CURRENT.resolve().name if CURRENT.is_symlink() and CURRENT.exists() else ""


def is_built(release: str) -> bool:
    """True if a release of this name was built to its end; a path to somewhere else is no name."""
    return release in {mark.parent.name for mark in RELEASES.glob("*/RELEASE")}


def good_releases() -> list[str]:
    """Releases that have served, newest verification first, without those that ops rolled back from."""
    marks = sorted(RELEASES.glob("*/GOOD"), key=lambda mark: mark.stat().st_mtime, reverse=True)
    return [mark.parent.name for mark in marks if not (mark.parent / "LEFT").exists()]


def write_log(act: str, release: str, previous: str, who: str, result: str, seconds: float) -> None:
    """One line per attempt, kept for ever."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    line = {
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "event": f"release_{act}",
        "release": release,
        "previous": previous,
        "who": who,
        "status": result,
        "seconds": round(seconds, 1),
    }
    with LOG.open("a") as stream:
        stream.write(json.dumps(line) + "\n")
    LOG.chmod(0o640)


def logged(act: str, release: str, who: str, run: str, work: Callable[[str], None]) -> None:
    """Do the work under the lock, log how it went, turn a refusal into one sentence and exit 1."""
    started = time.monotonic()
    with lock.held(who, release, run):
        previous = current_release()
        try:
            work(previous)
        except BaseException as problem:
            write_log(act, release, previous, who, "failed", time.monotonic() - started)
            if isinstance(problem, Refused):
                raise
            raise Refused(f"{act} {release}: {type(problem).__name__}: {problem}") from problem
        write_log(act, release, previous, who, "ok", time.monotonic() - started)
        # "ok" is a promise that a power cut a second later keeps.
        os.sync()
    say(f"{act} {release} ok, {time.monotonic() - started:.1f} s")


def switch(release: str) -> None:
    """Point `current` to the release in one step; no reader ever finds it missing."""
    partial = CURRENT.with_name(".current.partial")
    partial.unlink(missing_ok=True)
    partial.symlink_to(Path("releases") / release)
    partial.replace(CURRENT)


def fallback_of(release: str, live: str) -> str:
    """Where to go if `release` does not serve: what was live, or, if a run died at the switch, the last good one."""
    if live != release:
        return live
    return next((name for name in good_releases() if name != release), "")


def go_live(release: str, live: str, domain: str) -> None:
    """Switch, restart one worker at a time, look through nginx; on any failure put the previous release back."""
    previous = fallback_of(release, live)
    was_ready = bool(live) and serve.is_ready()
    switch(release)
    try:
        serve.rolling_restart()
        serve.verify(release, domain, must_be_ready=was_ready)
    except Exception as problem:
        if not previous:
            raise
        say(f"{release} does not serve, back to {previous}")
        switch(previous)
        serve.rolling_restart()
        serve.verify(previous, domain, must_be_ready=False)
        raise Refused(f"{release} ne sert pas, {previous} est de retour / back to {previous}: {problem}") from problem
    (RELEASES / release / "GOOD").write_text(f"{datetime.now(UTC).isoformat()}\n")
    (RELEASES / release / "LEFT").unlink(missing_ok=True)


def install(options: argparse.Namespace) -> None:
    """Build unless it is there, migrate, try on a spare port, go live, keep the last few."""
    release = options.release

    def work(previous: str) -> None:
        is_new = not is_built(release)
        try:
            if is_new:
                build.build(release, Path(options.archive), options.sha256, options.tree)
            build.check_tree(release, options.tree)
            if previous and serve.known_revisions(release) - serve.known_revisions(previous):
                serve.take_backup()
            serve.migrate(release)
            serve.try_on_spare_port(release)
        except BaseException:
            if is_new:
                shutil.rmtree(RELEASES / release, ignore_errors=True)
            raise
        go_live(release, previous, options.domain)
        prune(options.keep)

    logged("deploy", release, options.who, options.run, work)


def rollback(options: argparse.Namespace) -> None:
    """Back to a kept release (the last good one if none is named); nothing is built and no schema is undone."""
    live = current_release()
    release = options.release or next((name for name in good_releases() if name != live), "")
    if not release:
        raise Refused("Aucune version précédente qui ait servi. / No earlier release has served.")
    if not is_built(release):
        kept = ", ".join(sorted(path.parent.name for path in RELEASES.glob("*/RELEASE"))) or "aucune / none"
        raise Refused(f"{release} n'est pas sur ce serveur / is not on this host ({kept}).")
    if release == live:
        raise Refused(f"{release} est déjà en service. / {release} is already live.")

    def work(previous: str) -> None:
        serve.check_schema_range(release, previous)
        go_live(release, previous, options.domain)
        if previous:
            (RELEASES / previous / "LEFT").touch()

    logged("rollback", release, options.who, options.run, work)


def restart(options: argparse.Namespace) -> None:
    """Restart the workers one by one, so that they read /etc/comptoir/env again."""
    live = current_release()
    if not live:
        raise Refused("Aucune version n'est en service. / No release is live.")
    if options.only_if_stale and not serve.stale_processes():
        return

    def work(_previous: str) -> None:
        serve.rolling_restart()
        serve.verify(live, options.domain, must_be_ready=False)

    logged("restart", live, options.who, options.run, work)


def prune(keep: int) -> None:
    """Keep the live release and the most recently verified others, `keep` in all."""
    live = current_release()
    others = [name for name in good_releases() if name != live]
    for path in RELEASES.iterdir():
        if path.name != live and path.name not in others[: keep - 1]:
            say(f"removes {path.name}")
            shutil.rmtree(path, ignore_errors=True)


def check(options: argparse.Namespace) -> None:
    """Print what `install` would change: nothing if this tree is live, verified, and has read its settings."""
    release = options.release
    if current_release() != release or not (RELEASES / release / "GOOD").exists():
        sys.stdout.write(f"{release} is not live\n")
        return
    build.check_tree(release, options.tree)
    sys.stdout.writelines(f"{line}\n" for line in serve.stale_processes())


def show(options: argparse.Namespace) -> None:
    """The releases of this host, newest first."""
    live = current_release()
    paths = sorted(RELEASES.glob("*/RELEASE"), key=lambda path: path.stat().st_mtime, reverse=True)
    rows: list[dict[str, object]] = [
        {
            "release": path.parent.name,
            "is_live": path.parent.name == live,
            "is_good": (path.parent / "GOOD").exists(),
            "was_left": (path.parent / "LEFT").exists(),
            "built_at": datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds"),
        }
        for path in paths
    ]
    if options.json:
        sys.stdout.write(json.dumps(rows) + "\n")
        return
    for row in rows:
        notes = [word for key, word in (("is_live", "en service / live"), ("was_left", "quittée / left")) if row[key]]
        sys.stdout.write(f"{row['release']}  {row['built_at']}  {', '.join(notes)}\n")


def parser() -> argparse.ArgumentParser:
    """The command line; ops reach it through `make` and `comptoir release`."""
    top = argparse.ArgumentParser(prog="comptoir release", description="Versions en service / Releases")
    verbs = top.add_subparsers(required=True)
    for name, work in (
        ("install", install),
        ("check", check),
        ("rollback", rollback),
        ("restart", restart),
        ("list", show),
    ):
        verb = verbs.add_parser(name)
        verb.set_defaults(work=work)
        if name in ("install", "check"):
            verb.add_argument("release")
            verb.add_argument("--tree", required=True)
        if name == "rollback":
            verb.add_argument("release", nargs="?", default="")
        if name == "restart":
            verb.add_argument("--only-if-stale", action="store_true")
        if name == "install":
            verb.add_argument("--archive", required=True)
            verb.add_argument("--sha256", required=True)
            verb.add_argument("--keep", type=int, default=KEPT)
        verb.add_argument("--domain", default=serve.configured_domain())
        verb.add_argument("--who", default=lock.default_who())
        verb.add_argument("--run", default="")
        verb.add_argument("--json", action="store_true")
    return top


def main(arguments: list[str]) -> int:
    """Run one verb; 0 done, 1 refused."""
    options = parser().parse_args(arguments)
    # People come through the wrapper, which says who they are: they name neither somebody else nor another's run.
    if actor := os.environ.get("COMPTOIR_ACTOR"):
        options.who, options.run = actor, ""
    try:
        options.work(options)
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
