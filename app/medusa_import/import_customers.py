"""Customers with their address books. No password comes along: an account's owner asks for a new one by mail."""

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.core.auth import NOBODYS_HASH
from app.core.ids import new_id
from app.customers.models import AddressColumns, AuthIdentity, Customer, CustomerAddress
from app.customers.rules import MOST_ADDRESSES
from app.medusa_import.errors import LeftOut
from app.medusa_import.record_taken import Figure, Taking
from app.medusa_import.schemas import AddressIn, CustomerAddressIn, CustomerIn

ADDRESS = "address"


def list_customer_figures(customer: CustomerIn) -> list[Figure]:
    """What a customer brings."""
    return [Figure("customer"), *(Figure(ADDRESS) for _ in customer.addresses)]


def import_customer(taking: Taking, customer: CustomerIn) -> str:
    """A guest or an account; an address that is here already keeps what it has here."""
    email = demand_email(customer.email)
    known = taking.session.scalar(
        select(Customer.id).where(func.lower(Customer.email) == email, Customer.has_account == customer.has_account)
    )
    if known is not None:
        return _join(taking, customer, known)
    made = Customer(
        id=new_id("cus"),
        email=email,
        has_account=customer.has_account,
        first_name=customer.first_name,
        last_name=customer.last_name,
        phone=customer.phone,
        company_name=customer.company_name,
        details=customer.metadata,
        created_at=customer.created_at,
    )
    taking.session.add(made)
    taking.session.flush()  # the addresses and the identity refer to it
    _add_addresses(taking, made.id, customer)
    if customer.has_account:
        _open_account(taking, made.id, email)
    return made.id


def demand_email(email: str | None) -> str:
    """An address that a mail may be sent to, in small letters. Raises `LeftOut`."""
    try:
        validate_email((email or "").strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise LeftOut("email_unusable") from None
    return (email or "").strip().lower()


def _join(taking: Taking, customer: CustomerIn, known_id: str) -> str:
    """A guest is a guest. An account made here proves nothing of one made there: its history stays with a guest."""
    if customer.has_account:
        raise LeftOut("account_exists_here")
    taking.note("same_email_here")
    for address in customer.addresses:
        taking.leave(Figure(ADDRESS), address.id, "same_email_here")
    return known_id


def _add_addresses(taking: Taking, customer_id: str, customer: CustomerIn) -> None:
    """One address at most is where parcels go, one where bills go: the first that says so."""
    shipping = next((each.id for each in customer.addresses if each.is_default_shipping), None)
    billing = next((each.id for each in customer.addresses if each.is_default_billing), None)
    for address in customer.addresses[MOST_ADDRESSES:]:
        taking.leave(Figure(ADDRESS), address.id, "too_many_addresses")
    for address in customer.addresses[:MOST_ADDRESSES]:
        made = CustomerAddress(
            id=new_id("cuaddr"),
            customer_id=customer_id,
            address_name=address.address_name,
            is_default_shipping=address.id == shipping,
            is_default_billing=address.id == billing,
            **describe_address(address),
        )
        taking.session.add(made)
        taking.keep(made.id, Figure(ADDRESS), external_id=address.id)


def describe_address(address: AddressIn | CustomerAddressIn) -> dict[str, object]:
    """The columns of a postal address; a country is its two letters, small."""
    values = {name: getattr(address, name) for name in AddressColumns.__annotations__ if name != "details"}
    country = (address.country_code or "").strip().lower()
    return {**values, "country_code": country or None, "details": address.metadata}


def _open_account(taking: Taking, customer_id: str, email: str) -> None:
    """An identity that no password opens, so that "forgotten password" sends its mail.

    A registration of this address that nobody finished is replaced: whoever typed it has proven nothing.
    """
    fresh = insert(AuthIdentity).values(
        id=new_id("authid"), email=email, password_hash=NOBODYS_HASH, customer_id=customer_id
    )
    opened = taking.session.scalar(
        fresh.on_conflict_do_update(
            index_elements=[AuthIdentity.email],
            set_={
                "password_hash": NOBODYS_HASH,
                "customer_id": customer_id,
                "token_version": AuthIdentity.token_version + 1,
                "updated_at": func.now(),
            },
            where=AuthIdentity.customer_id.is_(None),
        ).returning(AuthIdentity.id)
    )
    if opened is None:
        raise LeftOut("account_exists_here")
