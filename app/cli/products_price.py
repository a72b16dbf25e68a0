"""`comptoir products price`: what variants cost, typed in cents and shown before anything is changed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.catalogue.queries import get_product_id
from app.cli.actor import acting_as_caller
from app.cli.language import french_or_english
from app.cli.money import show_cents
from app.cli.output import JsonOption, confirm, print_json, print_line
from app.cli.since import UNITS, WHILE
from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.errors import InvalidRequest
from app.pricing.change_prices import (
    PricePreview,
    Selection,
    list_selected_prices,
    preview_prices,
    set_previewed_prices,
)
from app.pricing.errors import PriceMovesByHalf, VariantToChoose
from app.pricing.models import ScheduledPrice
from app.pricing.queries import find_variant_id, get_product_id_of, list_priced_variants, list_variant_ids
from app.pricing.rules import PriceMove, show_move
from app.pricing.schedule_prices import cancel_scheduled_price, create_scheduled_prices, list_scheduled_prices
from app.pricing.service import NewPrice
from app.shop.errors import UnknownCurrency
from app.shop.queries import find_price_currency
from app.shop.rules import BUSINESS_TIME

app = typer.Typer(
    no_args_is_help=True, help=french_or_english("Les prix, en centimes TTC.", "Prices, in cents, VAT included.")
)


class Status(StrEnum):
    """Where a planned price stands."""

    PLANNED = "planned"
    APPLIED = "applied"
    CANCELED = "canceled"
    REFUSED = "refused"


NamedArgument = Annotated[
    str, typer.Argument(help=french_or_english("SKU, ou produit : adresse, identifiant", "SKU, or product: handle, id"))
]
CentsArgument = Annotated[
    int, typer.Argument(min=0, help=french_or_english("En centimes : 29900 = 299,00 €", "In cents: 29900 = €299.00"))
]
PercentArgument = Annotated[
    str, typer.Argument(help=french_or_english("-10 : 10 % de moins ; +5,5", "-10: 10% less; +5.5"))
]
ProductsOption = Annotated[
    list[str] | None,
    typer.Option("--product", help=french_or_english("Un produit ou un SKU ; répétable", "A product or SKU; repeat")),
]
CategoryOption = Annotated[
    list[str] | None, typer.Option("--category", help=french_or_english("Catégorie, pcat_…", "Category, pcat_…"))
]
CollectionOption = Annotated[
    list[str] | None, typer.Option("--collection", help=french_or_english("Collection, pcol_…", "Collection, pcol_…"))
]
EverythingOption = Annotated[
    bool, typer.Option("--all", help=french_or_english("Tout, sauf les archives", "Everything but the archived"))
]
AllVariantsOption = Annotated[
    bool, typer.Option("--all-variants", help=french_or_english("Toutes ses variantes", "All its variants"))
]
CurrencyOption = Annotated[
    str, typer.Option("--currency", help=french_or_english("Celle de la boutique sinon", "The shop's if not given"))
]
ConfirmOption = Annotated[
    bool,
    typer.Option("--confirm", help=french_or_english("Plus de la moitié : c'est voulu", "More than half: it is meant")),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help=french_or_english("Montrer, ne rien changer", "Show, change nothing"))
]
ReasonOption = Annotated[str, typer.Option("--reason", help=french_or_english("Pourquoi", "Why"))]
YesOption = Annotated[bool, typer.Option("--yes", help=french_or_english("Ne pas demander", "Do not ask"))]
AtOption = Annotated[
    str,
    typer.Option("--at", help=french_or_english("2026-12-01T08:00+01:00, ou dans 6h, 3d", "…T08:00+01:00, or 6h, 3d")),
]
StatusOption = Annotated[Status | None, typer.Option("--status", help=french_or_english("Leur état", "Their status"))]
MostOption = Annotated[int, typer.Option("-n", min=1, max=1000, help=french_or_english("Au plus", "At most"))]


@app.command(
    "set",
    help=french_or_english(
        "Changer le prix d'une variante, ou de toutes celles d'un produit.",
        "Change the price of a variant, or of all variants of a product.",
    ),
)
def set_one(
    named: NamedArgument,
    cents: CentsArgument,
    all_variants: AllVariantsOption = False,
    currency: CurrencyOption = "",
    confirmed: ConfirmOption = False,
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    with acting_as_caller():
        with unit_of_work() as session:
            code = _currency(session, currency)
            chosen = _choose(session, named, all_variants=all_variants)
            news = [NewPrice(variant_id, code, cents) for variant_id in chosen]
        _preview_and_set(news, confirmed=confirmed, dry_run=dry_run, reason=reason, yes=yes, as_json=as_json)


@app.command(
    help=french_or_english(
        "Changer beaucoup de prix d'un pourcentage, après un aperçu.",
        "Change many prices by a percentage, after a look.",
    ),
    context_settings={"ignore_unknown_options": True},  # -10 is no option
)
def change(
    percent: PercentArgument,
    products: ProductsOption = None,
    categories: CategoryOption = None,
    collections: CollectionOption = None,
    everything: EverythingOption = False,
    currency: CurrencyOption = "",
    confirmed: ConfirmOption = False,
    dry_run: DryRunOption = False,
    reason: ReasonOption = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    percentage = _read_percentage(percent)
    with acting_as_caller():
        with unit_of_work() as session:
            chosen = [each for named in products or () for each in _choose(session, named, all_variants=True)]
            selection = Selection(chosen, (), categories or (), collections or (), is_everything=everything)
            news = list_selected_prices(session, selection, percentage, _currency(session, currency))
        _preview_and_set(news, confirmed=confirmed, dry_run=dry_run, reason=reason, yes=yes, as_json=as_json)


@app.command(
    help=french_or_english("Prévoir un prix pour plus tard, à la minute.", "Plan a price for later, to the minute.")
)
def plan(
    named: NamedArgument,
    cents: CentsArgument,
    at: AtOption,
    all_variants: AllVariantsOption = False,
    currency: CurrencyOption = "",
    confirmed: ConfirmOption = False,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
) -> None:
    applies_at = _read_instant(at)
    with acting_as_caller(), unit_of_work() as session:
        code = _currency(session, currency)
        news = [NewPrice(each, code, cents) for each in _choose(session, named, all_variants=all_variants)]
        made = create_scheduled_prices(session, news, applies_at, confirmed=confirmed, reason=reason or None)
        names = _names(session, made)
    _print_planned(made, names, as_json=as_json)


@app.command(help=french_or_english("Les prix prévus, le plus proche d'abord.", "Planned prices, what is due first."))
def planned(status: StatusOption = None, most: MostOption = 50, as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        found, _ = list_scheduled_prices(session, status.value if status else None, limit=most, offset=0)
        names = _names(session, found)
    _print_planned(found, names, as_json=as_json)


@app.command(help=french_or_english("Annuler un prix prévu.", "Cancel a planned price."))
def cancel(scheduled_id: Annotated[str, typer.Argument(help="sprice_…")], as_json: JsonOption = False) -> None:
    with acting_as_caller(), unit_of_work() as session:
        done = cancel_scheduled_price(session, scheduled_id)
        names = _names(session, [done])
    _print_planned([done], names, as_json=as_json)


def _preview_and_set(
    news: Sequence[NewPrice], *, confirmed: bool, dry_run: bool, reason: str, yes: bool, as_json: bool
) -> None:
    """Show, ask with no transaction open, then set exactly what was shown."""
    if as_json and not (yes or dry_run):
        raise typer.BadParameter(
            french_or_english("--json demande --yes ou --dry-run", "--json needs --yes or --dry-run")
        )
    with unit_of_work() as session:
        preview = preview_prices(session, news)
    if not as_json:
        _print_moves(preview)
    if dry_run:
        if as_json:
            print_json(_describe_preview(preview, is_done=False))
        return
    if preview.beyond_half and not confirmed:
        raise PriceMovesByHalf([show_move(move, preview.names[move.variant_id]) for move in preview.beyond_half])
    if not yes:
        count = len(preview.moves)
        confirm(french_or_english(f"Changer ces {count} prix ?", f"Change these {count} prices?"))
    with unit_of_work() as session:
        set_previewed_prices(session, news, preview.token, confirmed=confirmed, reason=reason or None)
    if as_json:
        print_json(_describe_preview(preview, is_done=True))
    else:
        print_line(
            french_or_english("C'est fait ; la vitrine suit dans la seconde.", "Done; the shop front follows at once.")
        )


def _choose(session: Session, named: str, *, all_variants: bool) -> list[str]:
    """A variant by its SKU or id; of a product, its only variant, or all if that is asked."""
    variant_id = find_variant_id(session, named)
    if variant_id is not None and not all_variants:
        return [variant_id]
    product_id = get_product_id_of(session, variant_id) if variant_id else get_product_id(session, named)
    found = list_variant_ids(session, [product_id])
    if len(found) > 1 and not all_variants:
        raise VariantToChoose([each.name for each in list_priced_variants(session, found)])
    return found


def _currency(session: Session, given: str) -> str:
    code = given.lower() or find_price_currency(session, None)
    if code is None:
        raise UnknownCurrency("")
    return code


def _read_percentage(given: str) -> Decimal:
    try:
        found = Decimal(given.strip().removesuffix("%").strip().replace(",", "."))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise InvalidRequest(
            french_or_english(f"{given} : un pourcentage, -10 ou +5,5.", f"{given}: a percentage, -10 or +5.5.")
        )
    return found


def _read_instant(given: str) -> datetime:
    """From now on for a while (`6h`, `3d`), or an instant; without offset it is the shop's own time."""
    found = WHILE.fullmatch(given)
    if found:
        return utc_now() + int(found[1]) * UNITS[found[2]]
    try:
        instant = datetime.fromisoformat(given)
    except ValueError:
        raise InvalidRequest(
            french_or_english(
                "--at : un instant (2026-12-01T08:00) ou une durée (90m, 6h, 3d).",
                "--at: an instant (2026-12-01T08:00) or a while (90m, 6h, 3d).",
            )
        ) from None
    return (instant if instant.tzinfo else instant.replace(tzinfo=BUSINESS_TIME)).astimezone(UTC)


