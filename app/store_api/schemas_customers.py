"""What customers send: credentials, what they say of themselves, their address books. Strict, like every body."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.core.bodies import MOST_IDS, Body, Email, Line, Metadata
from app.customers.rules import PASSWORD_MAXIMUM
from app.store_api.schemas import ListQuery

LONGEST_LOGIN = 320
LONGEST_TOKEN = 200

Password = Annotated[str, StringConstraints(max_length=PASSWORD_MAXIMUM)]
Words = Annotated[list[Line], Field(max_length=MOST_IDS)]
CountryCode = Annotated[str, StringConstraints(min_length=2, max_length=2, to_lower=True)]


class RegistrationBody(Body):
    """An address of the usual form and a password; a missing one is a 401, as at Medusa's."""

    email: Email | None = None
    password: Password | None = None


class CredentialsBody(Body):
    """What somebody types to log in; whatever has not the form of an address is nobody's."""

    email: Annotated[str, StringConstraints(max_length=LONGEST_LOGIN)] | None = None
    password: Password | None = None


class ResetRequestBody(Body):
    """Who forgot the password."""

    identifier: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_LOGIN)]
    metadata: Metadata | None = None


class NewPasswordBody(Body):
    """The password that a link of ours lets one choose."""

    password: Password | None = None


class UpdateCustomerBody(Body):
    """What customers say of themselves; the address that opens the account is not theirs to change here."""

    first_name: Line | None = None
    last_name: Line | None = None
    phone: Line | None = None
    company_name: Line | None = None
    metadata: Metadata | None = None


class NewCustomerBody(UpdateCustomerBody):
    """The end of a sign-up."""

    email: Email | None = None


class CustomerAddressBody(Body):
    """An address of the book; what is absent stays."""

    address_name: Line | None = None
    is_default_shipping: bool | None = None
    is_default_billing: bool | None = None
    first_name: Line | None = None
    last_name: Line | None = None
    phone: Line | None = None
    company: Line | None = None
    address_1: Line | None = None
    address_2: Line | None = None
    city: Line | None = None
    country_code: CountryCode | None = None
    province: Line | None = None
    postal_code: Line | None = None
    metadata: Metadata | None = None


AddressOrder = Literal[
    "created_at", "-created_at", "updated_at", "-updated_at", "address_name", "-address_name", "city", "-city"
]  # fmt: skip


class AddressesQuery(ListQuery):
    """Filters of one's own addresses."""

    order: AddressOrder = "created_at"
    city: Words = Field(default_factory=list)
    country_code: Words = Field(default_factory=list)
    postal_code: Words = Field(default_factory=list)


class TransferRequestBody(Body):
    """Why the order should be theirs; for the owner of the address to read."""

    description: Annotated[str, StringConstraints(max_length=300)] | None = None


class TransferTokenBody(Body):
    """The token of the mail."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TOKEN)]
