"""From an address and a password to an account: an identity first, the customer with the next call (store-api §9)."""

from datetime import datetime

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.auth import Principal
from app.core.errors import Unauthorized
from app.core.ids import new_id
from app.customers import queries
from app.customers.errors import AlreadyCustomer, CustomerExists, EmailDiffers, EmailRequired, IdentityExists
from app.customers.models import AuthIdentity, Customer
from app.customers.queries import ACTOR
from app.customers.rules import compute_greeting
from app.customers.service import CustomerDetails, apply_details
from app.notifications.service import describe_shop, queue_mail

TEMPLATE = "welcome"


def register_identity(session: Session, email: str, password_hash: str) -> Principal:
    """An identity for a sign-up; raises `IdentityExists` when the address opens an account already.

    A registration that nobody finished is replaced, its tokens with it: it holds nothing, and must not keep the
    address from its owner. Two at once leave one row and one good token.
    """
    fresh = insert(AuthIdentity).values(id=new_id("authid"), email=email.lower(), password_hash=password_hash)
    written = session.execute(
        fresh.on_conflict_do_update(
            index_elements=[AuthIdentity.email],
            set_={
                "password_hash": password_hash,
                "token_version": AuthIdentity.token_version + 1,
                "updated_at": func.now(),
            },
            where=AuthIdentity.customer_id.is_(None),
        ).returning(AuthIdentity.id, AuthIdentity.token_version)
    ).one_or_none()
    if written is None:
        raise IdentityExists
    return Principal(ACTOR, "", written.id, written.token_version)


def create_customer(
    session: Session, caller: Principal, email: str | None, details: CustomerDetails, locale: str | None
) -> Customer:
    """Finish a sign-up: the customer, and a mail that says welcome. Orders of a guest of that address stay where they
    are, for nobody has proven to own it. Raises `EmailRequired`, `CustomerExists`, `EmailDiffers`, `AlreadyCustomer`,
    `Unauthorized` for a registration that another one has just replaced.
    """
    identity = queries.lock_identity(session, caller.identity_id)
    if identity is None or identity.customer_id is not None:
        raise AlreadyCustomer
    if identity.token_version != caller.token_version:
        raise Unauthorized
    if not email:
        raise EmailRequired
    if queries.find_account(session, email) is not None:
        raise CustomerExists
    if email != identity.email:
        raise EmailDiffers
    customer = Customer(id=new_id("cus"), email=email, has_account=True)
    apply_details(customer, details)
    session.add(customer)
    session.flush()  # the identity refers to it
    identity.customer_id = customer.id
    _queue_welcome(session, customer, locale)
    return queries.get_with_addresses(session, customer.id)


def forget_registrations(session: Session, before: datetime) -> None:
    """Drop what nobody finished: an address and a hash that serve nothing."""
    unfinished = (AuthIdentity.customer_id.is_(None), AuthIdentity.updated_at < before)
    session.execute(delete(AuthIdentity).where(*unfinished))


def _queue_welcome(session: Session, customer: Customer, locale: str | None) -> None:
    content = {**describe_shop(session), "first_name": compute_greeting(customer.first_name)}
    queue_mail(session, TEMPLATE, customer.id, customer.email, locale, content)
