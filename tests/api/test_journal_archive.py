"""What is taken out of the payment journal: archives that are checked years later, totals of any period."""

import hashlib
import json
from pathlib import Path

import pytest

from app.core.clock import utc_now
from app.shop.rules import compute_business_day
from tests.command import run_command
from tests.journal_entries import move_money, rewrite


@pytest.fixture
def moved(environment: dict[str, str]) -> list[str]:
    return move_money()


def test_an_archive_is_verified_by_itself_and_against_the_database(moved: list[str], tmp_path: Path) -> None:
    today = compute_business_day(utc_now()).isoformat()
    done = run_command("journal", "export", "--from", "2026-01-01", "--to", today, "--folder", str(tmp_path), "--json")
    assert done.code == 0, done
    (path, beside) = sorted(tmp_path.iterdir())
    assert done.answer == {"archive": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    assert beside.read_text() == f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
    assert [oct(each.stat().st_mode)[-3:] for each in (path, beside)] == ["600", "600"]
    lines = path.read_text().splitlines(keepends=True)
    end = json.loads(lines[-1])
    assert (len(lines), end["entries"], end["last_number"], end["sums_cents"]) == (8, 6, 6, {"eur": 28_000})
    again = run_command("journal", "export", "--from", "2026-01-01", "--to", today, "--folder", str(tmp_path))
    assert (again.code, "existe déjà" in again.err) == (1, True)
    assert run_command("journal", "verify", "--archive", str(path)).code == 0
    other = tmp_path / "other.jsonl"
    cases = [
        ([*lines[:3], lines[3].replace("30000", "30001"), *lines[4:]], "l'écriture n° 3 a été modifiée"),
        (lines[:3] + lines[4:], "l'écriture n° 3 manque"),
        (lines[:-1], "pas une archive entière"),
        (lines[:-2] + lines[-1:], "pas une archive entière"),
        (lines[1:], "pas une archive entière"),
        ([*lines, lines[3].replace("30000", "90000")], "pas une archive entière"),
        (lines + lines, "pas une archive entière"),
        (["quelque chose\n"], "pas une archive entière"),
    ]
    for changed, said in cases:
        other.write_text("".join(changed))
        done = run_command("journal", "verify", "--archive", str(other))
        assert (done.code, said in done.out + done.err) == (1, True), done
    rewrite("UPDATE payment_journal SET sha256 = repeat('0', 64) WHERE number = 6")  # a journal that was sealed anew
    done = run_command("journal", "verify", "--archive", str(path))
    assert (done.code, "n° 6 a été modifiée" in done.out) == (1, True), done


def test_an_export_asks_for_both_days_in_order(environment: dict[str, str], tmp_path: Path) -> None:
    for days in ((), ("--from", "2026-01-02", "--to", "2026-01-01"), ("--to", "2026-01-01")):
        done = run_command("journal", "export", *days, "--folder", str(tmp_path))
        assert (done.code, "--from et --to" in done.err) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_totals_are_those_of_the_days_of_paris_for_any_period(moved: list[str]) -> None:
    """Closings are not kept because this can be asked for at any time; midnight is that of Paris."""
    instants = ("2025-12-31T22:59:59Z", "2025-12-31T23:00:00Z", "2026-03-28T23:30:00Z", "2026-03-29T22:00:00Z",
                "2026-03-30T10:00:00Z", "2026-04-01T10:00:00Z")  # fmt: skip
    rewrite("; ".join(
        f"UPDATE payment_journal SET written_at = '{instant}' WHERE number = {number}"  # noqa: S608
        for number, instant in enumerate(instants, start=1)
    ))  # fmt: skip

    def ask(*arguments: str) -> list[tuple[object, ...]]:
        answer = run_command("journal", "totals", "--json", *arguments).answer
        assert isinstance(answer, list)
        return [(each["period"], each["net_cents"], each["cumulated_cents"]) for each in answer]

    assert ask("--by", "year") == [("2025-01-01", 1_000, 1_000), ("2026-01-01", 27_000, 28_000)]
    assert ask("--by", "month") == [
        ("2025-12-01", 1_000, 1_000), ("2026-01-01", 2_000, 3_000), ("2026-03-01", 0, 3_000),
        ("2026-04-01", 25_000, 28_000),
    ]  # fmt: skip
    by_day = [
        ("2026-03-29", 30_000, 33_000), ("2026-03-30", -30_000, 3_000), ("2026-04-01", 25_000, 28_000)
    ]  # fmt: skip
    assert ask("--by", "day", "--from", "2026-03-01", "--to", "2026-04-30") == by_day
    assert ask("--by", "day", "--from", "2026-03-30", "--to", "2026-03-30") == by_day[1:2]
    said = run_command("journal", "totals", "--by", "day", "--from", "2026-03-30", "--to", "2026-03-30").out
    assert said == (
        "2026-03-30  n° 4-5  encaissé 0.00 EUR  rendu -50.00 EUR  litiges -250.00 EUR  corrections 0.00 EUR"
        "  net -300.00 EUR  cumul 30.00 EUR\n"
    )
