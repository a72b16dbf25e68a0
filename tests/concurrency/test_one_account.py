"""One address, one account; one link, one password; one default address: however many click at once."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event, text

from app.core.auth import Principal, hash_token
from app.core.clock import utc_now
from app.core.db import get_engine, unit_of_work
from app.core.errors import Refusal
from app.customers.models import PasswordReset
from app.customers.register_account import create_customer, register_identity
from app.customers.reset_password import reset_password
from app.customers.rules import RESET_LIFETIME
from app.customers.update_address import add_address
from tests.concurrency.buyers import run_together, without_row_locks
from tests.factories.shop import MadeShop, make_shop
from tests.shop_front import read_rows

EMAIL = "jeanne@example.com"
CLICKS = 8
ACCOUNTS = "SELECT (SELECT count(*) FROM auth_identity), (SELECT count(*) FROM customer)"


@pytest.fixture(autouse=True)
def shop(environment: dict[str, str]) -> MadeShop:
    """The shop they sign up at."""
    with unit_of_work("test") as session:
        return make_shop(session)


def said(act: Callable[[], object]) -> str:
    """`done`, or the code of the refusal."""
    try:
        act()
    except Refusal as refusal:
        return refusal.code
    return "done"


def register(password_hash: str) -> Principal:
    """The first step of a sign-up."""
    with unit_of_work("test") as session:
        return register_identity(session, EMAIL, password_hash)


def finish(principal: Principal) -> None:
    """The second step."""
    with unit_of_work("test") as session:
        create_customer(session, principal, EMAIL, {}, None)


def sign_up_together() -> tuple[Counter[str], int, int]:
    """All register at once, then the newest finishes often at once; gives what was heard and the rows left."""
    registered: list[Principal] = []
    run_together(CLICKS, lambda number: said(lambda: registered.append(register(f"hash {number}"))))
    newest = max(registered, key=lambda principal: principal.token_version)
    heard = run_together(CLICKS, lambda _: said(lambda: finish(newest)))
    ((identities, customers),) = read_rows(ACCOUNTS)
    return heard, int(str(identities)), int(str(customers))


def test_sign_ups_at_once_with_one_address_make_one_account() -> None:
    heard, identities, customers = sign_up_together()
    assert heard == Counter(done=1, already_customer=CLICKS - 1)
    assert (identities, customers) == (1, 1)
    assert said(lambda: register("late")) == "identity_exists"


def test_a_registration_that_is_replaced_while_it_is_being_finished_makes_nothing() -> None:
    """Its token was good when it came: whoever registered last is the one who finishes."""
    first, second = register("the first hash"), register("the second hash")
    assert said(lambda: finish(first)) == "unauthorized"
    assert read_rows(ACCOUNTS) == [(1, 0)]
    assert said(lambda: finish(second)) == "done"


@contextmanager
def without_conflicts() -> Iterator[None]:
    """The product's own statements without their ON CONFLICT, on tables that take an address often."""
    with unit_of_work("test") as session:
        session.execute(text("ALTER TABLE auth_identity DROP CONSTRAINT uq_auth_identity_email"))
        session.execute(text("ALTER TABLE customer DROP CONSTRAINT uq_customer_email_has_account"))
        session.execute(text("DROP INDEX uq_customer_account_email"))

    def strip(
        _connection: Connection, _cursor: object, statement: str, parameters: object, *_rest: object
    ) -> tuple[str, object]:
        return re.sub(r"ON CONFLICT .*(?= RETURNING)", "", statement), parameters

    engine = get_engine()
    event.listen(engine, "before_cursor_execute", strip, retval=True)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", strip)


def test_control_without_constraints_and_locks_there_are_several_accounts() -> None:
    with without_conflicts(), without_row_locks(CLICKS):
        _, identities, customers = sign_up_together()
    assert identities == CLICKS
    assert customers > 1


def open_link(token: str) -> None:
    """A link that was mailed."""
    principal = register("hash")
    with unit_of_work("test") as session:
        session.add(
            PasswordReset(
                id="pwreset_1",
                identity_id=principal.identity_id,
                token_hash=hash_token(token),
                expires_at=utc_now() + RESET_LIFETIME,
            )
        )


def use_link(number: int) -> str:
    """Choose a password by the link."""

    def use() -> None:
        with unit_of_work("test") as session:
            reset_password(session, "token", f"hash {number}")

    return said(use)


def test_one_link_changes_the_password_once() -> None:
    open_link("token")
    assert run_together(CLICKS, use_link) == Counter(done=1, reset_token_invalid=CLICKS - 1)
    assert read_rows("SELECT token_version FROM auth_identity") == [(2,)]


def test_control_without_the_lock_one_link_changes_it_often() -> None:
    open_link("token")
    with without_row_locks(CLICKS):
        assert run_together(CLICKS, use_link)["done"] > 1


def add_default(customer_id: str) -> str:
    """One more address, to be the default one."""

    def add() -> None:
        with unit_of_work("test") as session:
            add_address(session, customer_id, {"is_default_shipping": True})

    return said(add)


def test_defaults_at_once_leave_one() -> None:
    finish(register("hash"))
    ((customer_id,),) = read_rows("SELECT id FROM customer")
    assert run_together(CLICKS, lambda _: add_default(str(customer_id))) == Counter(done=CLICKS)
    assert read_rows("SELECT count(*), count(*) FILTER (WHERE is_default_shipping) FROM customer_address") == [
        (CLICKS, 1)
    ]


def test_control_without_lock_and_index_there_are_several_defaults() -> None:
    finish(register("hash"))
    ((customer_id,),) = read_rows("SELECT id FROM customer")
    with unit_of_work("test") as session:
        session.execute(text("DROP INDEX uq_customer_address_shipping"))
    with without_row_locks(CLICKS):
        run_together(CLICKS, lambda _: add_default(str(customer_id)))
    ((defaults,),) = read_rows("SELECT count(*) FROM customer_address WHERE is_default_shipping")
    assert int(str(defaults)) > 1