def _names(session: Session, planned_prices: Sequence[ScheduledPrice]) -> dict[str, str]:
    found = list_priced_variants(session, {each.variant_id for each in planned_prices})
    return {each.variant_id: each.name for each in found}


def _print_moves(preview: PricePreview) -> None:
    for move in preview.moves:
        print_line(f"{preview.names[move.variant_id]}  {_show_move(move)}")


def _show_move(move: PriceMove) -> str:
    new = show_cents(move.new_cents, move.currency_code)
    old = show_cents(move.old_cents, move.currency_code) if move.old_cents is not None else "-"
    warning = french_or_english("  plus de la moitié !", "  more than half!") if move.is_beyond_half else ""
    return f"{old} → {new}{warning}"


def _describe_preview(preview: PricePreview, *, is_done: bool) -> dict[str, object]:
    moves = [
        {"sku": preview.names[move.variant_id], **move._asdict(), "moves_by_half": move.is_beyond_half}
        for move in preview.moves
    ]
    return {"done": is_done, "token": preview.token, "prices": moves}


def _print_planned(found: Sequence[ScheduledPrice], names: dict[str, str], *, as_json: bool) -> None:
    columns = (
        "id", "variant_id", "currency_code", "amount_cents", "applies_at", "status", "reason", "refused_code",
        "created_by", "ended_at",
    )  # fmt: skip
    if as_json:
        print_json(
            [{"sku": names[each.variant_id], **{name: getattr(each, name) for name in columns}} for each in found]
        )
        return
    for each in found:
        amount = show_cents(each.amount_cents, each.currency_code)
        said = f"  [{each.refused_code}]" if each.refused_code else ""
        print_line(
            f"{each.applies_at:%Y-%m-%d %H:%M} UTC  {each.id}  {names[each.variant_id]}  {amount}  {each.status}{said}"
        )
    if not found:
        print_line(french_or_english("Aucun prix prévu.", "No planned price."))
