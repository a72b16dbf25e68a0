"""`/auth/customer/emailpass`: register, log in, and what helps who forgot the password (store-api §9).

Each route hashes between two transactions and holds no connection meanwhile. Known and unknown addresses cost the same
work and get the same words; only a registration must say that an address is taken, and is limited for it.
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Header, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from app.core.attempts import Attempt, count_attempts, limited, list_login_attempts
from app.core.auth import hash_password, verify_password
from app.core.bodies import normalise_email
from app.core.callers import create_bearer
from app.core.client_address import find_visitor_address
from app.core.db import unit_of_work
from app.core.errors import TooManyRequests
from app.core.http import ANYONE
from app.core.http import router as make_router
from app.core.ratelimit import per_hour, per_minute
from app.customers.errors import CredentialsMissing, CustomerLoginRefused, ResetTokenInvalid
from app.customers.register_account import register_identity
from app.customers.reset_password import find_resetting, request_reset, reset_password
from app.customers.rules import check_password
from app.customers.verify_login import find_login
from app.store_api.schemas_customers import CredentialsBody, NewPasswordBody, RegistrationBody, ResetRequestBody

router = make_router(ANYONE, prefix="/auth/customer/emailpass", hashes_passwords=True, refuses=(CredentialsMissing,))
# Nothing is hashed when somebody asks for a link.
reset_router = make_router(ANYONE, prefix="/auth/customer/emailpass", refuses=(TooManyRequests,))

LongestLocale = 35
Locale = Annotated[str | None, Header(alias="x-medusa-locale")]


class TokenAnswer(BaseModel):
    """A bearer token, good for 24 hours."""

    token: str


class SuccessAnswer(BaseModel):
    """It is done."""

    success: bool


@router.post("/register")
def register(body: RegistrationBody, request: Request, response: Response) -> TokenAnswer:
    """A token that is good for `POST /store/customers` and for nothing else."""
    email, password = _both(body.email, body.password)
    with limited(response, *_registrations(request, email)):
        check_password(email, password)
        password_hash = hash_password(password)
        with unit_of_work() as session:
            principal = register_identity(session, email, password_hash)
        return TokenAnswer(token=create_bearer(principal))


@router.post("")
def log_in(body: CredentialsBody, request: Request, response: Response) -> TokenAnswer:
    """A token for the right password; for a wrong one or nobody's, 401 with the same words after the same work."""
    email, password = _both(body.email, body.password)
    email = as_registered(email)
    with limited(response, *list_login_attempts("customer", find_visitor_address(request), email)):
        with unit_of_work() as session:
            login = find_login(session, email)
        is_right = verify_password(login.password_hash if login else None, password)
        if login is None or not is_right:
            raise CustomerLoginRefused
        return TokenAnswer(token=create_bearer(login.principal))


@reset_router.post("/reset-password", status_code=201, response_class=PlainTextResponse)
def ask_for_reset(body: ResetRequestBody, request: Request, response: Response, locale: Locale = None) -> str:
    """Always the same answer. An account gets a few mails an hour, however often they are asked for."""
    email = as_registered(body.identifier)
    with limited(response, _reset_requests(request, email)):
        if count_attempts([*_reset_mails(request, email)]).is_allowed:
            with unit_of_work() as session:
                request_reset(session, email, locale[:LongestLocale] if locale else None)
    return "Created"


@router.post("/update")
def choose_password(body: NewPasswordBody, request: Request, response: Response) -> SuccessAnswer:
    """The password that the link of a mail lets one choose, once; every token and session of the old one ends."""
    _, _, token = request.headers.get("authorization", "").partition(" ")
    with limited(response, *_reset_uses(request, token)):
        with unit_of_work() as session:
            email = find_resetting(session, token)
        if email is None:
            raise ResetTokenInvalid
        if body.password is None:
            raise CredentialsMissing("Password")
        check_password(email, body.password)
        password_hash = hash_password(body.password)
        with unit_of_work() as session:
            reset_password(session, token, password_hash)
        return SuccessAnswer(success=True)


def as_registered(text: str) -> str:
    """An address as a registration keeps it; what is no address stays what it is, and is nobody's."""
    try:
        return normalise_email(text)
    except ValueError:
        return text.strip().lower()


def _both(email: str | None, password: str | None) -> tuple[str, str]:
    if not password:
        raise CredentialsMissing("Password")
    if not email:
        raise CredentialsMissing("Email")
    return email, password


def _registrations(request: Request, email: str) -> Iterator[Attempt]:
    """The answer says whether an address is taken: nobody may ask about many."""
    address = find_visitor_address(request)
    if address is not None:
        yield Attempt(per_minute(20), "register-minute", address)
        yield Attempt(per_hour(120), "register-hour", address)
    yield Attempt(per_hour(20), "register-account", email)


def _reset_requests(request: Request, email: str) -> Attempt:
    """How often may be asked: by an address for anybody; where nobody says whose it is, for one account."""
    address = find_visitor_address(request)
    if address is None:
        return Attempt(per_hour(60), "reset-asked", email)
    return Attempt(per_hour(30), "reset-address", address)


def _reset_mails(request: Request, email: str) -> Iterator[Attempt]:
    """How many mails leave: an address has a quarter of what the account gets, so that its owner is served too."""
    address = find_visitor_address(request)
    if address is not None:
        yield Attempt(per_hour(3), "reset-mail", f"{address} {email}")
    yield Attempt(per_hour(12), "reset-account", email)


def _reset_uses(request: Request, token: str) -> Iterator[Attempt]:
    yield Attempt(per_minute(10), "reset-token", token)
    address = find_visitor_address(request)
    if address is not None:
        yield Attempt(per_minute(20), "reset-use", address)
