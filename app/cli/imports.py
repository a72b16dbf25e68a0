"""`comptoir import`: a whole shop from Medusa, and what became of it."""

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from app.cli.actor import acting_as_caller
from app.cli.import_words import KINDS, REASONS
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.db import unit_of_work
from app.core.money import to_wire
from app.gateways.medusa import MedusaSource
from app.gateways.medusa_api import MedusaApi
from app.gateways.medusa_database import MedusaDatabase
from app.imports.rules import neutralise
from app.medusa_import import queries
from app.medusa_import.models import MedusaProblem, MedusaRun
from app.medusa_import.record_taken import Problem
from app.medusa_import.service import Options, Progress, Report, import_shop

app = typer.Typer(no_args_is_help=True)

SHOWN = 20
LAYOUT = "{:24} {:>24} {:>20} {:>24} {:>20} {:>16}"
HEADINGS = {
    "there": ("dans Medusa", "in Medusa"),
    "before": ("déjà ici", "here before"),
    "here": ("repris", "taken"),
    "left_out": ("écarté", "left out"),
    "missing": ("manque", "missing"),
}
PARTS = tuple(HEADINGS)
COLUMNS = ("is_left_out", "kind", "external_id", "code", "detail")
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        envvar="MEDUSA_DATABASE_URL",
        show_envvar=True,
        help=french_or_english("Base de Medusa, lue seulement (postgres://...)", "Medusa's database, only read"),
    ),
]
ApiOption = Annotated[
    str | None,
    typer.Option("--api", help=french_or_english("Ou son API Admin (https://...)", "Or its Admin API (https://...)")),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        envvar="MEDUSA_API_KEY",
        show_envvar=True,
        help=french_or_english("Clé secrète de l'API (sk_...)", "The API's secret key (sk_...)"),
    ),
]
DryOption = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help=french_or_english(
            "Tout faire, puis tout défaire : rien ne reste", "Do it all, then undo it: nothing stays"
        ),
    ),
]
FinalOption = Annotated[
    bool,
    typer.Option(
        "--prices-are-final",
        help=french_or_english(
            "Les prix sans TVA de Medusa sont ceux que paient les clients",
            "Medusa's prices without VAT are what customers pay",
        ),
    ),
]
ReportOption = Annotated[
    Path | None,
    typer.Option(
        "--report", dir_okay=False, help=french_or_english("Écrire chaque écart en CSV", "Write each problem as CSV")
    ),
]
RunArgument = Annotated[
    str | None, typer.Argument(help=french_or_english("L'import ; sans lui le dernier", "The import; else the last"))
]


