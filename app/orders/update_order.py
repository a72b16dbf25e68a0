"""Corrections of an order while it is worked on: whom to write to, where it goes, what programs note with it."""

from collections.abc import Mapping
from typing import TypedDict

from sqlalchemy.orm import Session

from app.core.audit_log import record_change
from app.core.clock import utc_now
from app.core.db import Json
from app.core.ids import new_id
from app.core.versions import check_unchanged
from app.customers.queries import has_account
from app.customers.service import record_guest
from app.orders.models import Order, OrderAddress
from app.orders.queries import lock_order
from app.orders.rules import NewAddress, check_correctable
from app.shipping.queries import find_option
from app.shipping.rules import Place, check_destination

AddressParts = Mapping[str, object]
_PARTS = (
    "first_name", "last_name", "phone", "company", "address_1", "address_2", "city", "country_code", "province",
    "postal_code", "details",
)  # fmt: skip


class OrderChanges(TypedDict, total=False):
    """What is corrected; a key that is absent stays. An address is given with the parts that change."""

    email: str
    shipping_address: AddressParts
    billing_address: AddressParts
    details: Json | None


def update_order(session: Session, order_id: str, changes: OrderChanges, if_match: str | None = None) -> bool:
    """Correct an order; whether it has another e-mail now. An address that it had is kept beside the new one.

    Raises `OrderNotFound`, `ChangedMeanwhile`, `UnfitShippingOption`, and what `check_correctable` refuses.
    """
    order = lock_order(session, order_id)
    check_unchanged(if_match, order.updated_at)
    before, email = _describe(order), order.email
    check_correctable(order.status, _weigh_address(order, changes.get("shipping_address")))
    if "shipping_address" in changes:
        order.shipping_address = _correct(order.shipping_address, changes["shipping_address"])
        _check_way(session, order, order.shipping_address)
    if "billing_address" in changes:
        order.billing_address = _correct(order.billing_address, changes["billing_address"])
    if "details" in changes:
        order.details = changes["details"]
    is_new_email = "email" in changes and changes["email"] != order.email
    if is_new_email:
        _set_email(session, order, changes["email"])
    session.flush()  # the new addresses have their ids in the order's row
    order.updated_at = utc_now()
    record_change(session, "order.update", order.id, before, {**_describe(order), "is_email_new": email != order.email})
    return is_new_email


def _weigh_address(order: Order, given: AddressParts | None) -> NewAddress | None:
    if given is None:
        return None
    sold_to = order.shipping_address.country_code if order.shipping_address else None
    return NewAddress(
        country_code=str(given.get("country_code", sold_to) or "") or None,
        sold_to=sold_to,
        packed=sum(line.fulfilled_quantity - line.shipped_quantity for line in order.lines),
    )


def _correct(known: OrderAddress | None, given: AddressParts) -> OrderAddress:
    parts = {name: getattr(known, name) for name in _PARTS} if known else {}
    return OrderAddress(id=new_id("ordaddr"), **{**parts, **given})


def _check_way(session: Session, order: Order, address: OrderAddress) -> None:
    """The way that was paid for goes there too: Corsica and overseas have other VAT (french-rules §2.2)."""
    place = Place(address.country_code, address.province, address.postal_code)
    for method in order.shipping_methods:
        option = find_option(session, method.shipping_option_id)
        if option is not None:
            check_destination(option.terms, place)


def _set_email(session: Session, order: Order, email: str) -> None:
    """A guest's order follows its address; an account's stays with the account."""
    order.email = email
    if order.customer_id is None or not has_account(session, order.customer_id):
        order.customer_id = record_guest(session, email)


def _describe(order: Order) -> dict[str, object]:
    """No address, no name: which rows they are."""
    return {
        "is_email_new": False,
        "shipping_address": order.shipping_address.id if order.shipping_address else None,
        "billing_address": order.billing_address.id if order.billing_address else None,
        "metadata_keys": sorted(order.details or {}),
        "customer_id": order.customer_id,
    }
