"""Orders as they were sold there: lines, addresses, totals to the cent, payments as facts, parcels.

An imported order sells no stock, sends no mail, has no invoice here, and its money is not in the journal of payments.
"""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select

from app.carts.models import Cart
from app.core.clock import utc_now
from app.core.ids import new_id
from app.customers.models import Customer
from app.customers.service import record_guest
from app.medusa_import import queries
from app.medusa_import.errors import LeftOut
from app.medusa_import.import_customers import demand_email, describe_address
from app.medusa_import.import_parcels import import_parcels
from app.medusa_import.import_payments import Money, import_payments, list_payments, mark_refunded
from app.medusa_import.place_lines import place_lines, place_method
from app.medusa_import.record_taken import Figure, Taking
from app.medusa_import.rules import (
    SoldLine,
    check_total,
    compute_item,
    compute_method,
    compute_pieces,
    compute_settled,
    compute_source_totals,
)
from app.medusa_import.schemas import AddressIn
from app.medusa_import.schemas_order import ItemIn, OrderIn
from app.orders.models import Order, OrderAddress
from app.orders.place_order import DEFAULT_LOCALE
from app.shop.models import Region
from app.shop.rules import check_currency

ENDED = {"completed": "completed", "archived": "archived", "canceled": "canceled"}
UNUSED = 2_000_000_000
LINE, REFUND, PAYMENT = "order_line", "refund", "payment"


def list_order_figures(order: OrderIn) -> list[Figure]:
    """What an order brings: itself with its total, its lines with their pieces, money that came and that went back."""
    code = order.currency_code.lower()
    paid = [each for each in list_payments(order) if each.captured or each.refunded]
    return [
        Figure("order", code, Decimal(_total(order, code))),
        *(Figure(LINE, "", item.quantity) for item in order.items if item.quantity),
        *(Figure(PAYMENT, each.currency_code, each.captured) for each in paid),
        *(Figure(REFUND, each.currency_code, each.refunded) for each in paid if each.refunded),
    ]


def _total(order: OrderIn, code: str) -> int:
    """The total that is taken, or that Medusa says of an order that cannot be."""
    try:
        sold, method = _settle(order, _list_sold(order), code)
    except LeftOut:
        return next(iter(compute_source_totals(order)), 0)
    return _add_up(sold, method)


def import_order(taking: Taking, order: OrderIn) -> str:
    """One order, whole or not at all."""
    code = order.currency_code.lower()
    check_currency(code)
    region_id = _region(taking, order, code)
    items = _list_sold(order)
    if not items:
        raise LeftOut("order_without_lines")
    sold, method = _settle(order, items, code)
    total_cents = _add_up(sold, method)
    money = import_payments(taking, order, total_cents)
    made = _place(taking, order, region_id, total_cents, money)
    lines = place_lines(taking, made, items, sold)
    if method is not None:
        place_method(taking, made, order.shipping_methods, method)
    taking.session.flush()  # parcels name the lines
    import_parcels(taking, order, made, lines)
    _end(order, made, money)
    return made.id


def _list_sold(order: OrderIn) -> list[ItemIn]:
    """The items of which pieces were sold: an edit leaves those that it took out with none."""
    return [item for item in order.items if compute_pieces(item.quantity) > 0]


def _add_up(sold: Sequence[SoldLine], method: SoldLine | None) -> int:
    return sum(line.total_cents for line in (*sold, *([method] if method else [])))


def _settle(order: OrderIn, items: Sequence[ItemIn], code: str) -> tuple[tuple[SoldLine, ...], SoldLine | None]:
    """The lines and the one way of sending, to the cent of Medusa's own total; raises `LeftOut`."""
    methods = [compute_method(each, code) for each in order.shipping_methods]
    if len({each.rate for each in methods}) > 1:
        raise LeftOut("several_ways_of_sending", ", ".join(each.name for each in order.shipping_methods))
    joined = []
    if methods:
        reductions = tuple(each for method in methods for each in method.reductions)
        joined = [SoldLine(1, sum(each.unit_price_cents for each in methods), methods[0].rate, reductions)]
    totals = compute_source_totals(order)
    settled = compute_settled([*(compute_item(item, code) for item in items), *joined], totals)
    check_total(settled, totals)
    return (settled[:-1], settled[-1]) if joined else (settled, None)


