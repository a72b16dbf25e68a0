"""Every night the payment journal is verified; how it went is written down, and the shop hears of a broken one once."""

from app.ops.jobs import verify_journal
from tests.command import run_command
from tests.journal_entries import move_money, rewrite
from tests.shop_front import read_rows

WRITTEN = """
SELECT actor, details->>'verdict', details->>'number', details->>'fault', details->>'differences'
FROM audit_log WHERE action = 'journal.verified' ORDER BY id
"""
TOLD = "SELECT template, content->>'code', content->>'reference' FROM message"


def test_how_it_went_is_written_and_a_broken_one_is_told_once(environment: dict[str, str]) -> None:
    move_money()
    verify_journal()
    assert read_rows(WRITTEN)[-1][1:] == ("sound", None, None, "0")
    assert read_rows(TOLD) == []
    rewrite("UPDATE payment_journal SET amount_cents = 2001 WHERE number = 2")
    verify_journal()
    assert run_command("journal", "verify").code == 1
    assert [row[1:] for row in read_rows(WRITTEN)[1:]] == [("broken", "2", "changed", "1")] * 2
    assert str(read_rows(WRITTEN)[-1][0]).startswith("cli:")
    assert read_rows(TOLD) == [("money_alert", "journal_broken", "n° 2")]


def test_one_entry_is_said_in_the_singular(environment: dict[str, str]) -> None:
    assert run_command("journal", "verify").out.startswith("Journal intact : 0 écriture, ")
