"""`comptoir invoices`: numbered documents listed, shown, verified, summed up and written to a folder."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli.actor import acting_as_caller
from app.cli.journal import FromOption, Period, ToOption
from app.cli.language import french_or_english
from app.cli.output import JsonOption, print_json, print_line
from app.core.audit_log import record_audit
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.errors import InvalidRequest
from app.core.money import to_wire
from app.invoices.models import Invoice
from app.invoices.queries import (
    InvoiceFilter,
    find_rendering,
    get_distance_sales,
    get_invoice,
    list_invoices,
    list_rate_totals,
)
from app.invoices.rules import DISTANCE_LIMIT_CENTS, compute_distance_standing
from app.invoices.service import read_pdf, set_oss
from app.invoices.verify_invoices import Break, Verdict
from app.ops.watch_invoices import watch_invoices
from app.shop.rules import compute_business_day

app = typer.Typer(no_args_is_help=True)


class Kind(StrEnum):
    """What a document is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    REVERSAL = "reversal"


NumberArgument = Annotated[
    str, typer.Argument(help=french_or_english("F-000042, A-000001 ou son id", "F-000042 or id"))
]
KindOption = Annotated[Kind | None, typer.Option("--kind", help=french_or_english("Sa nature", "What it is"))]
MostOption = Annotated[int, typer.Option("-n", min=1, max=1000, help=french_or_english("Au plus", "At most"))]
ByOption = Annotated[Period, typer.Option("--by", help=french_or_english("Par", "By"))]
FolderOption = Annotated[
    Path,
    typer.Option("--folder", exists=True, file_okay=False, help=french_or_english("Où les écrire", "Where to write")),
]
SinceOption = Annotated[
    datetime | None,
    typer.Option("--since", formats=["%Y-%m-%d"], help=french_or_english("À partir du", "From this day on")),
]
RatesOption = Annotated[
    list[str],
    typer.Option("--rate", help=french_or_english("Taux normal, de=19, à répéter", "Standard rate, de=19, repeated")),
]

FAULTS = {
    "missing": ("le n° {} manque", "no. {} is missing"),
    "changed": ("le n° {} a été modifié", "no. {} was changed"),
    "unchained": ("le n° {} ne suit pas le précédent", "no. {} does not follow the one before"),
    "misdated": ("la date du n° {} est antérieure au précédent", "the day of no. {} is before that of the last"),
    "differs": ("le n° {} ne dit pas ce que dit sa commande", "no. {} does not say what its order says"),
    "surplus": ("le n° {} n'a pas été émis par la base", "no. {} was not issued by the database"),
    "head_changed": ("la série ne nomme pas le n° {}", "the series does not name no. {}"),
}