def _region(taking: Taking, order: OrderIn, code: str) -> str:
    """Its region if that sells in the order's currency here, else one that does."""
    found = taking.find("region", order.region_id)
    region = taking.session.get(Region, found) if found is not None else None
    if region is not None and region.currency_code == code:
        return region.id
    other = queries.find_region_of_currency(taking.session, code)
    if other is None:
        raise LeftOut("currency_without_region", code)
    return other


def _place(taking: Taking, order: OrderIn, region_id: str, total_cents: int, money: Money) -> Order:
    """The order itself, with the cart that every order here has."""
    session, code = taking.session, order.currency_code.lower()
    cart = _cart(taking, order, region_id, money.collection_id)
    session.add(cart)
    made = Order(
        id=new_id("order"),
        display_id=_number(taking, order),
        cart_id=cart.id,
        region_id=region_id,
        sales_channel_id=cart.sales_channel_id,
        customer_id=cart.customer_id,
        payment_collection_id=money.collection_id,
        email=cart.email,
        locale=DEFAULT_LOCALE,
        currency_code=code,
        total_cents=total_cents,
        status="pending",
        details=order.metadata,
        created_at=order.created_at,
        paid_at=money.paid_at,
        is_imported=True,
        shipping_address_id=_address(taking, order.shipping_address),
        billing_address_id=_address(taking, order.billing_address),
    )
    if made.display_id != order.display_id:
        made.details = {**(order.metadata or {}), "medusa_display_id": order.display_id}
    session.flush()  # the order refers to its cart and its addresses
    session.add(made)
    session.flush()  # lines and parcels refer to it
    return made


def _cart(taking: Taking, order: OrderIn, region_id: str, collection_id: str) -> Cart:
    """A cart that was bought then, empty: nobody can open it any more."""
    email, channel_id = _email(taking, order), taking.find("sales_channel", order.sales_channel_id)
    return Cart(
        id=new_id("cart"),
        region_id=region_id,
        currency_code=order.currency_code.lower(),
        sales_channel_id=channel_id or queries.get_first_channel(taking.session),
        email=email,
        customer_id=_customer(taking, order, email),
        payment_collection_id=collection_id,
        created_at=order.created_at,
        completed_at=order.created_at,
        expires_at=order.created_at,
    )


def _number(taking: Taking, order: OrderIn) -> int:
    """The number that its customer knows, unless an order here has it: then the next one."""
    if order.display_id not in queries.list_taken_numbers(taking.session, [order.display_id]):
        return order.display_id
    # A dry run must not hold the counter that every purchase needs.
    number = UNUSED - taking.run.renumbered if taking.run.is_dry else queries.take_number(taking.session)
    taking.run.renumbered += 1
    taking.note("number_taken", f"{order.display_id} -> {number}")
    return number


def _email(taking: Taking, order: OrderIn) -> str | None:
    if order.email is None:
        return None
    try:
        return demand_email(order.email)
    except LeftOut:
        taking.note("email_unusable")
        return None


def _customer(taking: Taking, order: OrderIn, email: str | None) -> str | None:
    """Whom Medusa says, if that customer was taken; else the guest of its address, who can have it transferred."""
    found = taking.find("customer", order.customer_id)
    if found is not None and taking.session.scalar(select(Customer.id).where(Customer.id == found)) is not None:
        return found
    if order.customer_id is not None:
        taking.note("customer_left_out", order.customer_id)
    return record_guest(taking.session, email) if email is not None else None


def _address(taking: Taking, address: AddressIn | None) -> str | None:
    if address is None:
        return None
    made = OrderAddress(id=new_id("ordaddr"), **describe_address(address))
    taking.session.add(made)
    return made.id


def _end(order: OrderIn, made: Order, money: Money) -> None:
    """What happened after the parcels left: money that went back, and the end of the order."""
    mark_refunded(money)
    made.status = ENDED.get(order.status, "pending")
    if order.status == "canceled" or order.canceled_at is not None:
        made.status = "canceled"
        made.canceled_at = order.canceled_at or order.created_at
    made.updated_at = utc_now()
