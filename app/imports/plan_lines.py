"""Prices and stock of a file: each line beside what is in the shop, and how many of them are written."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from sqlalchemy import Text, and_, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.catalogue.models import Product, ProductVariant
from app.imports.plan_product import Pieces, Planned, find_price_problem
from app.imports.queries import Unit
from app.imports.render_problems import Problem, render_problem
from app.pricing.queries import list_base_prices
from app.pricing.rules import PriceMove
from app.pricing.service import NewPrice, set_prices
from app.stock.models import StockLevel, StockMovement
from app.stock.service import lock_stock, receive_all, record_counts

_SKUS = bindparam("skus", type_=ARRAY(Text))
_VARIANTS = bindparam("variant_ids", type_=ARRAY(Text))
RECEIPT = "receipt"


class Named(NamedTuple):
    """A variant by its SKU."""

    id: str
    status: str
    manages_stock: bool


class Shelf(NamedTuple):
    """Pieces that are there, and how many of them are promised."""

    stocked: int = 0
    reserved: int = 0


def _list_named(session: Session, units: Sequence[Unit]) -> dict[str, Named]:
    query = select(ProductVariant.sku, ProductVariant.id, Product.status, ProductVariant.manages_stock).join(
        Product, Product.id == ProductVariant.product_id
    )
    skus = [str(unit.lines[0].cells["variant_sku"]) for unit in units]
    found = session.execute(query.where(ProductVariant.sku == any_(_SKUS)), {"skus": skus})
    return {str(sku): Named(variant_id, status, is_counted) for sku, variant_id, status, is_counted in found}


def _is_refused(unit: Unit) -> bool:
    return any(line.state == "refused" for line in unit.lines)


def _refused(unit: Unit, *problems: Problem) -> Planned:
    return Planned(unit, "refused", list(problems))


def plan_prices(session: Session, units: Sequence[Unit], *, is_move_confirmed: bool, is_locking: bool) -> list[Planned]:
    """What each line of prices comes to; the lock is `pricing.service:set_prices`' own."""
    named = _list_named(session, units)
    pairs = {
        (named[sku].id, str(unit.lines[0].cells["currency_code"]))
        for unit in units
        if (sku := str(unit.lines[0].cells["variant_sku"])) in named
    }
    known = list_base_prices(session, pairs) if pairs else {}
    return [_plan_price(unit, named, known, is_move_confirmed=is_move_confirmed) for unit in units]


def _plan_price(
    unit: Unit, named: Mapping[str, Named], known: Mapping[tuple[str, str], int], *, is_move_confirmed: bool
) -> Planned:
    line = unit.lines[0]
    sku, code = str(line.cells["variant_sku"]), str(line.cells["currency_code"])
    if _is_refused(unit):
        return _refused(unit)
    if sku not in named:
        return _refused(unit, render_problem("unknown_sku", line.number, "variant_sku", found=sku))
    variant, cents = named[sku], cast(int, line.cells["amount_cents"])
    move = PriceMove(variant.id, code, known.get((variant.id, code)), cents)
    if move.old_cents == cents:
        return Planned(unit)
    problem = find_price_problem(
        move,
        line.number,
        "amount_cents",
        is_archived=variant.status == "archived",
        is_move_confirmed=is_move_confirmed,
    )
    if problem is not None:
        return _refused(unit, problem)
    action = "create" if move.old_cents is None else "update"
    return Planned(unit, action, prices=[NewPrice(variant.id, code, cents)])


def write_prices(session: Session, planned: Sequence[Planned]) -> None:
    """Write them, all or none of these."""
    set_prices(session, [price for each in planned for price in each.prices], confirmed=True, reason="import")


def plan_stock(session: Session, units: Sequence[Unit], *, is_move_confirmed: bool, is_locking: bool) -> list[Planned]:
    """What each line of stock comes to; with `is_locking` the levels stay as they are until the transaction ends.

    Also those that nothing ever stood on: they are made, or two files of one delivery would both be its first.
    """
    named = _list_named(session, units)
    ids = sorted(variant.id for variant in named.values() if variant.manages_stock)
    if is_locking:
        lock_stock(session, ids)
    query = select(StockLevel.variant_id, StockLevel.stocked_quantity, StockLevel.reserved_quantity)
    found = session.execute(query.where(StockLevel.variant_id == any_(_VARIANTS)), {"variant_ids": ids})
    levels = {variant_id: Shelf(stocked, reserved) for variant_id, stocked, reserved in found}
    received = _list_received(session, units, named)
    return [_plan_pieces(unit, named, levels, received) for unit in units]


