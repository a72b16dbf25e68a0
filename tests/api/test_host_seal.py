"""The shop's commands are given on its server (runbook S0-144): elsewhere each is refused and says where to go."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.core.db import unit_of_work
from app.ops import seal_host as machine
from app.ops.seal_host import seal_first_host
from tests.api.test_webhook_front import SERVER
from tests.command import run_command
from tests.rows import row
from tests.services import forget_process_state
from tests.shop_front import read_rows

GIVEN_AT_HOME = (
    ("orders", "list"), ("refunds", "list"), ("returns", "list"), ("events", "replay", "evt_none"),
    ("staff", "add", "ami@example.com"), ("mail", "stats"), ("checkout", "close", "--reason", "x"), ("trace", "pi_x"),
    ("journal", "verify"), ("products", "list"), ("worker",),
)  # fmt: skip
COUNTS = "SELECT (SELECT count(*) FROM audit_log), (SELECT count(*) FROM staff_user)"


@pytest.fixture
def server(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings of a server, on this machine, which `comptoir setup` sealed."""
    for name, value in SERVER.items():
        monkeypatch.setenv(name, value)
    forget_process_state()
    with unit_of_work("test") as session:
        seal_first_host(session)
    yield
    forget_process_state()


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on, this is another machine: it calls itself otherwise."""

    def move() -> None:
        (tmp_path / "machine-id").write_text("f" * 32)
        monkeypatch.setattr(machine, "MACHINE_ID", tmp_path / "machine-id")

    return move


@row("S0-144")
def test_a_command_given_on_another_machine_is_refused_and_changes_nothing(
    server: None, elsewhere: Callable[[], None]
) -> None:
    assert run_command("returns", "list").code == 0, "at home it is given"
    before = read_rows(COUNTS)
    elsewhere()
    for given in GIVEN_AT_HOME:
        done = run_command(*given)
        assert done.code == 1, given
        assert "ssh" in done.err, given
        assert "comptoir host seal" in done.err, given
    assert run_command("config", "check").code == 0, "asks nothing of the shop"
    assert read_rows(COUNTS) == before


def test_a_shop_that_moved_says_so_with_a_reason(server: None, elsewhere: Callable[[], None]) -> None:
    elsewhere()
    assert run_command("host", "seal").code == 2, "without a reason"
    assert run_command("host", "seal", "--reason", "Nouveau serveur", "--alone").code == 0
    assert run_command("returns", "list").code == 0
    assert read_rows("SELECT machine_hash, reason FROM host_seal") == [(machine.read_machine_hash(), "Nouveau serveur")]
    acts = read_rows("SELECT action, details->>'reason' FROM audit_log WHERE action LIKE 'host.%' ORDER BY id")
    assert acts[1:] == [("host.seal", "Nouveau serveur"), ("host.unseal", "Nouveau serveur")]


def test_a_shop_that_nobody_set_up_yet_takes_commands(environment: dict[str, str]) -> None:
    assert run_command("returns", "list").code == 0
    assert run_command("host", "list", "--json").answer == []
