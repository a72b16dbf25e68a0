"""Reads of carts, and the one place that locks them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, ScalarSelect, Text, bindparam, cast, func, not_, select, union
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, joinedload

from app.carts.errors import CartNotFound, LineNotFound
from app.carts.models import (
    AdjustmentColumns,
    Cart,
    CartLine,
    CartLineAdjustment,
    CartPromotion,
    CartShippingAdjustment,
    CartShippingMethod,
)
from app.carts.rules import Charge, Totals, compute_totals
from app.catalogue.models import (
    Product,
    ProductCollection,
    ProductOption,
    ProductOptionValue,
    ProductType,
    ProductVariant,
    variant_option_link,
)
from app.catalogue.queries import PUBLISHED
from app.core.clock import utc_now
from app.payments.models import PaymentSession
from app.payments.queries import has_open_session, may_still_be_paid
from app.promotions.models import Promotion
from app.promotions.queries import exists_automatic, list_promotions
from app.shop.models import TaxRate
from app.shop.queries import list_tax_rates
from app.shop.rules import STANDARD, compute_business_day, pick_rate


class Reduction(NamedTuple):
    """What a promotion takes off one line or way of sending."""

    id: str
    promotion_id: str
    code: str
    amount_cents: int


class LineNames(NamedTuple):
    """What a line repeats of what its product belongs to and its variant is."""

    product_type: str | None
    product_collection: str | None
    option_values: Mapping[str, object]


@dataclass(frozen=True)
class LineContents:
    """A line with what it sells, what is taken off it, and its VAT rate once the country is known."""

    line: CartLine
    variant: ProductVariant
    product: Product
    tax: TaxRate | None
    reductions: tuple[Reduction, ...]
    names: LineNames


@dataclass(frozen=True)
class CartContents:
    """A cart with all that shows it or turns it into an order; `totals.items` go with `lines`.

    `promotions` are those whose code was typed (`typed_ids`), and those that take something off; without
    `has_candidates` no promotion can.
    """

    cart: Cart
    lines: tuple[LineContents, ...]
    shipping_tax: TaxRate | None
    shipping_reductions: tuple[Reduction, ...]
    typed_ids: frozenset[str]
    has_candidates: bool
    promotions: tuple[Promotion, ...]
    totals: Totals

    @property
    def used_promotion_ids(self) -> set[str]:
        """The promotions that take something off."""
        taken = [*self.shipping_reductions, *(each for content in self.lines for each in content.reductions)]
        return {reduction.promotion_id for reduction in taken}

    @property
    def withdrawn(self) -> dict[str, str]:
        """What is no longer for sale in the cart's channel: product and variant in words, by variant id."""
        return {
            content.variant.id: f"{content.product.title} ({content.variant.title})"
            for content in self.lines
            if content.product.status != PUBLISHED or self.cart.sales_channel_id not in content.product.channel_ids
        }

    @property
    def counted_pieces(self) -> dict[str, int]:
        """Pieces to take off the shelf, by variant id; those of variants that are not counted are always there."""
        pieces: Counter[str] = Counter()
        for content in self.lines:
            if content.variant.manages_stock:
                pieces[content.variant.id] += content.line.quantity
        return dict(pieces)


def _reduced(table: type[AdjustmentColumns], owner: InstrumentedAttribute[str], of: object) -> ScalarSelect[object]:
    """The adjustments of a row as JSON, so that they need no statement of their own."""
    row = func.jsonb_build_array(table.id, table.promotion_id, table.code, table.amount_cents)
    return select(func.jsonb_agg(aggregate_order_by(row, table.id))).where(owner == of).scalar_subquery()