def _list_received(session: Session, units: Sequence[Unit], named: Mapping[str, Named]) -> dict[tuple[str, str], int]:
    """What came in already, by variant and the delivery's reference."""
    references = {str(unit.lines[0].cells.get("delivery_reference") or "") for unit in units} - {""}
    if not references:
        return {}
    query = select(StockMovement.variant_id, StockMovement.reference, StockMovement.delta).where(
        and_(
            StockMovement.variant_id == any_(_VARIANTS),
            StockMovement.reference == any_(_SKUS),
            StockMovement.reason == RECEIPT,
        )
    )
    given = {"variant_ids": [each.id for each in named.values()], "skus": list(references)}
    received: defaultdict[tuple[str, str], int] = defaultdict(int)
    for variant_id, reference, delta in session.execute(query, given):
        received[variant_id, str(reference)] += delta
    return dict(received)


def _plan_pieces(
    unit: Unit,
    named: Mapping[str, Named],
    levels: Mapping[str, Shelf],
    received: Mapping[tuple[str, str], int],
) -> Planned:
    line = unit.lines[0]
    sku = str(line.cells["variant_sku"])
    if _is_refused(unit):
        return _refused(unit)
    if sku not in named:
        return _refused(unit, render_problem("unknown_sku", line.number, "variant_sku", found=sku))
    variant = named[sku]
    if not variant.manages_stock:
        return _refused(unit, render_problem("not_counted", line.number, "variant_sku"))
    counted, arrived = line.cells.get("new_quantity"), line.cells.get("received_quantity")
    if counted is not None and arrived is not None:
        return _refused(unit, render_problem("count_or_receipt", line.number, "new_quantity"))
    if counted is not None:
        return _plan_count(unit, variant.id, cast(int, counted), levels.get(variant.id, Shelf()))
    if arrived:
        return _plan_receipt(unit, variant.id, cast(int, arrived), received)
    return Planned(unit)  # nothing was counted, nothing came


def _plan_count(unit: Unit, variant_id: str, counted: int, level: Shelf) -> Planned:
    line = unit.lines[0]
    expected = line.cells.get("stocked_quantity")
    if counted == level.stocked:
        return Planned(unit)
    if expected is not None and expected != level.stocked:
        problem = render_problem(
            "moved_meanwhile", line.number, "stocked_quantity", expected=expected, found=level.stocked
        )
        return _refused(unit, problem)
    if counted < level.reserved:
        return _refused(unit, render_problem("promised", line.number, "new_quantity", found=level.reserved))
    return Planned(unit, "update", pieces=Pieces(variant_id, counted, None))


def _plan_receipt(unit: Unit, variant_id: str, arrived: int, received: Mapping[tuple[str, str], int]) -> Planned:
    line = unit.lines[0]
    reference = line.cells.get("delivery_reference")
    if reference is None:
        return _refused(unit, render_problem("delivery_reference", line.number, "delivery_reference"))
    before = received.get((variant_id, str(reference)))
    if before == arrived:
        return Planned(unit)
    if before is not None:
        return _refused(unit, render_problem("received_otherwise", line.number, "received_quantity", found=before))
    return Planned(unit, "update", pieces=Pieces(variant_id, arrived, str(reference)))


def write_stock(session: Session, planned: Sequence[Planned]) -> None:
    """Write counts as movements by an import, deliveries as receipts; the levels are locked already."""
    pieces = [each.pieces for each in planned if each.pieces is not None]
    counts = {each.variant_id: each.quantity for each in pieces if each.reference is None}
    if counts:
        record_counts(session, counts, "import", reason="import")
    deliveries: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for each in pieces:
        if each.reference is not None:
            deliveries[each.reference][each.variant_id] = each.quantity
    for reference, quantities in deliveries.items():
        receive_all(session, quantities, reference)
