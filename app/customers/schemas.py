"""Customers and their addresses on the wire (store-api §9)."""

from pydantic import BaseModel

from app.core.db import Json
from app.core.wire import WireInstant
from app.customers.models import AddressColumns, Customer, CustomerAddress


class AddressOut(BaseModel):
    """A postal address."""

    id: str
    first_name: str | None
    last_name: str | None
    phone: str | None
    company: str | None
    address_1: str | None
    address_2: str | None
    city: str | None
    country_code: str | None
    province: str | None
    postal_code: str | None
    metadata: Json | None


ADDRESS_FIELDS = tuple(name for name in AddressOut.model_fields if name not in ("id", "metadata"))


def address_out(address_id: str | None, address: AddressColumns | None) -> AddressOut | None:
    """An address of a cart or an order, or null."""
    if address_id is None or address is None:
        return None
    columns = {name: getattr(address, name) for name in ADDRESS_FIELDS}
    return AddressOut.model_validate({"id": address_id, "metadata": address.details, **columns})


class CustomerAddressOut(BaseModel):
    """An address of the book."""

    id: str
    address_name: str | None
    is_default_shipping: bool
    is_default_billing: bool
    customer_id: str
    company: str | None
    first_name: str | None
    last_name: str | None
    address_1: str | None
    address_2: str | None
    city: str | None
    country_code: str | None
    province: str | None
    postal_code: str | None
    phone: str | None
    metadata: Json | None
    created_at: WireInstant
    updated_at: WireInstant


class CustomerOut(BaseModel):
    """A customer as shown to that customer."""

    id: str
    email: str
    company_name: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None
    metadata: Json | None
    has_account: bool
    deleted_at: WireInstant | None
    created_at: WireInstant
    updated_at: WireInstant
    addresses: list[CustomerAddressOut]


def customer_out(customer: Customer) -> CustomerOut:
    """A customer whose addresses are loaded."""
    columns = ("id", "email", "company_name", "first_name", "last_name", "phone", "has_account")
    return CustomerOut.model_validate(
        {
            **{name: getattr(customer, name) for name in (*columns, "created_at", "updated_at")},
            "metadata": customer.details,
            "deleted_at": None,
            "addresses": [customer_address_out(address) for address in customer.addresses],
        }
    )


def customer_address_out(address: CustomerAddress) -> CustomerAddressOut:
    """An address of the book."""
    own = ("id", "address_name", "is_default_shipping", "is_default_billing", "customer_id", "created_at", "updated_at")
    return CustomerAddressOut.model_validate(
        {
            **{name: getattr(address, name) for name in (*own, *AddressColumns.__annotations__)},
            "metadata": address.details,
        }
    )
