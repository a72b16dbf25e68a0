"""Stop and start again, die and be repaired: the data stay, nothing else does."""

import os
import shutil
import signal
import socket
from pathlib import Path

import psycopg
import pytest

from app.dev.demo_shop.table import read_table
from app.dev.guard import read_postmaster
from app.dev.postgres import ROOT_HOMES
from tests.up.command import UP, Instance, get, running_on
from tests.up.conftest import StartUp
from tests.waiting import wait_until

NOTE = "CREATE TABLE note AS SELECT 'kept' AS word"


def query(instance: Instance, statement: str) -> str:
    """The first column of the first row, or nothing."""
    address = instance.contract["database_url"].replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
    return str(row[0]) if row else ""


def kill_everything(instance: Instance) -> None:
    """What a power cut does to processes: all at once, no last words, pid files stay."""
    pids = [int(line) for line in all_pids(instance)]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    instance.process.wait()
    wait_until(lambda: not running_on(instance.data), 10, "everything is dead")


def all_pids(instance: Instance) -> list[int]:
    postmaster = read_postmaster(instance.data / "postgres" / "pgdata" / "postmaster.pid")
    assert postmaster is not None
    marked = instance.pids_of("")
    guard = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if is_guard(pid, instance.data)]
    assert len(guard) == 1
    return [instance.process.pid, *guard, *marked, postmaster]


def is_guard(pid: int, data: Path) -> bool:
    try:
        return f"guard.py\0{data}\0".encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def test_ctrl_c_stops_everything_and_the_next_start_finds_everything(start_up: StartUp) -> None:
    first = start_up().wait_until_ready()
    query(first, NOTE)
    promised = first.contract
    assert first.stop(signal.SIGINT) == 0
    assert running_on(first.data) == []
    assert "Stopped, the data stay." in first.text
    second = start_up(port=first.port).wait_until_ready()
    assert second.contract == promised
    assert query(second, "SELECT word FROM note") == "kept"
    assert second.stop(signal.SIGTERM) == 0
    assert running_on(second.data) == []


def test_the_guard_clears_up_when_the_command_is_killed(start_up: StartUp) -> None:
    first = start_up().wait_until_ready()
    query(first, NOTE)
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()
    # No waiting here: the next start waits for the guard by itself.
    second = start_up(port=first.port).wait_until_ready()
    assert query(second, "SELECT word FROM note") == "kept"
    os.kill(second.process.pid, signal.SIGKILL)
    second.process.wait()
    wait_until(lambda: not running_on(second.data), 20, "the guard has stopped everything")


def test_after_a_power_cut_the_next_start_repairs(start_up: StartUp) -> None:
    first = start_up().wait_until_ready()
    query(first, NOTE)
    kill_everything(first)
    assert (first.data / "postgres" / "pgdata" / "postmaster.pid").exists()
    second = start_up(port=first.port).wait_until_ready()
    assert query(second, "SELECT word FROM note") == "kept"


def test_what_a_killed_start_and_a_killed_guard_left_running_is_stopped_first(start_up: StartUp) -> None:
    first = start_up().wait_until_ready()
    orphans = first.pids_of("")
    for pid in set(all_pids(first)) - set(orphans):
        os.kill(pid, signal.SIGKILL)
    first.process.wait()
    assert first.pids_of("") == orphans
    second = start_up(port=first.port).wait_until_ready()
    assert not set(orphans) & set(second.pids_of(""))


@pytest.mark.parametrize("name", ["app.serve", "app.worker", "app.dev.fake_stripe", "app.dev.fake_brevo", "redis"])
def test_a_process_that_is_killed_comes_back(shop: Instance, name: str) -> None:
    (before,) = shop.pids_of(name)
    os.kill(before, signal.SIGKILL)
    (after,) = wait_until(lambda: [pid for pid in shop.pids_of(name) if pid != before], 10, f"{name} is back")
    assert after != before
    wait_until(lambda: get(shop.url, "/health/ready")[0] == 200, 30, "ready again")


def test_a_database_that_is_killed_comes_back_at_the_same_address(shop: Instance) -> None:
    pid_file = shop.data / "postgres" / "pgdata" / "postmaster.pid"
    before = read_postmaster(pid_file)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: read_postmaster(pid_file) not in (None, before), 20, "PostgreSQL is back")
    wait_until(lambda: get(shop.url, "/health/ready")[0] == 200, 20, "ready again")
    assert query(shop, "SELECT 1") == "1"


def test_a_request_that_arrives_while_the_web_process_is_dead_is_answered(shop: Instance) -> None:
    (before,) = shop.pids_of("app.serve")
    os.kill(before, signal.SIGKILL)
    status, _ = get(shop.url, "/health")
    assert status == 200


def test_two_run_side_by_side(shop: Instance, start_up: StartUp, place: Path) -> None:
    other = start_up(place / "empty").wait_until_ready()
    theirs, ours = dict(other.contract), dict(shop.contract)
    assert {name for name, value in theirs.items() if value == ours[name]} == {
        "admin_email", "promo_code", "draft_handle", "sold_out_handle", "price_checks",
    }  # fmt: skip
    assert other.stop() == 0
    assert get(shop.url, "/health/ready")[0] == 200


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="cutting the network off needs root")
def test_the_second_start_needs_no_network(start_up: StartUp) -> None:
    assert start_up().wait_until_ready().stop() == 0
    alone = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *UP)
    second = start_up(command=alone)
    wait_until(lambda: second.is_ready() or second.process.poll() is not None, 60, "ready without network")
    assert second.is_ready(), second.text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user for PostgreSQL")
def test_as_root_a_closed_folder_sends_the_database_where_its_user_reaches_it(
    start_up: StartUp, tmp_path: Path
) -> None:
    tmp_path.parent.chmod(0o700)
    instance = start_up(tmp_path / "data").wait_until_ready()
    home = Path((instance.data / "postgres.path").read_text().strip())
    try:
        assert home.parent == ROOT_HOMES
        assert home.owner() in ("postgres", "nobody")
        assert query(instance, "SELECT count(*) FROM product") == str(len(read_table().products))
        assert instance.stop() == 0
    finally:
        shutil.rmtree(home)


def test_ports_stay_between_starts_unless_somebody_took_them(start_up: StartUp) -> None:
    first = start_up().wait_until_ready()
    promised = first.contract
    first.stop()
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", int(promised["fake_brevo_url"].rpartition(":")[2])))
        squatter.listen()
        second = start_up(port=first.port).wait_until_ready()
    assert second.contract["fake_brevo_url"] != promised["fake_brevo_url"]
    assert {**second.contract, "fake_brevo_url": promised["fake_brevo_url"]} == promised


def test_a_data_folder_that_is_removed_stops_everything(start_up: StartUp) -> None:
    instance = start_up().wait_until_ready()
    shutil.rmtree(instance.data)
    assert instance.process.wait(timeout=30) == 1
    assert instance.text.strip().splitlines()[-1] == (
        f"Le dossier {instance.data} a disparu : tout est arrêté, relancez pour repartir de zéro. / "
        f"The folder {instance.data} is gone: everything is stopped, run it again to start afresh."
    )
    assert running_on(instance.data) == []
