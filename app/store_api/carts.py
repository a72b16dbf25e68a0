"""`/store/carts`: make, read and change carts (store-api §5). Completing one is in `checkout.py`."""

from typing import Annotated

from fastapi import Path, Query
from sqlalchemy.orm import Session

from app.carts import service
from app.carts.queries import CartContents, get_contents
from app.carts.rules import check_open_by_id
from app.carts.service import CartChanges
from app.carts.update_address import COLUMNS, AddressValues
from app.carts.update_lines import LineChanges, NewLine, add_line, remove_line, update_line
from app.core.clock import utc_now
from app.core.db import SessionDep
from app.payments.queries import get_collection, list_payments
from app.store_api.access import KeyDep, store_router
from app.store_api.schemas import (
    AddressBody,
    NewCartBody,
    NewLineBody,
    ShippingMethodBody,
    StoreQuery,
    UpdateCartBody,
    UpdateLineBody,
)
from app.store_api.shapes_cart import CartAnswer, CartOut, LineDeletedAnswer, cart_out
from app.store_api.shapes_payment import payment_collection_out

router = store_router()

CartId = Annotated[str, Path()]
LineId = Annotated[str, Path()]
Fields = Annotated[StoreQuery, Query()]


def show(session: Session, contents: CartContents) -> CartOut:
    """The cart on the wire, with what is owed for it."""
    collection_id = contents.cart.payment_collection_id
    if collection_id is None:
        return cart_out(contents, None)
    shown = payment_collection_out(get_collection(session, collection_id), list_payments(session, collection_id))
    if contents.cart.completed_at is not None:
        # Stripe's object tells name, address and e-mail of the payer, which are masked everywhere else by now.
        shown = shown.model_copy(update={"payment_sessions": []})
    return cart_out(contents, shown)


@router.post("/carts")
def create_cart(session: SessionDep, key: KeyDep, body: NewCartBody, _query: Fields) -> CartAnswer:
    """A new cart; without a region, in the default one."""
    lines = [NewLine(item.variant_id, item.quantity, item.metadata) for item in body.items or ()]
    contents = service.create_cart(session, key.sales_channel_id, _changes(body), lines)
    return CartAnswer(cart=show(session, contents))


@router.get("/carts/{cart_id}")
def show_cart(session: SessionDep, cart_id: CartId, _query: Fields) -> CartAnswer:
    """A cart; a completed one can still be read, masked."""
    contents = get_contents(session, cart_id)
    check_open_by_id(cart_id, contents.cart.expires_at, contents.cart.completed_at, utc_now())
    return CartAnswer(cart=show(session, contents))


@router.post("/carts/{cart_id}")
def update_cart(session: SessionDep, key: KeyDep, cart_id: CartId, body: UpdateCartBody, _query: Fields) -> CartAnswer:
    """Set addresses, e-mail, region, metadata; what is absent stays."""
    contents = service.update_cart(session, cart_id, key.sales_channel_id, _changes(body))
    return CartAnswer(cart=show(session, contents))


@router.post("/carts/{cart_id}/line-items")
def create_line_item(session: SessionDep, cart_id: CartId, body: NewLineBody, _query: Fields) -> CartAnswer:
    """Put pieces of a variant into the cart."""
    contents = add_line(session, cart_id, NewLine(body.variant_id, body.quantity, body.metadata))
    return CartAnswer(cart=show(session, contents))


@router.post("/carts/{cart_id}/line-items/{line_id}")
def update_line_item(
    session: SessionDep, cart_id: CartId, line_id: LineId, body: UpdateLineBody, _query: Fields
) -> CartAnswer:
    """Set the quantity of a line; 0 removes it."""
    changes = LineChanges(quantity=body.quantity)
    if "metadata" in body.model_fields_set:
        changes["details"] = body.metadata
    return CartAnswer(cart=show(session, update_line(session, cart_id, line_id, changes)))


@router.delete("/carts/{cart_id}/line-items/{line_id}")
def delete_line_item(session: SessionDep, cart_id: CartId, line_id: LineId, _query: Fields) -> LineDeletedAnswer:
    """Take a line out."""
    contents = remove_line(session, cart_id, line_id)
    return LineDeletedAnswer(id=line_id, object="line-item", deleted=True, parent=show(session, contents))


@router.post("/carts/{cart_id}/shipping-methods")
def choose_shipping_method(
    session: SessionDep, cart_id: CartId, body: ShippingMethodBody, _query: Fields
) -> CartAnswer:
    """Send the cart this way, in place of any other."""
    return CartAnswer(cart=show(session, service.choose_shipping(session, cart_id, body.option_id)))


def _changes(body: UpdateCartBody) -> CartChanges:
    """What the body says; what it does not say is absent, not null."""
    given = body.model_fields_set
    changes = CartChanges(region_id=body.region_id, sales_channel_id=body.sales_channel_id)
    if "promo_codes" in given:
        changes["promo_codes"] = body.promo_codes
    if isinstance(body, NewCartBody):
        changes["currency_code"] = body.currency_code
    if "email" in given:
        changes["email"] = body.email
    if "locale" in given:
        changes["locale"] = body.locale
    if "metadata" in given:
        changes["details"] = body.metadata
    if "shipping_address" in given:
        changes["shipping_address"] = _address(body.shipping_address)
    if "billing_address" in given:
        changes["billing_address"] = _address(body.billing_address)
    return changes


def _address(body: AddressBody | None) -> AddressValues | None:
    if body is None:
        return None
    return {name: getattr(body, name) for name in ("id", *COLUMNS) if name in body.model_fields_set}
