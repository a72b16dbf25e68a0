"""A throw-away clone of what a release is made of: tests tag there, never in the repository that is worked in."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Not the tests: a host deployed once stays good for every later run that only changed a test.
SHIPPED = (
    ".gitattributes",
    ".gitignore",
    "README.md",
    "app",
    "backups",
    "infra",
    "nginx",
    "pyproject.toml",
    "requirements.lock",
    "requirements-uv.lock",
    "systemd",
)
AUTHOR = ("-c", "user.name=Suite", "-c", "user.email=suite@comptoir.example")


@dataclass(frozen=True)
class Checkout:
    """A git tree of its own, with the working tree's present content as its first commit."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> "Checkout":
        """Copy what git would commit of the working tree, uncommitted changes included."""
        listed = _git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *SHIPPED)
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        _git(folder, "init", "-q", "-b", "main")
        checkout = cls(folder)
        checkout.commit("as worked on")
        return checkout

    def commit(self, message: str) -> None:
        """Commit everything, or the present tree again."""
        _git(self.folder, "add", "--all")
        _git(self.folder, *AUTHOR, "commit", "-q", "--allow-empty", "-m", message)

    def tag(self, name: str, changes: Mapping[str, str] | None = None) -> None:
        """An annotated tag; with changes to files, on a commit of its own that the branch does not keep."""
        before = _git(self.folder, "rev-parse", "HEAD")
        for path, content in (changes or {}).items():
            (self.folder / path).write_text(content)
        self.commit(name)
        _git(self.folder, *AUTHOR, "tag", "-a", name, "-m", name)
        if changes:
            _git(self.folder, "reset", "-q", "--hard", before)

    def tree(self, tag: str) -> str:
        """The tree at a tag: the same content gives the same name."""
        return _git(self.folder, "rev-parse", f"{tag}^{{tree}}")

    def read(self, path: str) -> str:
        """A file as it is now."""
        return (self.folder / path).read_text()


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()