# Statements are built once: making one anew costs as much as sending it.
_CART_ID = bindparam("cart_id", type_=Text())
_LOCKED = select(Cart).where(Cart.id == _CART_ID).with_for_update().execution_options(populate_existing=True)
_OWN_LINES = select(CartLine).where(CartLine.cart_id == _CART_ID).order_by(CartLine.position, CartLine.id)
_OWN_LINE = select(CartLine).where(CartLine.cart_id == _CART_ID, CartLine.id == bindparam("line_id", type_=Text()))
_INTENT = (
    select(PaymentSession.payment_intent_id)
    .join(Cart, Cart.payment_collection_id == PaymentSession.payment_collection_id)
    .where(Cart.id == _CART_ID, PaymentSession.superseded_at.is_(None), PaymentSession.payment_intent_id.is_not(None))
    .limit(1)
)
_METHOD = select(CartShippingMethod).where(CartShippingMethod.cart_id == _CART_ID)
_TYPED = select(CartPromotion.promotion_id).where(CartPromotion.cart_id == _CART_ID)
_USED = union(
    select(CartLineAdjustment.promotion_id)
    .join(CartLine, CartLine.id == CartLineAdjustment.cart_line_id)
    .where(CartLine.cart_id == _CART_ID),
    select(CartShippingAdjustment.promotion_id)
    .join(CartShippingMethod, CartShippingMethod.id == CartShippingAdjustment.cart_shipping_method_id)
    .where(CartShippingMethod.cart_id == _CART_ID),
)
_CART = (
    select(
        Cart,
        _reduced(CartShippingAdjustment, CartShippingAdjustment.cart_shipping_method_id, CartShippingMethod.id),
        func.array(_TYPED.scalar_subquery()),
        func.array(_USED.scalar_subquery()),
        exists_automatic(),
    )
    .outerjoin(Cart.shipping_method)
    .where(Cart.id == _CART_ID)
    .options(
        contains_eager(Cart.shipping_method),
        joinedload(Cart.shipping_address),
        joinedload(Cart.billing_address),
    )
)
_LINES = (
    select(
        CartLine,
        ProductVariant,
        Product,
        _reduced(CartLineAdjustment, CartLineAdjustment.cart_line_id, CartLine.id),
        ProductType.value,
        ProductCollection.title,
        select(func.jsonb_object_agg(ProductOption.title, ProductOptionValue.value))
        .join(ProductOptionValue, ProductOptionValue.option_id == ProductOption.id)
        .join(variant_option_link, variant_option_link.c.option_value_id == ProductOptionValue.id)
        .where(variant_option_link.c.variant_id == ProductVariant.id)
        .scalar_subquery(),
    )
    .join(ProductVariant, ProductVariant.id == CartLine.variant_id)
    .join(Product, Product.id == ProductVariant.product_id)
    .outerjoin(ProductType, ProductType.id == Product.type_id)
    .outerjoin(ProductCollection, ProductCollection.id == Product.collection_id)
    .where(CartLine.cart_id == _CART_ID)
    .order_by(CartLine.position, CartLine.id)
)


def lock_cart(session: Session, cart_id: str) -> Cart:
    """The cart, locked until the transaction ends: every change of a cart starts here. Raises `CartNotFound`."""
    cart = session.scalar(_LOCKED, {"cart_id": cart_id})
    if cart is None:
        raise CartNotFound(cart_id)
    return cart


def lock_expired(session: Session, now: datetime, limit: int) -> list[Cart]:
    """Carts whose time is over and that no money can reach any more, the oldest first; those in use are left out."""
    return _lock_over(session, now, limit, not_(may_still_be_paid(Cart.payment_collection_id)))


def lock_expired_with_attempts(session: Session, now: datetime, limit: int) -> list[Cart]:
    """Carts whose time is over while an attempt to pay is still open, the oldest first."""
    return _lock_over(session, now, limit, has_open_session(Cart.payment_collection_id))


def _lock_over(session: Session, now: datetime, limit: int, condition: ColumnElement[bool]) -> list[Cart]:
    over = select(Cart).where(Cart.completed_at.is_(None), Cart.expires_at < now, condition)
    return list(session.scalars(over.order_by(Cart.expires_at).limit(limit).with_for_update(skip_locked=True)))


