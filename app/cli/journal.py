"""`comptoir journal`: the payment journal, verified, archived and summed up."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer

from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.audit_log import record_audit
from app.core.db import unit_of_work
from app.core.errors import InvalidRequest
from app.core.money import to_wire
from app.ops.watch_journal import watch_journal
from app.payments.export_journal import Archived, export_journal, read_archive
from app.payments.journal import Total, find_seal, list_totals
from app.payments.verify_journal import Break, Difference, Verdict

app = typer.Typer(no_args_is_help=True)


class Period(StrEnum):
    """What is summed up at once."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


DAY_FORMAT = ["%Y-%m-%d"]
FromOption = Annotated[
    datetime | None,
    typer.Option("--from", formats=DAY_FORMAT, help=french_or_english("Premier jour (Paris)", "First day (Paris)")),
]
ToOption = Annotated[
    datetime | None,
    typer.Option("--to", formats=DAY_FORMAT, help=french_or_english("Dernier jour compris", "Last day, included")),
]
ByOption = Annotated[Period, typer.Option("--by", help=french_or_english("Par", "By"))]
FolderOption = Annotated[
    Path,
    typer.Option(
        "--folder", exists=True, file_okay=False, help=french_or_english("Où écrire l'archive", "Where to write it")
    ),
]
ArchiveOption = Annotated[
    Path | None,
    typer.Option(
        "--archive", exists=True, dir_okay=False, help=french_or_english("Vérifier une archive", "Verify an archive")
    ),
]

FAULTS = {
    "missing": ("l'écriture n° {} manque", "entry no. {} is missing"),
    "changed": ("l'écriture n° {} a été modifiée", "entry no. {} was changed"),
    "unchained": ("l'écriture n° {} ne suit pas la précédente", "entry no. {} does not follow the one before"),
    "surplus": ("l'écriture n° {} n'a pas été écrite par la base", "entry no. {} was not written by the database"),
    "head_changed": ("la tête du journal ne dit pas l'écriture n° {}", "the head does not name entry no. {}"),
}


@app.command(
    help=french_or_english(
        "Vérifier la chaîne du journal et ses sommes ; code 1 si quelque chose ne va pas.",
        "Verify the journal's chain and its sums; exit 1 when something is wrong.",
    )
)
def verify(archive: ArchiveOption = None, as_json: JsonOption = False) -> None:
    if archive is not None:
        _verify_archive(archive, as_json=as_json)
        return
    with acting_as_caller():
        verdict = watch_journal()
    if as_json:
        print_json({"sound": verdict.is_sound, **asdict(verdict)})
    else:
        for line in _describe(verdict):
            print_line(line)
    raise typer.Exit(0 if verdict.is_sound else 1)


def _describe(verdict: Verdict) -> Iterator[str]:
    if verdict.is_sound:
        yield french_or_english(
            f"Journal intact : {_count(verdict.entries)}, sceau {verdict.last_sha256}.",
            f"The journal is sound: {_count(verdict.entries)}, seal {verdict.last_sha256}.",
        )
        return
    if verdict.broken is not None:
        yield _describe_break(verdict.broken)
    for difference in verdict.differences:
        yield _describe_difference(difference)
    yield french_or_english(
        "Ne corrigez rien à la main : gardez la base en l'état et comparez avec la dernière archive et la sauvegarde.",
        "Correct nothing by hand: keep the database as it is, compare with the last archive and with the backup.",
    )


def _describe_break(broken: Break) -> str:
    text = french_or_english(*FAULTS[broken.fault]).format(broken.number)
    return french_or_english(f"Journal rompu : {text}.", f"The journal is broken: {text}.")


def _describe_difference(difference: Difference) -> str:
    code = difference.currency_code
    written, moved = _amount(difference.journal_cents, code), _amount(difference.rows_cents, code)
    return french_or_english(
        f"Paiement {difference.payment_id} : {written} au journal, {moved} dans les tables.",
        f"Payment {difference.payment_id}: {written} in the journal, {moved} in the tables.",
    )


def _amount(cents: int, currency_code: str) -> str:
    return f"{to_wire(cents, currency_code)} {currency_code.upper()}"


