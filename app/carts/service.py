"""Makes and changes carts. Every change locks the cart, and whatever is owed for it follows."""

from collections.abc import Sequence
from typing import TypedDict

from sqlalchemy.orm import Session

from app.carts import queries
from app.carts.errors import AddressNotFound, CartNotFound, CurrencyDiffersFromRegion, ForeignSalesChannel
from app.carts.models import Cart, CartShippingMethod
from app.carts.open_cart import finish_change, open_cart
from app.carts.queries import CartContents
from app.carts.rules import LIFE, merge_details
from app.carts.update_address import COLUMNS, AddressValues, SavedAddress, set_address, set_only_country
from app.carts.update_lines import NewLine, price_lines, put_lines
from app.carts.update_promotions import set_codes
from app.core.clock import utc_now
from app.core.db import Json
from app.core.ids import new_id
from app.customers.models import Customer
from app.customers.queries import find_address, has_account
from app.customers.service import record_guest
from app.shipping.errors import UnfitShippingOption
from app.shipping.queries import find_kept_option
from app.shop.errors import RegionNotFound
from app.shop.queries import ServedRegion, find_served_region


class CartChanges(TypedDict, total=False):
    """What a caller asks to be set; a key that is absent leaves the cart as it is."""

    region_id: str | None
    currency_code: str | None
    email: str | None
    locale: str | None
    sales_channel_id: str | None
    promo_codes: Sequence[str]
    shipping_address: AddressValues | SavedAddress | None
    billing_address: AddressValues | SavedAddress | None
    details: Json | None


def create_cart(
    session: Session,
    channel_id: str,
    changes: CartChanges,
    lines: Sequence[NewLine] = (),
    *,
    customer: Customer | None = None,
) -> CartContents:
    """Make a cart in the key's channel, in the region asked for or the default one; it is the caller's if logged in."""
    region = _get_region(session, changes.get("region_id") or None)
    now = utc_now()
    cart = Cart(
        id=new_id("cart"),
        region_id=region.id,
        currency_code=region.currency_code,
        sales_channel_id=channel_id,
        created_at=now,
        expires_at=now + LIFE,
    )
    if customer is not None:
        cart.customer_id, cart.email = customer.id, customer.email
    session.add(cart)
    set_only_country(session, cart, region)
    _check_channel(changes.get("sales_channel_id"), channel_id)
    _apply(session, cart, region, changes, customer)
    put_lines(session, cart, lines)
    _set_codes(session, cart, changes)
    return finish_change(session, cart)


def update_cart(
    session: Session, cart_id: str, channel_id: str, changes: CartChanges, *, customer: Customer | None = None
) -> CartContents:
    """Set what is given; raises `CartCompleted` and whatever a value given may not be."""
    cart = open_cart(session, cart_id)
    region = _get_region(session, changes.get("region_id") or cart.region_id)
    if region.id != cart.region_id:
        _move_to_region(session, cart, region)
    _check_channel(changes.get("sales_channel_id"), channel_id)
    _apply(session, cart, region, changes, customer)
    _set_codes(session, cart, changes)
    return finish_change(session, cart)


def transfer_cart(session: Session, cart_id: str, customer: Customer) -> CartContents:
    """Make a cart the customer's own, at the customer's prices. Raises `CartNotFound` for another account's cart."""
    cart = open_cart(session, cart_id)
    if cart.customer_id == customer.id:
        return queries.get_contents(session, cart_id)
    if cart.customer_id is not None and has_account(session, cart.customer_id):
        raise CartNotFound(cart_id)
    cart.customer_id, cart.email = customer.id, customer.email
    price_lines(session, cart, queries.list_lines(session, cart_id), demanded=())
    return finish_change(session, cart)


def refresh_cart(session: Session, cart_id: str) -> CartContents:
    """The cart at today's VAT rates, promotions and carriage, nothing else of it changed."""
    return finish_change(session, open_cart(session, cart_id))


def choose_shipping(session: Session, cart_id: str, option_id: str, data: Json | None = None) -> CartContents:
    """Send the cart this way, in place of any other; raises `UnfitShippingOption`."""
    cart = open_cart(session, cart_id)
    option = find_kept_option(session, option_id)
    if option is None:
        raise UnfitShippingOption
    method = queries.find_shipping_method(session, cart_id) or CartShippingMethod(id=new_id("casm"), cart_id=cart_id)
    method.shipping_option_id = option.id
    method.name = option.name
    method.amount_cents = option.amount_cents
    method.data = data
    session.add(method)
    contents = finish_change(session, cart)
    if contents.cart.shipping_method is None:  # it does not fit, and was dropped again
        raise UnfitShippingOption
    return contents


def _get_region(session: Session, region_id: str | None) -> ServedRegion:
    region = find_served_region(session, region_id)
    if region is None:
        raise RegionNotFound
    return region


def _check_channel(asked_id: str | None, channel_id: str) -> None:
    if asked_id is not None and asked_id != channel_id:
        raise ForeignSalesChannel(asked_id)


def _move_to_region(session: Session, cart: Cart, region: ServedRegion) -> None:
    """Other prices, other countries, other ways to send (store-api §5, region changed)."""
    cart.region_id = region.id
    cart.currency_code = region.currency_code
    price_lines(session, cart, queries.list_lines(session, cart.id))
    set_only_country(session, cart, region)
    method = queries.find_shipping_method(session, cart.id)
    if method is not None:
        session.delete(method)


def _apply(session: Session, cart: Cart, region: ServedRegion, changes: CartChanges, customer: Customer | None) -> None:
    currency_code = changes.get("currency_code")
    if currency_code is not None and currency_code.lower() != region.currency_code:
        raise CurrencyDiffersFromRegion(currency_code, region.name)
    if "email" in changes:
        _set_email(session, cart, changes["email"])
    if "locale" in changes:
        cart.locale = changes["locale"]
    if "details" in changes:
        cart.details = merge_details(cart.details, changes["details"])
    if "shipping_address" in changes:
        given = _resolve(session, changes["shipping_address"], customer)
        set_address(session, cart, region, "shipping", given)
    if "billing_address" in changes:
        given = _resolve(session, changes["billing_address"], customer)
        set_address(session, cart, region, "billing", given)


def _resolve(
    session: Session, given: AddressValues | SavedAddress | None, customer: Customer | None
) -> AddressValues | None:
    """A saved address is copied out of the caller's own book, nobody else's."""
    if not isinstance(given, SavedAddress):
        return given
    saved = find_address(session, customer.id, given.id) if customer else None
    if saved is None:
        raise AddressNotFound(given.id)
    return {column: getattr(saved, column) for column in COLUMNS}


def _set_codes(session: Session, cart: Cart, changes: CartChanges) -> None:
    """Last, for a code may ask for a minimum of goods."""
    if "promo_codes" in changes:
        set_codes(session, cart, changes["promo_codes"])


def _set_email(session: Session, cart: Cart, email: str | None) -> None:
    """A guest is found or made; the cart of an account stays its own, whatever address is written to."""
    if cart.customer_id is not None and has_account(session, cart.customer_id):
        cart.email = email
        return
    cart.email = email.lower() if email else None
    cart.customer_id = record_guest(session, email) if email else None
