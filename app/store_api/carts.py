"""`/store/carts`: make, read and change carts (store-api §5). Completing one is in `checkout.py`."""

from typing import Annotated

from fastapi import Path, Query, Response
from sqlalchemy.orm import Session

from app.carts import service
from app.carts.open_cart import get_open_contents
from app.carts.queries import CartContents
from app.carts.service import CartChanges
from app.carts.update_address import COLUMNS, AddressValues, SavedAddress
from app.carts.update_lines import LineChanges, NewLine, add_line, remove_line, update_line
from app.carts.update_promotions import add_codes, remove_codes
from app.core.api_document import refusing
from app.core.bodies import Body
from app.core.db import SessionDep
from app.core.fields import FieldTree, answer, parse_fields
from app.shop.errors import RegionNotFound
from app.store_api.access import CustomerDep, KeyDep, OptionalCustomerDep, store_router
from app.store_api.read_beside import read_beside
from app.store_api.render_cart import render_cart
from app.store_api.render_rows import Document
from app.store_api.schemas import (
    AddressBody,
    NewCartBody,
    NewLineBody,
    PromoCodesBody,
    SavedAddressBody,
    ShippingMethodBody,
    StoreQuery,
    UpdateCartBody,
    UpdateLineBody,
)
from app.store_api.shapes_cart import CartAnswer, LineDeletedAnswer

router = store_router()
customer_router = store_router(for_customers=True)

CartId = Annotated[str, Path()]
LineId = Annotated[str, Path()]
Fields = Annotated[StoreQuery, Query()]


class EmptyBody(Body):
    """Nothing is asked for; the SDK sends no body at all."""


def show(session: Session, contents: CartContents, tree: FieldTree) -> Document:
    """The cart on the wire, with what is owed for it."""
    return render_cart(contents, read_beside(session, contents.cart, tree), tree)


def _answer(session: Session, contents: CartContents, query: StoreQuery) -> Response:
    tree = parse_fields(query.fields)
    return answer("cart", show(session, contents, tree), tree)


@router.post("/carts", response_model=CartAnswer, responses=refusing(RegionNotFound))
def create_cart(
    session: SessionDep, key: KeyDep, customer: OptionalCustomerDep, body: NewCartBody, query: Fields
) -> Response:
    """A new cart; without a region, in the default one; the caller's own if logged in."""
    lines = [NewLine(item.variant_id, item.quantity, item.metadata) for item in body.items or ()]
    contents = service.create_cart(session, key.sales_channel_id, _changes(body), lines, customer=customer)
    return _answer(session, contents, query)


@router.get("/carts/{cart_id}", response_model=CartAnswer)
def show_cart(session: SessionDep, cart_id: CartId, query: Fields) -> Response:
    """A cart; a completed one can still be read, masked."""
    return _answer(session, get_open_contents(session, cart_id), query)


@router.post("/carts/{cart_id}", response_model=CartAnswer)
def update_cart(
    session: SessionDep,
    key: KeyDep,
    customer: OptionalCustomerDep,
    cart_id: CartId,
    body: UpdateCartBody,
    query: Fields,
) -> Response:
    """Set addresses, e-mail, region, codes, metadata; what is absent stays."""
    contents = service.update_cart(session, cart_id, key.sales_channel_id, _changes(body), customer=customer)
    return _answer(session, contents, query)


@customer_router.post("/carts/{cart_id}/customer", response_model=CartAnswer)
def transfer_cart(
    session: SessionDep, customer: CustomerDep, cart_id: CartId, query: Fields, _body: EmptyBody | None = None
) -> Response:
    """The cart becomes that of the customer who is logged in."""
    return _answer(session, service.transfer_cart(session, cart_id, customer), query)


@router.post("/carts/{cart_id}/promotions", response_model=CartAnswer)
def add_promotions(session: SessionDep, cart_id: CartId, body: PromoCodesBody, query: Fields) -> Response:
    """Put codes into the cart, beside those it has."""
    return _answer(session, add_codes(session, cart_id, body.promo_codes), query)


@router.delete("/carts/{cart_id}/promotions", response_model=CartAnswer)
def remove_promotions(session: SessionDep, cart_id: CartId, body: PromoCodesBody, query: Fields) -> Response:
    """Take codes out of the cart."""
    return _answer(session, remove_codes(session, cart_id, body.promo_codes), query)


@router.post("/carts/{cart_id}/taxes", response_model=CartAnswer)
def update_taxes(session: SessionDep, cart_id: CartId, query: Fields, _body: EmptyBody | None = None) -> Response:
    """The cart with the VAT of today; every answer has it, for rates are looked up whenever a cart is read."""
    return _answer(session, service.refresh_cart(session, cart_id), query)


@router.post("/carts/{cart_id}/line-items", response_model=CartAnswer)
def create_line_item(session: SessionDep, cart_id: CartId, body: NewLineBody, query: Fields) -> Response:
    """Put pieces of a variant into the cart."""
    contents = add_line(session, cart_id, NewLine(body.variant_id, body.quantity, body.metadata))
    return _answer(session, contents, query)


@router.post("/carts/{cart_id}/line-items/{line_id}", response_model=CartAnswer)
def update_line_item(
    session: SessionDep, cart_id: CartId, line_id: LineId, body: UpdateLineBody, query: Fields
) -> Response:
    """Set the quantity of a line; 0 removes it."""
    changes = LineChanges(quantity=body.quantity)
    if "metadata" in body.model_fields_set:
        changes["details"] = body.metadata
    return _answer(session, update_line(session, cart_id, line_id, changes), query)


@router.delete("/carts/{cart_id}/line-items/{line_id}", response_model=LineDeletedAnswer)
def delete_line_item(session: SessionDep, cart_id: CartId, line_id: LineId, query: Fields) -> Response:
    """Take a line out; `fields` are those of the cart."""
    tree = parse_fields(query.fields)
    shown = show(session, remove_line(session, cart_id, line_id), tree)
    return answer("parent", shown, tree, id=line_id, object="line-item", deleted=True)


@router.post("/carts/{cart_id}/shipping-methods", response_model=CartAnswer)
def choose_shipping_method(session: SessionDep, cart_id: CartId, body: ShippingMethodBody, query: Fields) -> Response:
    """Send the cart this way, in place of any other."""
    return _answer(session, service.choose_shipping(session, cart_id, body.option_id, body.data), query)


def _changes(body: UpdateCartBody) -> CartChanges:
    """What the body says; what it does not say is absent, not null."""
    given = body.model_fields_set
    changes = CartChanges(region_id=body.region_id, sales_channel_id=body.sales_channel_id)
    if isinstance(body, NewCartBody):
        changes["currency_code"] = body.currency_code
    if "promo_codes" in given:
        changes["promo_codes"] = body.promo_codes
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


def _address(body: AddressBody | None) -> AddressValues | SavedAddress | None:
    if body is None:
        return None
    if isinstance(body, SavedAddressBody):
        return SavedAddress(body.id or "")
    given = {name: getattr(body, name) for name in ("id", *COLUMNS) if name in body.model_fields_set}
    return {**given, "details": body.metadata} if "metadata" in body.model_fields_set else given