def get_contents(session: Session, cart_id: str) -> CartContents:
    """The cart as it stands, with its totals at today's VAT rates, in two statements; raises `CartNotFound`.

    VAT rates are kept by the process; one more statement reads the promotions of a cart that has any.
    """
    # what this transaction wrote by key is not yet on the objects
    found = session.execute(_CART, {"cart_id": cart_id}, execution_options={"populate_existing": True}).one_or_none()
    if found is None:
        raise CartNotFound(cart_id)
    cart, shipping_reductions, typed_ids, used_ids, has_candidates = found
    promotion_ids = {*typed_ids, *used_ids}
    rates = _list_rates(session, cart)
    return recompute(
        CartContents(
            cart=cart,
            lines=_list_lines(session, cart_id, rates),
            shipping_tax=rates.get(STANDARD),
            shipping_reductions=_reductions(shipping_reductions),
            typed_ids=frozenset(typed_ids),
            has_candidates=has_candidates or bool(typed_ids),
            promotions=tuple(list_promotions(session, promotion_ids)) if promotion_ids else (),
            totals=compute_totals((), ()),
        )
    )


def recompute(contents: CartContents) -> CartContents:
    """The same with the totals of its lines and its way to be sent."""
    items = [
        Charge(
            content.line.quantity,
            content.line.unit_price_cents,
            content.tax.rate if content.tax else None,
            sum(reduction.amount_cents for reduction in content.reductions),
        )
        for content in contents.lines
    ]
    method, tax = contents.cart.shipping_method, contents.shipping_tax
    reduced_cents = sum(reduction.amount_cents for reduction in contents.shipping_reductions)
    shipping = [Charge(1, method.amount_cents, tax.rate if tax else None, reduced_cents)] if method else []
    return replace(contents, totals=compute_totals(items, shipping))


def _reductions(rows: object) -> tuple[Reduction, ...]:
    return tuple(Reduction(*row) for row in rows) if isinstance(rows, list) else ()


def _list_rates(session: Session, cart: Cart) -> dict[str, TaxRate]:
    country_code = cart.shipping_address.country_code if cart.shipping_address else None
    if country_code is None:
        return {}
    return list_tax_rates(session, country_code, compute_business_day(utc_now()))


def _list_lines(session: Session, cart_id: str, rates: Mapping[str, TaxRate]) -> tuple[LineContents, ...]:
    found = session.execute(_LINES, {"cart_id": cart_id}, execution_options={"populate_existing": True})
    return tuple(
        LineContents(
            line,
            variant,
            product,
            pick_rate(rates, product.tax_category),
            _reductions(reductions),
            LineNames(product_type, product_collection, option_values or {}),
        )
        for line, variant, product, reductions, product_type, product_collection, option_values in found
    )


def list_lines(session: Session, cart_id: str) -> list[CartLine]:
    """The lines of a cart in their order."""
    return list(session.scalars(_OWN_LINES, {"cart_id": cart_id}))


def get_line(session: Session, cart_id: str, line_id: str) -> CartLine:
    """One line of this cart; raises `LineNotFound`."""
    line = session.scalar(_OWN_LINE, {"cart_id": cart_id, "line_id": line_id})
    if line is None:
        raise LineNotFound(line_id)
    return line


def has_intent(session: Session, cart_id: str) -> bool:
    """Whether Stripe knows of an attempt to pay this cart that nothing replaced."""
    return session.scalar(_INTENT, {"cart_id": cart_id}) is not None


def find_shipping_method(session: Session, cart_id: str) -> CartShippingMethod | None:
    """The chosen way to send."""
    return session.scalar(_METHOD, {"cart_id": cart_id})


def list_promotion_ids(session: Session, cart_id: str) -> set[str]:
    """The promotions whose code was typed into a cart."""
    return set(session.scalars(_TYPED, {"cart_id": cart_id}))


def get_item_total_cents(session: Session, cart_id: str) -> int:
    """What the lines of a cart come to before anything is taken off, however much that is."""
    line_cents = cast(CartLine.quantity, BigInteger) * CartLine.unit_price_cents
    total = select(func.coalesce(func.sum(line_cents), 0))
    return int(session.scalar(total.where(CartLine.cart_id == cart_id)) or 0)