@app.command("list", help=french_or_english("Les factures et avoirs, du plus récent.", "The documents, newest first."))
def list_all(
    kind: KindOption = None, first: FromOption = None, last: ToOption = None, most: MostOption = 50,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    with acting_as_caller(), unit_of_work() as session:
        found, _ = list_invoices(session, _filter(kind, first, last), limit=most, offset=0)
    if as_json:
        print_json([_show(each) for each in found])
        return
    for each in found:
        amount = f"{to_wire(each.total_cents, each.currency_code)} {each.currency_code.upper()}"
        print_line(f"{each.display_number}  {each.issued_on}  {each.kind:11}  {amount:>14}  {each.order_id}")


@app.command(help=french_or_english("Tout ce que dit une facture.", "All that an invoice says."))
def show(number: NumberArgument) -> None:
    with acting_as_caller(), unit_of_work() as session:
        print_json(get_invoice(session, number).document)


@app.command(
    help=french_or_english(
        "Vérifier numéros, dates, sceaux, et une facture par commande payée ; code 1 sinon.",
        "Verify numbers, days, seals, and one invoice per paid order; exit 1 otherwise.",
    )
)
def verify(as_json: JsonOption = False) -> None:
    with acting_as_caller():
        verdict = watch_invoices()
    if as_json:
        print_json({"sound": verdict.is_sound, **asdict(verdict)})
    else:
        for line in _describe(verdict):
            print_line(line)
    raise typer.Exit(0 if verdict.is_sound else 1)


def _describe(verdict: Verdict) -> Iterator[str]:
    for each in verdict.broken:
        yield _describe_break(each)
    for order_id in verdict.uninvoiced_order_ids:
        yield french_or_english(f"Commande payée sans facture : {order_id}", f"Paid order without invoice: {order_id}")
    for refund_id in verdict.uncorrected_refund_ids:
        yield french_or_english(f"Remboursement sans avoir : {refund_id}", f"Refund without credit note: {refund_id}")
    if verdict.is_sound:
        yield french_or_english(
            f"Factures intactes : {verdict.documents}, sans trou, dates dans l'ordre.",
            f"The invoices are sound: {verdict.documents}, without a gap, days in order.",
        )


def _describe_break(broken: Break) -> str:
    text = french_or_english(*FAULTS[broken.fault]).format(broken.number)
    return french_or_english(f"Série {broken.series} rompue : {text}.", f"Series {broken.series} is broken: {text}.")


@app.command(
    help=french_or_english(
        "Ce qui a été facturé, moins les avoirs, par taux de TVA : pour les déclarations (e-reporting, OSS).",
        "What was invoiced, less credit notes, by VAT rate: for declarations (e-reporting, OSS).",
    )
)
def totals(
    by: ByOption = Period.MONTH, first: FromOption = None, last: ToOption = None, as_json: JsonOption = False
) -> None:
    with acting_as_caller(), unit_of_work() as session:
        found = list_rate_totals(session, by.value, _filter(None, first, last))
    if as_json:
        print_json([asdict(total) for total in found])
        return
    for each in found:
        amounts = (to_wire(cents, each.currency_code) for cents in (each.net_cents, each.tax_cents, each.total_cents))
        net, tax, total = (f"{amount:>12}" for amount in amounts)
        rate = f"{each.rate} % {each.category}"
        print_line(f"{each.period}  {rate:10}  HT {net}  TVA {tax}  TTC {total} {each.currency_code.upper()}")


@app.command(
    help=french_or_english(
        "Écrire les PDF (Factur-X) d'une période dans un dossier.", "Write the PDFs (Factur-X) of a period to a folder."
    )
)
def export(
    first: FromOption = None, last: ToOption = None, folder: FolderOption = Path(), as_json: JsonOption = False
) -> None:
    if first is None or last is None or last < first:
        raise InvalidRequest(
            french_or_english("Donnez --from et --to, dans cet ordre.", "Give --from and --to, in this order.")
        )
    written, waiting = 0, []
    with acting_as_caller():
        for invoice, file_id in _list_files(_filter(None, first, last)):
            if file_id is None:
                waiting.append(invoice.display_number)
                continue
            (folder / f"{invoice.display_number}.pdf").write_bytes(read_pdf(file_id))
            written += 1
        with unit_of_work() as session:
            record_audit(session, "invoices.exported", "invoice", {"written": written, "waiting": len(waiting)})
    if as_json:
        print_json({"written": written, "waiting": waiting})
    else:
        print_line(french_or_english(f"{written} PDF écrits dans {folder}.", f"{written} PDFs written to {folder}."))
        if waiting:
            print_line(french_or_english("Pas encore prêts : ", "Not ready yet: ") + ", ".join(waiting))
    raise typer.Exit(1 if waiting else 0)


def _list_files(wanted: InvoiceFilter) -> Iterator[tuple[Invoice, str | None]]:
    """A hundred at a time."""
    place = 0
    while True:
        with unit_of_work() as session:
            found, _ = list_invoices(session, wanted, limit=100, offset=place)
            renderings = [find_rendering(session, each.id) for each in found]
        if not found:
            return
        for invoice, rendering in zip(found, renderings, strict=True):
            yield invoice, rendering.file_id if rendering else None
        place += len(found)


@app.command(
    help=french_or_english(
        "Ventes aux autres pays de l'Union : le compteur, ou l'inscription au guichet OSS.",
        "Sales to other Member States: the counter, or the one-stop shop from a day on.",
    )
)
def oss(since: SinceOption = None, rate: RatesOption = [], as_json: JsonOption = False) -> None:  # noqa: B006 - typer's
    with acting_as_caller(), unit_of_work() as session:
        if since is not None:
            set_oss(session, since.date(), dict(map(_read_rate, rate)))
        sales = get_distance_sales(session, compute_business_day(utc_now()))
    standing = compute_distance_standing(sales)
    if as_json:
        print_json({**asdict(sales), "limit_cents": DISTANCE_LIMIT_CENTS, "standing": standing})
        return
    this_year, last_year = (to_wire(cents, "eur") for cents in (sales.this_year_cents, sales.last_year_cents))
    print_line(
        french_or_english(
            f"Cette année : {this_year} € HT, l'an dernier : {last_year} € HT ; seuil 10 000 € ({standing}).",
            f"This year: €{this_year} excl. VAT, last year: €{last_year}; limit €10,000 ({standing}).",
        )
    )


def _read_rate(given: str) -> tuple[str, Decimal]:
    country_code, _, percent = given.partition("=")
    try:
        rate = Decimal(percent)
    except InvalidOperation:
        rate = Decimal(-1)
    if len(country_code) != 2 or not 0 < rate < 100:
        raise InvalidRequest(french_or_english(f"{given} : écrivez de=19.", f"{given}: write de=19."))
    return country_code.lower(), rate


def _filter(kind: Kind | None, first: datetime | None, last: datetime | None) -> InvoiceFilter:
    return InvoiceFilter(
        kind=kind.value if kind else None,
        first_on=first.date() if first else None,
        last_on=last.date() if last else None,
    )


def _show(invoice: Invoice) -> dict[str, object]:
    shown = ("id", "display_number", "kind", "issued_on", "order_id", "refund_id", "currency_code", "total_cents")
    return {name: getattr(invoice, name) for name in (*shown, "tax_cents", "sha256")}