def _verify_archive(path: Path, *, as_json: bool) -> None:
    """An archive by itself, and against this database where it holds an entry of that number."""
    try:
        with path.open(encoding="utf-8") as lines:
            archived, broken = read_archive(lines)
    except (ValueError, TypeError, KeyError) as failure:
        raise InvalidRequest(
            french_or_english("Ce fichier n'est pas une archive entière.", "This file is no whole archive.")
        ) from failure
    if broken is None and archived.last_number is not None:
        with acting_as_caller(), unit_of_work() as session:
            here = find_seal(session, archived.last_number)
        broken = None if here == archived.last_sha256 else Break(archived.last_number, "changed")
    if as_json:
        print_json({"sound": broken is None, "broken": asdict(broken) if broken else None, **asdict(archived)})
    elif broken is not None:
        print_line(_describe_break(broken))
    else:
        print_line(_describe_archive(archived))
    raise typer.Exit(0 if broken is None else 1)


def _describe_archive(archived: Archived) -> str:
    return french_or_english(
        f"Archive intacte : {_count(archived.entries)}, comme dans la base.",
        f"The archive is sound: {_count(archived.entries)}, as in the database.",
    )


def _count(entries: int) -> str:
    """In French nought and one are singular, in English one alone."""
    return french_or_english(
        f"{entries} écriture{'s' if entries > 1 else ''}", f"{entries} {'entry' if entries == 1 else 'entries'}"
    )


@app.command(
    help=french_or_english(
        "Écrire une archive datée (lignes JSON) et son empreinte SHA-256.",
        "Write a dated archive (JSON lines) and its SHA-256 digest.",
    )
)
def export(
    first: FromOption = None, last: ToOption = None, folder: FolderOption = Path(), as_json: JsonOption = False
) -> None:
    if first is None or last is None or last < first:
        raise InvalidRequest(
            french_or_english("Donnez --from et --to, dans cet ordre.", "Give --from and --to, in this order.")
        )
    path = folder / f"journal_{first:%Y-%m-%d}_{last:%Y-%m-%d}.jsonl"
    digest = hashlib.sha256()
    with acting_as_caller(), unit_of_work() as session, _new_file(path) as archive:
        for line in export_journal(session, first.date(), last.date()):
            archive.write(line)
            digest.update(line.encode())
    with _new_file(path.with_suffix(".jsonl.sha256")) as beside:
        beside.write(f"{digest.hexdigest()}  {path.name}\n")
    with acting_as_caller(), unit_of_work() as session:
        record_audit(session, "journal.exported", path.name, {"sha256": digest.hexdigest()})
    if as_json:
        print_json({"archive": str(path), "sha256": digest.hexdigest()})
    else:
        print_line(f"{path}\nSHA-256 {digest.hexdigest()}")


@contextmanager
def _new_file(path: Path) -> Iterator[TextIO]:
    """For its owner alone, whole or not at all; an archive that is there is never written over."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InvalidRequest(french_or_english(f"{path} existe déjà.", f"{path} is there already.")) from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as written:
            yield written
            written.flush()
            os.fsync(written.fileno())
    except BaseException:
        path.unlink()
        raise


@app.command(
    help=french_or_english(
        "Ce qui a été encaissé et rendu, par jour, mois ou année (Paris), et le total depuis l'origine.",
        "What came in and went back, by day, month or year (Paris), and the total since the beginning.",
    )
)
def totals(
    by: ByOption = Period.MONTH, first: FromOption = None, last: ToOption = None, as_json: JsonOption = False
) -> None:
    with acting_as_caller(), unit_of_work() as session:
        found = list_totals(session, by.value, first.date() if first else None, last.date() if last else None)
    if as_json:
        print_json([asdict(total) for total in found])
        return
    for total in found:
        print_line(_describe_total(total, by))


def _describe_total(total: Total, by: Period) -> str:
    name = total.period.isoformat()[: {"day": 10, "month": 7, "year": 4}[by.value]]
    amounts = (
        (french_or_english("encaissé", "in"), total.payments_cents),
        (french_or_english("rendu", "back"), total.refunds_cents),
        (french_or_english("litiges", "disputes"), total.disputes_cents),
        (french_or_english("corrections", "corrections"), total.corrections_cents),
        (french_or_english("net", "net"), total.net_cents),
        (french_or_english("cumul", "cumulated"), total.cumulated_cents),
    )
    said = "  ".join(f"{word} {_amount(cents, total.currency_code)}" for word, cents in amounts)
    return f"{name}  n° {total.first_number}-{total.last_number}  {said}"
