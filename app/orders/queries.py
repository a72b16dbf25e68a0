"""Reads of orders, and the locks on them."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.catalogue.models import Product, ProductVariant
from app.orders.errors import OrderNotFound
from app.orders.models import Order, OrderLine


def get_order(session: Session, order_id: str) -> Order:
    """The order with lines, shipping methods and addresses; raises `OrderNotFound`."""
    found = session.scalars(_whole().where(Order.id == order_id)).one_or_none()
    if found is None:
        raise OrderNotFound(order_id)
    return found


def get_order_of_cart(session: Session, cart_id: str) -> Order:
    """The order a completed cart became, whole."""
    return session.scalars(_whole().where(Order.cart_id == cart_id)).one()


def lock_order_of_cart(session: Session, cart_id: str) -> Order:
    """The row of the order a completed cart became, locked."""
    wanted = select(Order).where(Order.cart_id == cart_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def _whole() -> Select[Order]:
    return select(Order).options(
        selectinload(Order.lines),
        selectinload(Order.shipping_methods),
        joinedload(Order.shipping_address),
        joinedload(Order.billing_address),
    )


def list_goods(session: Session, order_id: str) -> dict[str, tuple[ProductVariant, Product]]:
    """What the lines of an order were made of, as it is now, by line id."""
    query = (
        select(OrderLine.id, ProductVariant, Product)
        .join(ProductVariant, ProductVariant.id == OrderLine.variant_id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id == order_id)
    )
    return {line_id: (variant, product) for line_id, variant, product in session.execute(query)}
