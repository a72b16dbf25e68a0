"""Pieces on the shelf, as somebody else counted them; and price lists that are the same for everybody."""

from decimal import Decimal

from app.core.errors import Refusal
from app.medusa_import.errors import LeftOut
from app.medusa_import.import_products import demand_amount, figure_of, leave_price
from app.medusa_import.queries import find_managed_variant
from app.medusa_import.record_taken import Figure, Taking
from app.medusa_import.rules import compute_pieces
from app.medusa_import.schemas import InventoryItemIn, PriceIn, PriceListIn
from app.pricing.rules import SALE
from app.pricing.service import NewPrice
from app.pricing.set_price_list import NewPriceList, create_price_list, set_list_prices
from app.stock.service import record_counts

STOCK, LIST_PRICE = "inventory_item", "list_price"


def list_stock_figures(item: InventoryItemIn) -> list[Figure]:
    """The pieces that nobody has bought yet: what Medusa keeps for orders that did not leave is sold here."""
    return [Figure(STOCK, "", max(Decimal(0), _available(item)))]


def import_stock(taking: Taking, item: InventoryItemIn) -> str:
    """The count of the one variant that takes one piece of it."""
    takers = taking.run.takers.get(item.id, [])
    if not takers:
        raise LeftOut("stock_of_nothing", item.sku or "")
    if len(takers) > 1 or takers[0][1] != 1:
        raise LeftOut("stock_shared", ", ".join(f"{variant_id} x {number}" for variant_id, number in takers))
    variant_id = taking.find("variant", takers[0][0])
    if variant_id is None:
        raise LeftOut("variant_left_out", takers[0][0])
    if find_managed_variant(taking.session, variant_id) is None:
        raise LeftOut("stock_not_counted", takers[0][0])
    if taking.run.stocks_of[takers[0][0]] > 1:
        raise LeftOut("stock_shared", takers[0][0])
    available = _available(item)
    if available < 0:
        taking.note("more_promised_than_there", str(available))
    counted = compute_pieces(max(Decimal(0), available))
    record_counts(taking.session, {variant_id: counted}, note_of(taking.run.id), reason="import")
    return variant_id


def note_of(run_id: str) -> str:
    """What the movements of a run say."""
    return f"Medusa, {run_id}"


def _available(item: InventoryItemIn) -> Decimal:
    return sum((each.stocked_quantity - each.reserved_quantity for each in item.location_levels), Decimal(0))


def list_price_list_figures(price_list: PriceListIn) -> list[Figure]:
    """What a list brings."""
    return [Figure("price_list"), *(figure_of(price, LIST_PRICE) for price in price_list.prices)]


def import_price_list(taking: Taking, price_list: PriceListIn) -> str:
    """A list for everybody. A sale comes as a draft: which price it reduces by law was written nowhere there."""
    if price_list.rules:
        raise LeftOut("price_list_with_rules", ", ".join(sorted(price_list.rules)))
    status = price_list.status
    if price_list.type == SALE and status != "draft":
        taking.note("sale_waits_as_draft", price_list.title)
        status = "draft"
    made = create_price_list(
        taking.session,
        NewPriceList(
            title=price_list.title,
            type=price_list.type,
            description=price_list.description or "",
            status=status,
            starts_at=price_list.starts_at,
            ends_at=price_list.ends_at,
        ),
    )
    for price in price_list.prices:
        _add_price(taking, made.id, price)
    return made.id


def _add_price(taking: Taking, price_list_id: str, price: PriceIn) -> None:
    """One price, or its reason why not: a sale that is no reduction is refused."""
    try:
        new = _demand_list_price(taking, price)
        with taking.session.begin_nested():
            set_list_prices(taking.session, price_list_id, [new], confirmed=True)
    except Refusal as refused:
        leave_price(taking, price, refused, LIST_PRICE)
    else:
        taking.keep(f"{price_list_id} {new.variant_id}", figure_of(price, LIST_PRICE), external_id=price.id)


def _demand_list_price(taking: Taking, price: PriceIn) -> NewPrice:
    if price.rules or price.min_quantity is not None or price.max_quantity is not None:
        raise LeftOut("price_with_rules", ", ".join(sorted(price.rules or {})))
    variant_id = taking.find("variant", price.variant_id)
    if variant_id is None:
        raise LeftOut("variant_left_out", price.variant_id or "")
    return demand_amount(taking, variant_id, price)
