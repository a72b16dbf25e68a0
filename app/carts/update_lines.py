"""Lines of a cart: add, update, remove. Prices come from the catalogue, never from the caller."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from sqlalchemy.orm import Session

from app.carts import queries
from app.carts.errors import VariantNotForSale, VariantWithoutPrice
from app.carts.models import Cart, CartLine
from app.carts.open_cart import finish_change, open_cart
from app.carts.queries import CartContents
from app.carts.rules import check_payable, check_size, merge_details
from app.catalogue.queries import list_sellable_variants
from app.core.clock import utc_now
from app.core.db import Json
from app.core.ids import new_id
from app.pricing.queries import list_effective_prices
from app.stock.queries import list_available_to
from app.stock.rules import check_available


@dataclass(frozen=True)
class NewLine:
    """Pieces of a variant to put into a cart."""

    variant_id: str
    quantity: int
    details: Json | None = None


class LineChanges(TypedDict, total=False):
    """What a caller asks of a line; a key that is absent leaves the line as it is."""

    quantity: int
    details: Json | None


def add_line(session: Session, cart_id: str, new: NewLine) -> CartContents:
    """Put pieces into the cart, onto the line that has the same variant and metadata if there is one."""
    cart = open_cart(session, cart_id)
    put_lines(session, cart, [new])
    return finish_change(session, cart)


def update_line(session: Session, cart_id: str, line_id: str, changes: LineChanges) -> CartContents:
    """Set what is given of a line; a quantity of 0 removes it.

    Raises `LineNotFound`, and for more pieces what `put_lines` raises.
    """
    cart = open_cart(session, cart_id)
    line = queries.get_line(session, cart_id, line_id)
    if changes.get("quantity") == 0:
        return _remove(session, cart, line)
    if "details" in changes:
        line.details = merge_details(line.details, changes["details"])
    if "quantity" in changes:
        _set_quantity(session, cart, line, changes["quantity"])
    return finish_change(session, cart)


def remove_line(session: Session, cart_id: str, line_id: str) -> CartContents:
    """Take a line out; raises `LineNotFound`."""
    cart = open_cart(session, cart_id)
    return _remove(session, cart, queries.get_line(session, cart_id, line_id))


def _remove(session: Session, cart: Cart, line: CartLine) -> CartContents:
    session.delete(line)
    price_lines(session, cart, queries.list_lines(session, cart.id), demanded=())
    return finish_change(session, cart)


def put_lines(session: Session, cart: Cart, news: Sequence[NewLine]) -> None:
    """Put pieces into a locked cart; all of it then is at today's prices.

    Raises `VariantNotForSale`, `VariantWithoutPrice`, `InsufficientInventory`, `CartTooLarge`.
    """
    if not news:
        return
    variant_ids = {new.variant_id for new in news}
    _demand_sellable(session, cart, variant_ids)
    lines = queries.list_lines(session, cart.id)
    for new in news:
        _put_line(session, cart, lines, new)
    check_size(len(lines), max(line.quantity for line in lines))
    price_lines(session, cart, lines, demanded=variant_ids)
    _check_stock(session, cart, lines, variant_ids)


def _set_quantity(session: Session, cart: Cart, line: CartLine, quantity: int) -> None:
    """More pieces must be for sale, like any that are put in; fewer of what is withdrawn are fewer."""
    is_more = quantity > line.quantity
    line.quantity = quantity
    lines = queries.list_lines(session, cart.id)
    check_size(len(lines), quantity)
    if is_more:
        _demand_sellable(session, cart, {line.variant_id})
    price_lines(session, cart, lines, demanded={line.variant_id} if is_more else ())
    _check_stock(session, cart, lines, {line.variant_id})


def _demand_sellable(session: Session, cart: Cart, variant_ids: set[str]) -> None:
    missing = variant_ids - list_sellable_variants(session, variant_ids, cart.sales_channel_id)
    if missing:
        raise VariantNotForSale(sorted(missing))


def _put_line(session: Session, cart: Cart, lines: list[CartLine], new: NewLine) -> None:
    for line in lines:
        if line.variant_id == new.variant_id and (line.details or {}) == (new.details or {}):
            line.quantity += new.quantity
            return
    line = CartLine(
        id=new_id("cali"),
        cart_id=cart.id,
        variant_id=new.variant_id,
        position=max((line.position for line in lines), default=0) + 1,
        quantity=new.quantity,
        unit_price_cents=0,  # set by price_lines before anybody reads it
        details=new.details,
    )
    session.add(line)
    lines.append(line)


def reprice(session: Session, contents: CartContents) -> CartContents:
    """The cart at today's prices; raises `VariantWithoutPrice`, `CartTooLarge`."""
    price_lines(session, contents.cart, [content.line for content in contents.lines])
    priced = queries.recompute(contents)
    check_payable(priced.totals.item_sum.original_total_cents)
    return priced


def price_lines(
    session: Session, cart: Cart, lines: Sequence[CartLine], *, demanded: Collection[str] | None = None
) -> None:
    """Set the lines to today's prices in the cart's currency; one that has none keeps the price it has.

    Raises `VariantWithoutPrice` where that is one of the variants `demanded`; None demands all.
    """
    with session.no_autoflush:  # a new line has no price yet
        variant_ids = {line.variant_id for line in lines}
        prices = list_effective_prices(
            session, variant_ids, cart.currency_code, utc_now(), customer_id=cart.customer_id
        )
    without = (variant_ids if demanded is None else set(demanded)) - prices.keys()
    if without:
        raise VariantWithoutPrice(sorted(without))
    for line in lines:
        price = prices.get(line.variant_id)
        if price is None:
            continue
        line.unit_price_cents = price.amount_cents
        line.compare_at_unit_price_cents = price.original_amount_cents if price.is_reduced else None


def _check_stock(session: Session, cart: Cart, lines: Iterable[CartLine], variant_ids: set[str]) -> None:
    wanted: Counter[str] = Counter()
    for line in lines:
        if line.variant_id in variant_ids:
            wanted[line.variant_id] += line.quantity
    available = list_available_to(session, cart.id, variant_ids, utc_now())
    check_available({variant_id: wanted[variant_id] for variant_id in available}, available)
