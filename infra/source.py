"""What is shipped: the tree at an annotated tag, as an archive; git is needed on the laptop only."""

import gzip
import hashlib
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SNAPSHOT = "snapshot"
TAG = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,60}")


class UnusableSource(Exception):
    """The tree or the tag cannot be released; the message says why and what to do."""


@dataclass(frozen=True)
class Source:
    """One releasable tree: the name of the release, the git tree behind it, how far HEAD is ahead of it."""

    release: str
    tree: str
    commits_ahead: int


def find_source(repository: Path, wanted: str, *, is_snapshot_allowed: bool) -> Source:
    """The tree for `wanted` (a tag, `snapshot`, or empty: the newest annotated tag reachable from HEAD)."""
    if wanted == SNAPSHOT:
        return _snapshot(repository, is_snapshot_allowed)
    dirty = _git(repository, "status", "--porcelain")
    if dirty:
        raise UnusableSource(
            f"L'arbre contient {len(dirty.splitlines())} changement(s) non validé(s) : committez puis étiquetez."
            " / The tree is dirty: commit and tag first."
        )
    tag = wanted or _newest_tag(repository)
    check_tag_name(tag)
    if _git(repository, "cat-file", "-t", f"refs/tags/{tag}", may_fail=True) != "tag":
        raise UnusableSource(
            f"« {tag} » n'est pas une étiquette annotée : git tag -a {tag}. / {tag} is not an annotated tag."
        )
    ahead = _git(repository, "rev-list", "--count", f"refs/tags/{tag}..HEAD")
    return Source(tag, _git(repository, "rev-parse", f"refs/tags/{tag}^{{tree}}"), int(ahead))


def check_tag_name(tag: str) -> None:
    """Refuse a name that could leave the folder of releases or break a command line."""
    if not TAG.fullmatch(tag):
        raise UnusableSource(
            f"Étiquette invalide : {tag!r} (lettres, chiffres, point, tiret, souligné). / Invalid tag name."
        )


def write_archive(repository: Path, source: Source, folder: Path) -> Path:
    """Write the tree as `<release>.tar.gz` into `folder`."""
    raw = subprocess.run(
        ["git", "-C", str(repository), "archive", "--format=tar", source.tree],
        check=True,
        capture_output=True,
    ).stdout
    path = folder / f"{source.release}.tar.gz"
    path.write_bytes(gzip.compress(raw, compresslevel=6))
    return path


def _snapshot(repository: Path, is_allowed: bool) -> Source:
    if not is_allowed:
        raise UnusableSource(
            "TAG=snapshot est réservé à staging et aux répétitions : étiquetez."
            " / TAG=snapshot is for staging and rehearsal only."
        )
    tree = _working_tree(repository)
    return Source(f"{SNAPSHOT}-{tree[:12]}", tree, 0)


def _working_tree(repository: Path) -> str:
    # A private index: the person's own staging area stays as it is.
    with tempfile.TemporaryDirectory(prefix="comptoir-") as folder:
        environment = {**os.environ, "GIT_INDEX_FILE": str(Path(folder) / "index")}
        _git(repository, "read-tree", "HEAD", environment=environment)
        _git(repository, "add", "--all", environment=environment)
        return _git(repository, "write-tree", environment=environment)


def _newest_tag(repository: Path) -> str:
    tag = _git(repository, "describe", "--abbrev=0", "HEAD", may_fail=True)
    if not tag:
        raise UnusableSource(
            "Aucune étiquette annotée n'est accessible depuis HEAD : git tag -a v1.0.0."
            " / No annotated tag is reachable from HEAD."
        )
    return tag


def _git(repository: Path, *arguments: str, may_fail: bool = False, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments], capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode and not may_fail:
        raise UnusableSource(f"git {arguments[0]} : {done.stderr.strip()}")
    return done.stdout.strip() if not done.returncode else ""


def file_sha256(path: Path) -> str:
    """The fingerprint the host compares after the transfer."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
