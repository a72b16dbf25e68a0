"""The test host is the server it claims to be: provider's system, own size, own faults, and it leaves nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testhost import CommandFailed, Host, HostLab
from tests.testhost.lab import MACHINE_LOCK, Suite
from tests.testhost.locks import locked
from tests.testhost.places import Slot
from tests.testhost.reaper import list_leftovers, reap_dead_labs
from tests.testhost.ssh import is_ssh_open
from tests.testhost.waiting import wait_until

REPOSITORY = Path(__file__).parents[2]
RELEASES: list[tuple[Suite, str]] = [("bookworm", "12"), ("trixie", "13")]
CRASHING_LAB = """
from tests.testhost import HostLab
with HostLab() as lab:
    lab.create("victim")
    print(lab.slot.number, lab.hosts()[0].address, flush=True)
    input()
"""
PROBE_AS_NOBODY = """
import os
from tests.testhost import find_missing_support
os.setuid(65534)
print(find_missing_support())
"""


@pytest.fixture
def host(lab: HostLab) -> Iterator[Host]:
    """A host of this test alone, to be broken."""
    host = lab.create("fragile")
    yield host
    host.destroy()


def ask(host: Host, command: str) -> str:
    return host.run(command).stdout.strip()


@pytest.mark.parametrize(("suite", "version"), RELEASES)
def test_a_new_host_is_what_a_provider_delivers(lab: HostLab, suite: Suite, version: str) -> None:
    host = lab.create(f"new-{suite}", suite=suite)
    assert ask(host, ". /etc/os-release; echo $ID $VERSION_ID") == f"debian {version}"
    assert ask(host, "ps -p 1 -o comm=; systemctl is-system-running") == "systemd\nrunning"
    assert ask(host, "hostname; hostname -I") == f"new-{suite}\n{host.address}"
    tools = "python3 sudo curl nginx psql redis-server supervisord"
    assert (
        ask(host, f"for tool in {tools}; do command -v $tool; done; ls /usr/sbin/policy-rc.d 2>/dev/null; true") == ""
    )
    host.destroy()


def test_the_host_has_two_processors_two_gigabytes_and_its_own_disk(bare_host: Host) -> None:
    assert ask(bare_host, "nproc") == "2"
    assert ask(bare_host, "free -m | awk '/^Mem:/ {print $2}'") == "2048"
    assert ask(bare_host, "df -BG --output=size / | tail -1") == "20G"


def test_more_memory_than_the_host_has_is_refused_and_the_host_survives(bare_host: Host) -> None:
    greedy = bare_host.run("head -c 3G /dev/zero | tail", check=False)
    assert greedy.returncode == 137
    assert ask(bare_host, "systemctl is-system-running") == "running"


def test_limits_of_units_inside_the_host_hold(bare_host: Host) -> None:
    limited = "systemd-run --quiet --wait -p MemoryMax=50M sh -c 'head -c 200M /dev/zero | tail'"
    assert bare_host.run(limited, check=False).returncode == 137


def test_packages_arrive_over_the_network_with_the_system_trust_alone(bare_host: Host) -> None:
    bare_host.run("apt-get -q update && apt-get -q -y install --no-install-recommends python3-venv")
    bare_host.run("python3 -m venv /opt/probe && /opt/probe/bin/pip download --no-deps --dest /opt/probe typer")
    assert ask(bare_host, "ls /opt/probe/*.whl | wc -l") == "1"


def test_the_password_login_is_closed_and_the_console_is_not(bare_host: Host) -> None:
    assert bare_host.console("id -un").stdout == "root\n"
    with pytest.raises(CommandFailed, match="Permission denied"):
        bare_host.run("true", user="nobody")


def test_a_reboot_comes_back_as_another_boot_of_the_same_machine(host: Host) -> None:
    machine, boot = ask(host, "cat /etc/machine-id /proc/sys/kernel/random/boot_id").split()
    host.reboot()
    machine_after, boot_after = ask(host, "cat /etc/machine-id /proc/sys/kernel/random/boot_id").split()
    assert machine_after == machine
    assert boot_after != boot
    assert ask(host, "systemctl is-system-running; journalctl --list-boots --quiet | wc -l") == "running\n2"


def test_a_power_cut_loses_what_was_not_synced_and_a_crash_does_not(host: Host) -> None:
    host.run("echo kept > /root/synced && sync /root/synced && echo lost > /root/unsynced")
    host.power_cut()
    host.start()
    host.wait_ready()
    assert ask(host, "cd /root && ls; cat synced") == "synced\nkept"
    host.run("echo kept > /root/unsynced")
    host.kill()
    host.start()
    host.wait_ready()
    assert ask(host, "cat /root/unsynced") == "kept"


def test_a_frozen_host_hangs_and_comes_back(host: Host) -> None:
    host.freeze()
    assert not is_ssh_open(host.address)
    host.thaw()
    assert ask(host, "echo back") == "back"


def test_hosts_reach_one_another_until_one_is_cut_off(lab: HostLab, host: Host, bare_host: Host) -> None:
    knock = f"timeout 2 bash -c '</dev/tcp/{bare_host.address}/22' 2>/dev/null; echo $?"
    assert ask(host, knock) == "0"
    host.cut_network(keep_ssh=True)
    assert ask(host, knock) == "124"
    host.heal_network()
    assert ask(host, knock) == "0"
    host.cut_network()
    assert not is_ssh_open(host.address)
    host.heal_network()
    wait_until(lambda: is_ssh_open(host.address), what="the cable works again", timeout_seconds=20)


def test_a_clone_is_its_original_again_and_a_second_one_gets_a_place_of_its_own(lab: HostLab) -> None:
    original = lab.create("original")
    original.run("echo deployed > /root/state")
    identity = ask(original, "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub")
    original.snapshot("testhost-clone")
    address = original.address
    original.destroy()
    assert lab.has_snapshot("testhost-clone")
    clone, second = (lab.create(name, snapshot="testhost-clone") for name in ("original", "second"))
    assert (clone.address, clone.is_relocated) == (address, False)
    assert ask(clone, "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub") == identity
    assert second.is_relocated
    assert ask(second, "cat /root/state; hostname; hostname -I") == f"deployed\nsecond\n{second.address}"
    for host in (clone, second):
        host.destroy()
    lab.drop_snapshot("testhost-clone")
    assert not lab.has_snapshot("testhost-clone")


def test_what_a_killed_run_left_is_cleaned_and_living_labs_are_not_touched(lab: HostLab, bare_host: Host) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CRASHING_LAB], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as crashing:
        assert crashing.stdout is not None
        number, address = crashing.stdout.readline().split()
        slot = Slot(int(number))
        assert slot != lab.slot
        # No other lab may start, and clean, between the crash and our look at it.
        with locked(MACHINE_LOCK):
            crashing.kill()
            crashing.wait()
            assert is_ssh_open(address), "the host outlives its killed owner, or this test proves nothing"
            kinds = {line.split()[0] for line in list_leftovers(slot)}
            assert kinds == {"control", "mount", "loop", "interface", "nft", "folder"}
            assert slot.label in reap_dead_labs()
            assert list_leftovers(slot) == []
    assert ask(bare_host, "echo alive") == "alive"


def test_the_appliance_stays_after_its_command_and_goes_with_the_other(bare_host: Host) -> None:
    # A place of its own, so that this test leaves alone the one that a person may have up.
    environment = {**os.environ, "COMPTOIR_TESTHOST_SLOT": "9"}

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "tests.testhost", *words]
        return subprocess.run(line, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)

    try:
        reach = json.loads(command("up", "--json").stdout)
        said = subprocess.run([*reach["ssh_command"].split(), "hostname"], capture_output=True, text=True, check=True)
        assert said.stdout == "shop\n"
        with locked(MACHINE_LOCK):
            assert "lab9" not in reap_dead_labs()
        assert json.loads(command("up", "--json").stdout) == reach
        other = command("up", "--suite", "trixie")
        assert (other.returncode, other.stderr.count("\n")) == (1, 1)
    finally:
        assert command("down").returncode == 0
    assert list_leftovers(Slot(9)) == []
    assert command("down").stdout == "Nothing to remove.\n"


def test_a_machine_that_cannot_run_hosts_is_told_why_in_one_sentence() -> None:
    def probe(script: str, path: str) -> str:
        line = [sys.executable, "-c", script]
        environment = {**os.environ, "PATH": path}
        return subprocess.run(line, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True).stdout

    assert probe(PROBE_AS_NOBODY, os.environ["PATH"]) == (
        "Test hosts need root (namespaces, mounts, a network bridge): run the same command as root.\n"
    )
    without_tools = probe("from tests.testhost import *; print(find_missing_support())", "/nonexistent")
    assert without_tools.startswith("Test hosts need tools that are not installed: apt-get install e2fsprogs fuse3 ")
