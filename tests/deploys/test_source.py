"""Which tree is released: the newest annotated tag, of a clean tree; a snapshot only where nobody buys."""

import subprocess
import tarfile
from pathlib import Path

import pytest

from infra.source import Source, UnusableSource, check_tag_name, find_source, write_archive


def git(folder: Path, *arguments: str) -> str:
    """Run git in a repository of the test."""
    identity = ["-c", "user.name=Suite", "-c", "user.email=suite@comptoir.example"]
    line = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "a.txt").write_text("one\n")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "one")
    return folder


def refusal(repository: Path, wanted: str, *, is_snapshot_allowed: bool = False) -> str:
    """The sentence of a refusal."""
    with pytest.raises(UnusableSource) as refused:
        find_source(repository, wanted, is_snapshot_allowed=is_snapshot_allowed)
    return str(refused.value)


def test_without_any_tag_nothing_is_released(repository: Path) -> None:
    assert refusal(repository, "").startswith("Aucune étiquette annotée n'est accessible depuis HEAD")


def test_the_newest_annotated_tag_wins_and_what_follows_it_is_counted(repository: Path) -> None:
    git(repository, "tag", "-a", "v1.0.0", "-m", "v1.0.0")
    git(repository, "commit", "-q", "--allow-empty", "-m", "two")
    git(repository, "tag", "light")

    source = find_source(repository, "", is_snapshot_allowed=False)

    assert source == Source("v1.0.0", git(repository, "rev-parse", "v1.0.0^{tree}"), 1)
    assert refusal(repository, "light").startswith("« light » n'est pas une étiquette annotée")


def test_a_dirty_tree_is_refused(repository: Path) -> None:
    git(repository, "tag", "-a", "v1.0.0", "-m", "v1.0.0")
    (repository / "b.txt").write_text("forgotten\n")

    assert refusal(repository, "v1.0.0").startswith("L'arbre contient 1 changement(s) non validé(s)")


@pytest.mark.parametrize("name", ["../v1", "v1/../..", "-v", "v1 rm", "", "v" * 62, "$(id)"])
def test_a_tag_name_cannot_leave_its_folder_nor_its_command(name: str) -> None:
    with pytest.raises(UnusableSource):
        check_tag_name(name)


def test_a_snapshot_holds_the_tree_as_it_is_and_leaves_the_index_alone(repository: Path) -> None:
    (repository / "a.txt").write_text("changed\n")
    (repository / "b.txt").write_text("new\n")

    first = find_source(repository, "snapshot", is_snapshot_allowed=True)
    again = find_source(repository, "snapshot", is_snapshot_allowed=True)

    assert first == again
    assert first.release == f"snapshot-{first.tree[:12]}"
    assert git(repository, "show", f"{first.tree}:b.txt") == "new"
    assert git(repository, "status", "--porcelain").splitlines() == ["M a.txt", "?? b.txt"]
    assert refusal(repository, "snapshot").startswith("TAG=snapshot est réservé à staging")


def test_the_archive_leaves_out_what_a_server_has_no_use_for(repository: Path, tmp_path: Path) -> None:
    (repository / ".gitattributes").write_text("tests export-ignore\n")
    (repository / "tests").mkdir()
    (repository / "tests" / "test_a.py").write_text("")
    source = find_source(repository, "snapshot", is_snapshot_allowed=True)

    archive = write_archive(repository, source, tmp_path)

    with tarfile.open(archive) as tar:
        assert sorted(tar.getnames()) == [".gitattributes", "a.txt"]
