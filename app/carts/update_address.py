"""The two addresses of a cart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from app.carts.errors import AddressNotFound
from app.carts.models import Cart, CartAddress
from app.carts.rules import check_country
from app.core.ids import new_id
from app.customers.models import AddressColumns
from app.shop.queries import ServedRegion

AddressKind = Literal["shipping", "billing"]
AddressValues = Mapping[str, object]
COLUMNS = tuple(AddressColumns.__annotations__)


@dataclass(frozen=True)
class SavedAddress:
    """An address of the caller's own book."""

    id: str


def set_address(
    session: Session, cart: Cart, region: ServedRegion, kind: AddressKind, given: AddressValues | None
) -> None:
    """Set or clear an address of a locked cart.

    With the `id` of the cart's own address only what is given changes; without, it is a whole new one. Raises
    `AddressNotFound`, `CountryOutsideRegion`.
    """
    address = _find_address(session, cart, kind)
    if given is None:
        _remove_address(session, cart, kind, address)
        return
    if given.get("id") is not None and (address is None or address.id != given["id"]):
        raise AddressNotFound(str(given["id"]))
    if address is None:
        address = CartAddress(id=new_id("caaddr"))
        session.add(address)
        _refer(cart, kind, address.id)
    _fill(address, region, kind, given)


def set_only_country(session: Session, cart: Cart, region: ServedRegion) -> None:
    """Start the shipping address anew: with the region's country if it has one only, else with none (store-api §5)."""
    set_address(session, cart, region, "shipping", None)
    if len(region.served) == 1:
        set_address(session, cart, region, "shipping", {})


def _fill(address: CartAddress, region: ServedRegion, kind: AddressKind, given: AddressValues) -> None:
    is_whole = given.get("id") is None
    for column in COLUMNS:
        if is_whole or column in given:
            setattr(address, column, given.get(column))
    if address.country_code is not None:
        address.country_code = address.country_code.lower()
    if kind == "shipping":
        if address.country_code is None and len(region.served) == 1:
            address.country_code = region.served[0]
        check_country(address.country_code, region.name, region.served)


def _find_address(session: Session, cart: Cart, kind: AddressKind) -> CartAddress | None:
    address_id = cart.shipping_address_id if kind == "shipping" else cart.billing_address_id
    written_later = [new for new in session.new if isinstance(new, CartAddress) and new.id == address_id]
    if written_later or address_id is None:
        return next(iter(written_later), None)
    with session.no_autoflush:  # one statement writes all of the cart in the end
        return session.get(CartAddress, address_id)


def _remove_address(session: Session, cart: Cart, kind: AddressKind, address: CartAddress | None) -> None:
    if address is None:
        return
    _refer(cart, kind, None)
    session.flush()  # the cart must let go of the address before the row goes
    session.delete(address)


def _refer(cart: Cart, kind: AddressKind, address_id: str | None) -> None:
    if kind == "shipping":
        cart.shipping_address_id = address_id
    else:
        cart.billing_address_id = address_id
