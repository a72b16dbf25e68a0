"""Reads of carts, and the one place that locks them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.carts.errors import CartNotFound, LineNotFound
from app.carts.models import Cart, CartLine, CartShippingMethod
from app.carts.rules import Charge, Totals, compute_totals
from app.catalogue.models import Product, ProductVariant
from app.core.clock import utc_now
from app.core.locks import limit_lock_wait
from app.customers.models import Customer
from app.shop.models import Region, TaxRate
from app.shop.queries import list_tax_rates
from app.shop.rules import STANDARD, compute_business_day, pick_rate


@dataclass(frozen=True)
class LineContents:
    """A line with what it sells, and its VAT rate once the country is known."""

    line: CartLine
    variant: ProductVariant
    product: Product
    tax: TaxRate | None


@dataclass(frozen=True)
class CartContents:
    """A cart with all that shows it or turns it into an order; `totals.items` go with `lines`."""

    cart: Cart
    region: Region
    customer: Customer | None
    lines: tuple[LineContents, ...]
    shipping_tax: TaxRate | None
    totals: Totals

    @property
    def counted_pieces(self) -> dict[str, int]:
        """Pieces to take off the shelf, by variant id; those of variants that are not counted are always there."""
        pieces: Counter[str] = Counter()
        for content in self.lines:
            if content.variant.manages_stock:
                pieces[content.variant.id] += content.line.quantity
        return dict(pieces)


def lock_cart(session: Session, cart_id: str) -> Cart:
    """The cart, locked until the transaction ends: every change of a cart starts here. Raises `CartNotFound`."""
    limit_lock_wait(session)
    query = select(Cart).where(Cart.id == cart_id).with_for_update()
    cart = session.scalar(query.execution_options(populate_existing=True))
    if cart is None:
        raise CartNotFound(cart_id)
    return cart


def get_contents(session: Session, cart_id: str) -> CartContents:
    """The cart as it stands, with its totals at today's VAT rates, in four statements; raises `CartNotFound`."""
    query = (
        select(Cart, Region, Customer)
        .join(Region, Region.id == Cart.region_id)
        .outerjoin(Customer, Customer.id == Cart.customer_id)
        .where(Cart.id == cart_id)
        .options(
            joinedload(Cart.shipping_method),
            joinedload(Cart.shipping_address),
            joinedload(Cart.billing_address),
            selectinload(Region.countries),
        )
        .execution_options(populate_existing=True)  # what this transaction wrote by key is not yet on the objects
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise CartNotFound(cart_id)
    cart, region, customer = found
    rates = _list_rates(session, cart)
    lines = _list_lines(session, cart_id, rates)
    shipping_tax = rates.get(STANDARD)
    return CartContents(cart, region, customer, lines, shipping_tax, _compute_totals(cart, lines, shipping_tax))


def _list_rates(session: Session, cart: Cart) -> dict[str, TaxRate]:
    country_code = cart.shipping_address.country_code if cart.shipping_address else None
    if country_code is None:
        return {}
    return list_tax_rates(session, country_code, compute_business_day(utc_now()))


def _list_lines(session: Session, cart_id: str, rates: Mapping[str, TaxRate]) -> tuple[LineContents, ...]:
    query = (
        select(CartLine, ProductVariant, Product)
        .join(ProductVariant, ProductVariant.id == CartLine.variant_id)
        .join(Product, Product.id == ProductVariant.product_id)
        .where(CartLine.cart_id == cart_id)
        .order_by(CartLine.position, CartLine.id)
    )
    return tuple(
        LineContents(line, variant, product, pick_rate(rates, product.tax_category))
        for line, variant, product in session.execute(query)
    )


def _compute_totals(cart: Cart, lines: tuple[LineContents, ...], shipping_tax: TaxRate | None) -> Totals:
    items = [
        Charge(content.line.quantity, content.line.unit_price_cents, content.tax.rate if content.tax else None)
        for content in lines
    ]
    method = cart.shipping_method
    shipping = [Charge(1, method.amount_cents, shipping_tax.rate if shipping_tax else None)] if method else []
    return compute_totals(items, shipping)


def list_lines(session: Session, cart_id: str) -> list[CartLine]:
    """The lines of a cart in their order."""
    query = select(CartLine).where(CartLine.cart_id == cart_id)
    return list(session.scalars(query.order_by(CartLine.position, CartLine.id)))


def get_line(session: Session, cart_id: str, line_id: str) -> CartLine:
    """One line of this cart; raises `LineNotFound`."""
    line = session.scalar(select(CartLine).where(CartLine.cart_id == cart_id, CartLine.id == line_id))
    if line is None:
        raise LineNotFound(line_id)
    return line


def find_shipping_method(session: Session, cart_id: str) -> CartShippingMethod | None:
    """The chosen way to send."""
    return session.scalar(select(CartShippingMethod).where(CartShippingMethod.cart_id == cart_id))
