"""`comptoir retention`: how long everything is kept, and what is past its time."""

from collections.abc import Sequence
from typing import Annotated

import typer

from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.ops.apply_retention import Standing, apply_retention, list_standings

app = typer.Typer(no_args_is_help=True)

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help=french_or_english("Compter, ne rien effacer", "Count, end nothing"))
]


@app.command(
    "list",
    help=french_or_english(
        "Ce qui est gardé, combien de jours, et ce qui a dépassé.", "What is kept, for how many days, and what is over."
    ),
)
def list_all(as_json: JsonOption = False) -> None:
    _print(_read(), as_json=as_json)


@app.command(
    help=french_or_english(
        "Effacer ce qui a dépassé (chaque nuit aussi) ; le worker le fait dans la minute.",
        "End what is over (each night too); the worker does it within the minute.",
    )
)
def run(is_dry: DryRunOption = False, as_json: JsonOption = False) -> None:
    if is_dry:
        _print(_read(), as_json=as_json)
        return
    with acting_as_caller():
        standings = apply_retention()
    _print(standings, as_json=as_json)


def _read() -> Sequence[Standing]:
    with acting_as_caller(), unit_of_work() as session:
        return list_standings(session, utc_now())


def _print(standings: Sequence[Standing], *, as_json: bool) -> None:
    if as_json:
        print_json([_show(each) for each in standings])
        return
    for each in standings:
        what = french_or_english(each.rule.what.fr, each.rule.what.en)
        over = "-" if each.overdue is None else each.overdue
        print_line(f"{each.rule.id:20} {each.rule.keeps.days:5} j  {over!s:>6}  {what} ({each.rule.source})")


def _show(each: Standing) -> dict[str, object]:
    return {
        "id": each.rule.id,
        "days": each.rule.keeps.days,
        "overdue": each.overdue,
        "job": each.rule.job,
        "source": each.rule.source,
    }
