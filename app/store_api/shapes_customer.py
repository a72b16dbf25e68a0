"""What the store answers of customers: the envelopes of `app/customers/schemas.py`."""

from pydantic import BaseModel

from app.core.bodies import PageOut
from app.customers.schemas import CustomerAddressOut, CustomerOut


class CustomerAnswer(BaseModel):
    """The envelope."""

    customer: CustomerOut


class AddressAnswer(BaseModel):
    """The envelope of one address."""

    address: CustomerAddressOut


class AddressesAnswer(PageOut):
    """A page of addresses."""

    addresses: list[CustomerAddressOut]


class AddressDeletedAnswer(BaseModel):
    """What is gone, and the customer without it."""

    id: str
    object: str
    deleted: bool
    parent: CustomerOut
