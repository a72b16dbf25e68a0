"""The shop's commands are given on its server (runbook S0-144): elsewhere each is refused and says where to go."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.core.db import unit_of_work
from app.ops.seal_host import read_machine_hash, seal_first_host
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


def move_the_shop() -> None:
    """As if it had been set up on another machine, and this were a laptop with its settings."""
    with unit_of_work("test") as session:
        session.execute(text("UPDATE host_seal SET machine_hash = repeat('f', 64), name = 'serveur'"))


@row("S0-144")
def test_a_command_given_on_another_machine_is_refused_and_changes_nothing(
    server: None,
) -> None:
    assert run_command("returns", "list").code == 0, "at home it is given"
    before = read_rows(COUNTS)
    move_the_shop()
    for given in GIVEN_AT_HOME:
        done = run_command(*given)
        assert done.code == 1, given
        assert "serveur" in done.err, given
        assert "comptoir host seal" in done.err, given
    assert run_command("config", "check").code == 0, "asks nothing of the shop"
    assert read_rows(COUNTS) == before


def test_a_shop_that_moved_says_so_with_a_reason(server: None) -> None:
    move_the_shop()
    assert run_command("host", "seal").code == 2, "without a reason"
    assert run_command("host", "seal", "--reason", "Nouveau serveur", "--alone").code == 0
    assert run_command("returns", "list").code == 0
    assert read_rows("SELECT machine_hash, reason FROM host_seal") == [(read_machine_hash(), "Nouveau serveur")]
    acts = read_rows("SELECT action, details->>'reason' FROM audit_log WHERE action LIKE 'host.%' ORDER BY id")
    assert acts[1:] == [("host.seal", "Nouveau serveur"), ("host.unseal", "Nouveau serveur")]


def test_a_shop_that_nobody_set_up_yet_takes_commands(environment: dict[str, str]) -> None:
    assert run_command("returns", "list").code == 0
    assert run_command("host", "list", "--json").answer == []