@app.command(
    help=french_or_english(
        "Reprendre une boutique Medusa v2 ; relancée, la commande ne prend que ce qui manque.",
        "Bring a Medusa v2 shop here; given again, the command takes only what is missing.",
    )
)
def medusa(
    database: DatabaseOption = None,
    api: ApiOption = None,
    key: KeyOption = None,
    dry_run: DryOption = False,
    prices_are_final: FinalOption = False,
    report: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    source = _source(database, api, key)
    options = Options(dry_run, prices_are_final, _tell_nothing if as_json else _tell)
    with acting_as_caller():
        done = import_shop(source, options)
    if report is not None:
        _write_problems(report, map(_columns, done.problems))
    _print_report(done, as_json)
    if not done.is_sound:
        raise typer.Exit(1)


@app.command("list", help=french_or_english("Les imports faits ici.", "The imports made here."))
def list_runs(as_json: JsonOption = False) -> None:
    with unit_of_work() as session:
        runs = [_show_run(run) for run in queries.list_runs(session)]
    if as_json:
        print_json(runs)
        return
    for run in runs:
        print_line(f"{run['id']}  {run['started_at']:%Y-%m-%d %H:%M}  {run['way']}  {run['state']}  {run['actor']}")


@app.command(
    help=french_or_english(
        "Montrer un import : comptes, totaux, et chaque écart.", "Show an import: counts, totals, and each problem."
    )
)
def show(run: RunArgument = None, report: ReportOption = None, as_json: JsonOption = False) -> None:
    with unit_of_work() as session:
        found = queries.get_run(session, run)
        problems = queries.list_problems(session, found.id)
    if report is not None:
        _write_problems(report, map(_columns, problems))
    if as_json:
        shown = [dict(zip(COLUMNS, _columns(each), strict=True)) for each in problems]
        print_json({**_show_run(found), "figures": found.figures, "problems": shown})
        return
    print_line(f"{found.id}  {found.started_at:%Y-%m-%d %H:%M}  {found.way}  {found.state}")
    _print_rows((found.figures or {}).get("rows"))
    _print_problems(problems)


def _source(database: str | None, api: str | None, key: str | None) -> MedusaSource:
    """The one way that was named; the API needs its key."""
    if (api is None) == (database is None):
        raise typer.BadParameter(french_or_english("donnez --database ou --api", "give --database or --api"))
    if api is None:
        return MedusaDatabase(database or "")
    if not key:
        raise typer.BadParameter(french_or_english("--api demande --key", "--api needs --key"))
    return MedusaApi(api, key)


def _tell(progress: Progress) -> None:
    """On stderr, one line that is written over."""
    name = french_or_english(*KINDS[progress.kind])
    sys.stderr.write(f"\r{name} : {progress.done} / {progress.of}    ")
    if progress.done >= progress.of:
        sys.stderr.write("\n")


def _tell_nothing(_progress: Progress) -> None:
    return None


def _print_report(done: Report, as_json: bool) -> None:
    if as_json:
        shown = [dict(zip(COLUMNS, _columns(each), strict=True)) for each in done.problems]
        heading = {"id": done.run_id, "source": done.source, "is_dry_run": done.is_dry}
        print_json(
            {
                **heading,
                "is_sound": done.is_sound,
                "changed_meanwhile": list(done.changed_meanwhile),
                "figures": done.comparison.show(),
                "problems": shown,
            }
        )
        return
    _print_rows(done.comparison.show()["rows"])
    _print_problems(done.problems)
    for kind in done.changed_meanwhile:
        name = french_or_english(*KINDS[kind])
        print_line(
            french_or_english(f"{name} : Medusa a changé pendant la lecture", f"{name}: Medusa changed meanwhile")
        )
    print_line(_verdict(done))


def _verdict(done: Report) -> str:
    if not done.is_sound:
        return french_or_english(
            "Les comptes ne tombent pas juste : relancez la commande, Medusa fermée aux achats.",
            "The counts do not come out: give the command again, with Medusa closed to buyers.",
        )
    if done.is_dry:
        return french_or_english("Essai : rien n'a été gardé.", "Dry run: nothing was kept.")
    return french_or_english(
        f"Tout est compté. comptoir import show {done.run_id} le montre à nouveau.",
        f"Everything is accounted for. comptoir import show {done.run_id} shows it again.",
    )


def _print_rows(rows: object) -> None:
    """One line per kind and currency: in Medusa, here before, taken now, left out, and what is missing."""
    print_line(LAYOUT.format("", *(french_or_english(*HEADINGS[part]) for part in PARTS)))
    for row in rows if isinstance(rows, list) else []:
        unit = str(row["unit"])
        name = french_or_english(*KINDS[row["kind"]]) + (f" {unit.upper()}" if unit else "")
        print_line(LAYOUT.format(name, *(_sum(row[part], unit) for part in PARTS)))


def _sum(total: dict[str, object], unit: str) -> str:
    amount = Decimal(str(total["amount"]))
    if not amount:
        return str(total["number"])
    shown = f"{amount * to_wire(1, unit):.2f}" if unit else f"{amount.normalize():f}"
    return f"{total['number']} ({shown})"


def _columns(problem: Problem | MedusaProblem) -> tuple[object, ...]:
    return problem.is_left_out, problem.kind, problem.external_id, problem.code, problem.detail


def _print_problems(problems: Sequence[Problem | MedusaProblem]) -> None:
    """How many of each reason, then the first of them; `--report` writes all."""
    counted = Counter((each.is_left_out, each.kind, each.code) for each in problems)
    for (is_left_out, kind, code), number in sorted(counted.items(), key=lambda each: (not each[0][0], each[0])):
        what = french_or_english("écarté", "left out") if is_left_out else french_or_english("à savoir", "note")
        name, meaning = french_or_english(*KINDS[kind]), french_or_english(*REASONS.get(code, (code, code)))
        print_line(f"{what}  {name}  {number} x {code} : {meaning}")
    for each in [each for each in problems if each.is_left_out][:SHOWN]:
        print_line(f"  {each.kind}  {each.external_id}  {each.code}  {each.detail}")
    left = sum(each.is_left_out for each in problems) - SHOWN
    if left > 0:
        print_line(french_or_english(f"  ... et {left} autres (--report)", f"  ... and {left} more (--report)"))


def _show_run(run: MedusaRun) -> dict[str, object]:
    names = ("id", "source", "way", "state", "actor", "started_at", "ended_at")
    return {name: getattr(run, name) for name in names}


def _write_problems(path: Path, rows: Iterable[tuple[object, ...]]) -> None:
    """A line each, for a spreadsheet: what looks like a formula is not one."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow([neutralise(each) if isinstance(each, str) else each for each in row])
