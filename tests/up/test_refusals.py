"""What stops `make up`: one sentence in French, with English beside it, and nothing left running."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.up.command import ROOT, UP, Instance, get, refusal_of, run_up
from tests.up.conftest import StartUp, copy_data

IS_ROOT = os.geteuid() == 0


def test_a_taken_port(shop: Instance, start_up: StartUp) -> None:
    other = start_up(port=shop.port)
    assert refusal_of(other) == (
        f"Le port {shop.port} est déjà pris : arrêtez l'autre programme ou lancez `make up PORT={shop.port + 1}`. / "
        f"Port {shop.port} is taken: stop the other program or run `make up PORT={shop.port + 1}`."
    )
    assert get(shop.url, "/health/ready")[0] == 200


def test_a_port_taken_by_another_program(start_up: StartUp) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert "est déjà pris" in refusal_of(start_up(port=other.getsockname()[1]))


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "٣"])
def test_no_port(start_up: StartUp, port: str) -> None:
    assert refusal_of(start_up(environment={"PORT": port})).startswith(f"PORT={port} n'est pas un port : ")


def test_a_data_folder_in_use(shop: Instance, tmp_path: Path) -> None:
    second = run_up(shop.data, tmp_path / "output")
    assert second.process.wait(timeout=20) == 1
    assert second.text.strip() == (
        f"Comptoir tourne déjà sur {shop.data} : arrêtez-le (Ctrl-C) ou lancez `make up PORT=9001 DATA=var2`. / "
        f"Comptoir already runs on {shop.data}: stop it (Ctrl-C) or run `make up PORT=9001 DATA=var2`."
    )
    assert get(shop.url, "/health/ready")[0] == 200


def test_a_file_instead_of_a_folder(start_up: StartUp, place: Path) -> None:
    file = place / "file"
    file.touch()
    assert refusal_of(start_up(file)).startswith(f"Impossible d'écrire dans {file}")


@pytest.fixture
def closed_folder(place: Path) -> Iterator[Path]:
    """A folder that nobody may write to."""
    folder = place / "closed"
    folder.mkdir(mode=0o555)
    yield folder
    folder.chmod(0o755)


@pytest.mark.skipif(IS_ROOT, reason="root may write anywhere; the read-only mount below shows the sentence")
def test_a_folder_without_write_permission(start_up: StartUp, closed_folder: Path) -> None:
    said = refusal_of(start_up(closed_folder / "data"))
    assert said.startswith(f"Impossible d'écrire dans {closed_folder / 'data'} (Permission denied)")


@pytest.fixture
def mount(place: Path) -> Iterator[Path]:
    """An empty folder to mount on."""
    folder = place / "mount"
    folder.mkdir()
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=False, stderr=subprocess.DEVNULL)


@pytest.mark.skipif(not IS_ROOT, reason="mounting needs root; the closed folder above shows the sentence")
def test_a_read_only_disk(start_up: StartUp, mount: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", mount], check=True)
    assert refusal_of(start_up(mount / "data")).startswith(
        f"Impossible d'écrire dans {mount / 'data'} (Read-only file system)"
    )


@pytest.mark.skipif(not IS_ROOT, reason="mounting needs root; the limited file size below shows the sentence")
def test_a_small_disk_is_refused_before_anything_is_made(start_up: StartUp, mount: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m,mode=755", "tmpfs", mount], check=True)
    assert refusal_of(start_up(mount / "data")) == (
        f"Le disque de {mount / 'data'} est plein : libérez 200 Mo ou choisissez un autre dossier, DATA=. / "
        f"The disk of {mount / 'data'} is full: free 200 MB or choose another folder, DATA=."
    )


@pytest.mark.skipif(not IS_ROOT, reason="mounting needs root; the limited file size below shows the sentence")
def test_a_disk_that_fills_up_between_two_starts(first_run: Instance, start_up: StartUp, mount: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m,mode=755", "tmpfs", mount], check=True)
    copy_data(first_run.data, mount / "data")
    ballast = mount / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(mount).free - (1 << 20))
    assert "est plein : libérez 40 Mo" in refusal_of(start_up(mount / "data"))
    ballast.unlink()
    start_up(mount / "data").wait_until_ready()


def test_a_disk_that_fills_up_while_the_database_is_made(start_up: StartUp, place: Path) -> None:
    """A limit on the size of files stands for the full disk: the first check passes, PostgreSQL then fails."""
    limited = ("sh", "-c", 'ulimit -f 4096 && exec "$@"', "sh", *UP)
    said = refusal_of(start_up(place / "empty", command=limited))
    assert "est plein : libérez" in said
    assert "is full: free" in said


def run_bootstrap(shadow: Path, modules: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """The environment's script on a machine whose Python lacks things: modules of that name stand before its own."""
    for name, code in modules.items():
        (shadow / f"{name}.py").write_text(code)
    copy = shadow / "tree"
    for path in ("app/dev/bootstrap.py", "pyproject.toml", *map(str, locks())):
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, copy / path)
    return subprocess.run(
        [sys.executable, "app/dev/bootstrap.py", "up"],
        cwd=copy,
        env={"PATH": str(shadow), "PYTHONPATH": str(shadow)},
        capture_output=True,
        text=True,
        check=False,
    )


def locks() -> list[Path]:
    return [path.relative_to(ROOT) for path in ROOT.glob("requirements*.lock")]


def test_too_old_a_python(tmp_path: Path) -> None:
    done = run_bootstrap(tmp_path, {"sitecustomize": "import sys; sys.version_info = (3, 9, 2, 'final', 0)"})
    assert done.returncode == 1
    assert done.stderr == (
        "Python 3.11 ou plus récent est nécessaire, cette machine a Python 3.9 : installez le paquet python3.11.\n"
        "Python 3.11 or newer is needed, this machine has Python 3.9: install the package python3.11.\n"
    )
    assert done.stdout == ""


def test_neither_pip_nor_venv(tmp_path: Path) -> None:
    missing = "raise ImportError"
    done = run_bootstrap(tmp_path, {"pip": missing, "ensurepip": missing})
    assert done.returncode == 1
    assert done.stderr == (
        "Ce Python n'a ni pip ni venv complet : installez le paquet python3-venv (Debian, Ubuntu : "
        "apt install python3-venv), puis relancez.\n"
        "This Python has neither pip nor a complete venv: install the package python3-venv (Debian, Ubuntu: "
        "apt install python3-venv), then try again.\n"
    )
    assert done.stdout == ""
    assert not (tmp_path / "tree" / ".venv").exists()
