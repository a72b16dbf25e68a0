"""Reads of customers, of what opens their accounts, and the locks on them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.core.auth import Principal
from app.customers.errors import CustomerNotFound
from app.customers.models import AuthIdentity, Customer, CustomerAddress, PasswordReset

ACTOR = "customer"
ADDRESS_ORDERS = {
    "created_at": CustomerAddress.created_at,
    "updated_at": CustomerAddress.updated_at,
    "address_name": CustomerAddress.address_name,
    "city": CustomerAddress.city,
}
CUSTOMER_ORDERS = {
    "id": Customer.id,
    "email": Customer.email,
    "first_name": Customer.first_name,
    "last_name": Customer.last_name,
    "created_at": Customer.created_at,
    "updated_at": Customer.updated_at,
}
ADDRESS_WORDS = (
    CustomerAddress.address_name,
    CustomerAddress.first_name,
    CustomerAddress.last_name,
    CustomerAddress.company,
    CustomerAddress.address_1,
    CustomerAddress.address_2,
    CustomerAddress.city,
    CustomerAddress.postal_code,
)


def find_customer_of(session: Session, caller: Principal) -> Customer | None:
    """The customer a token or a session names, if the account is there and has this password still: one statement."""
    if caller.actor_type != ACTOR or not caller.actor_id:
        return None
    return session.scalar(
        select(Customer)
        .join(AuthIdentity, AuthIdentity.customer_id == Customer.id)
        .where(
            Customer.id == caller.actor_id,
            AuthIdentity.id == caller.identity_id,
            AuthIdentity.token_version == caller.token_version,
        )
    )


def find_account(session: Session, email: str) -> Customer | None:
    """The customer with an account of this address."""
    return session.scalar(select(Customer).where(Customer.email == email.lower(), Customer.has_account))


def find_identity_of(session: Session, caller: Principal) -> AuthIdentity | None:
    """The identity a token names, sign-up finished or not, if it has this password still."""
    if caller.actor_type != ACTOR:
        return None
    return session.scalar(
        select(AuthIdentity).where(
            AuthIdentity.id == caller.identity_id, AuthIdentity.token_version == caller.token_version
        )
    )


def find_identity_by_email(session: Session, email: str) -> AuthIdentity | None:
    """What opens the account of an address, whatever its case."""
    return session.scalar(select(AuthIdentity).where(AuthIdentity.email == email.strip().lower()))


def lock_identity(session: Session, identity_id: str) -> AuthIdentity | None:
    """The identity, locked: two changes of a password follow each other."""
    wanted = select(AuthIdentity).where(AuthIdentity.id == identity_id).with_for_update()
    return session.scalar(wanted.execution_options(populate_existing=True))


def find_guest_id(session: Session, email: str) -> str | None:
    """The guest of this address."""
    return session.scalar(select(Customer.id).where(Customer.email == email.lower(), Customer.has_account.is_(False)))


def lock_known_customer(session: Session, customer_id: str) -> Customer:
    """The customer, locked; raises `CustomerNotFound`."""
    wanted = select(Customer).where(Customer.id == customer_id).with_for_update()
    found = session.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise CustomerNotFound(customer_id)
    return found


def get_customer(session: Session, customer_id: str) -> Customer:
    """The customer with the whole address book; raises `CustomerNotFound`."""
    wanted = select(Customer).where(Customer.id == customer_id).options(selectinload(Customer.addresses))
    found = session.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise CustomerNotFound(customer_id)
    return found


@dataclass(frozen=True)
class CustomerSearch:
    """Which customers; empty means no condition. `text` is part of an e-mail, or the beginning of a name."""

    text: str | None = None
    ids: Collection[str] = ()
    emails: Collection[str] = ()
    has_account: bool | None = None


def list_customers(
    session: Session, wanted: CustomerSearch, *, limit: int, offset: int, order: str
) -> tuple[list[Customer], int]:
    """A page of customers with their address books, and how many match.

    `order` is a field of `CUSTOMER_ORDERS`, with a minus in front to turn it round.
    """
    conditions = list(_match_customers(wanted))
    count = session.scalar(select(func.count()).select_from(Customer).where(*conditions)) or 0
    column = CUSTOMER_ORDERS[order.removeprefix("-")]
    turned = [column.desc(), Customer.id.desc()] if order.startswith("-") else [column, Customer.id]
    page = select(Customer).where(*conditions).order_by(*turned).limit(limit).offset(offset)
    return list(session.scalars(page.options(selectinload(Customer.addresses)))), count


def _match_customers(wanted: CustomerSearch) -> Iterator[ColumnElement[bool]]:
    if wanted.ids:
        yield Customer.id.in_(wanted.ids)
    if wanted.emails:
        yield Customer.email.in_([email.lower() for email in wanted.emails])
    if wanted.has_account is not None:
        yield Customer.has_account.is_(wanted.has_account)
    text = (wanted.text or "").strip()
    if text:
        names = (Customer.first_name, Customer.last_name, Customer.company_name)
        yield or_(
            Customer.email.icontains(text, autoescape=True),
            *(column.istartswith(text, autoescape=True) for column in names),
        )


def lock_customer(session: Session, customer_id: str) -> Customer:
    """The customer, locked: changes of one address book follow each other."""
    wanted = select(Customer).where(Customer.id == customer_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def get_with_addresses(session: Session, customer_id: str) -> Customer:
    """The customer with the whole address book, as it is now."""
    wanted = select(Customer).where(Customer.id == customer_id).options(selectinload(Customer.addresses))
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def find_address(session: Session, customer_id: str, address_id: str) -> CustomerAddress | None:
    """An address of this customer's book; nobody else's."""
    return session.scalar(
        select(CustomerAddress).where(CustomerAddress.id == address_id, CustomerAddress.customer_id == customer_id)
    )


def has_account(session: Session, customer_id: str) -> bool:
    """Whether this customer is more than a guest."""
    return bool(session.scalar(select(Customer.has_account).where(Customer.id == customer_id)))


def list_addresses(
    session: Session,
    customer_id: str,
    *,
    limit: int,
    offset: int,
    cities: Collection[str] = (),
    country_codes: Collection[str] = (),
    postal_codes: Collection[str] = (),
    text: str | None = None,
    order: str = "created_at",
) -> tuple[list[CustomerAddress], int]:
    """A page of a customer's addresses and how many match in all.

    `order` is a field of `ADDRESS_ORDERS`, with a minus in front to turn it round.
    """
    query = select(CustomerAddress).where(CustomerAddress.customer_id == customer_id)
    if cities:
        query = query.where(CustomerAddress.city.in_(cities))
    if country_codes:
        query = query.where(CustomerAddress.country_code.in_([code.lower() for code in country_codes]))
    if postal_codes:
        query = query.where(CustomerAddress.postal_code.in_(postal_codes))
    if text:
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in ADDRESS_WORDS)))
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    column = ADDRESS_ORDERS[order.removeprefix("-")]
    ordered = query.order_by(column.desc() if order.startswith("-") else column, CustomerAddress.id)
    return list(session.scalars(ordered.limit(limit).offset(offset))), count


def count_addresses(session: Session, customer_id: str) -> int:
    """How many addresses the book holds."""
    counted = select(func.count()).select_from(CustomerAddress).where(CustomerAddress.customer_id == customer_id)
    return session.scalar(counted) or 0


def find_open_reset(session: Session, token_hash: str, now: datetime) -> PasswordReset | None:
    """The request whose token this is, while it may still be used."""
    return session.scalar(
        select(PasswordReset).where(PasswordReset.token_hash == token_hash, PasswordReset.expires_at > now)
    )


def lock_reset(session: Session, reset_id: str) -> PasswordReset | None:
    """The request, locked: its mail is written once."""
    wanted = select(PasswordReset).where(PasswordReset.id == reset_id).with_for_update()
    return session.scalar(wanted.execution_options(populate_existing=True))
