"""The way to send follows the cart: its price with what is in it, and whether it still goes there."""

from dataclasses import replace

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.carts.queries import CartContents, LineContents, recompute
from app.shipping.rules import Place
from app.shipping.service import Parcel, find_offer


def parcel_of(contents: CartContents) -> Parcel:
    """What the cart is to whoever carries it: goods after reductions, their weight, where they go."""
    address = contents.cart.shipping_address
    place = Place(address.country_code, address.province, address.postal_code) if address else Place()
    weight_grams = sum(_weigh(content) for content in contents.lines)
    return Parcel(contents.cart.region_id, contents.totals.item_sum.total_cents, weight_grams, place)


def update_shipping(session: Session, contents: CartContents) -> CartContents:
    """The cart with today's price of its way to be sent, or without it when it no longer fits."""
    method = contents.cart.shipping_method
    if method is None:
        return contents
    offer = find_offer(session, method.shipping_option_id, parcel_of(contents))
    if offer is None:
        session.delete(method)
        set_committed_value(contents.cart, "shipping_method", None)
        return recompute(replace(contents, shipping_reductions=()))
    if method.amount_cents == offer.amount_cents:
        return contents
    method.amount_cents = offer.amount_cents
    return recompute(contents)


def _weigh(content: LineContents) -> int:
    """What is not sent weighs nothing; a variant without a weight has its product's."""
    if not content.variant.requires_shipping:
        return 0
    return content.line.quantity * (content.variant.weight_grams or content.product.weight_grams or 0)
