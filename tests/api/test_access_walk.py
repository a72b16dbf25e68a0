"""Every route says who may call it, and this walk calls each as everybody: the declared access is the truth."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import httpx2
import jwt
import pytest
from sqlalchemy import text

from app.core.auth import ALGORITHM
from app.core.db import unit_of_work
from app.core.settings import get_settings
from tests.api.judge import Asked, check_answer
from tests.api.walk import Step, in_groups, steps
from tests.api.world import ADMIN_ACCESS, SECRET_STREET, Headers, World
from tests.rows import row

OPEN, KEY_MISSING, KEY_INVALID, UNAUTHORIZED = "open", "publishable_key_missing", "publishable_key_invalid", "401"
OTHER_ROLE = "not_for_this_role"
NOBODYS_KEY = {"x-publishable-api-key": "pk_" + "0" * 40}
# By declared access, then by who calls. Whoever is not named gets what `*` says.
EXPECTED: Mapping[str, Mapping[str, str]] = {
    "anyone": {"*": OPEN},
    "stripe": {"*": OPEN},
    "brevo": {"*": UNAUTHORIZED},
    "storefront": {"*": OPEN, "nobody": KEY_MISSING, "staff alone": KEY_MISSING, "wrong key": KEY_INVALID},
    "customer": {
        "*": UNAUTHORIZED,
        "customer": OPEN,
        "other": OPEN,
        "nobody": KEY_MISSING,
        "staff alone": KEY_MISSING,
        "wrong key": KEY_INVALID,
    },
    "registered": {
        "*": UNAUTHORIZED,
        "unfinished": OPEN,
        "customer": OPEN,
        "other": OPEN,
        "nobody": KEY_MISSING,
        "staff alone": KEY_MISSING,
        "wrong key": KEY_INVALID,
    },
    "person": {"*": UNAUTHORIZED, **dict.fromkeys(("staff", "staff alone", "clerk", "reader"), OPEN)},
    "staff": {"*": UNAUTHORIZED, **dict.fromkeys(("staff", "staff alone", "clerk", "reader", "program"), OPEN)},
    "staff_writing": {
        "*": UNAUTHORIZED,
        **dict.fromkeys(("staff", "staff alone", "clerk", "program"), OPEN),
        "reader": OTHER_ROLE,
    },
    "owner": {
        "*": UNAUTHORIZED,
        **dict.fromkeys(("staff", "staff alone"), OPEN),
        **dict.fromkeys(("clerk", "reader", "program"), OTHER_ROLE),
    },
}
GROUPS = in_groups(steps())
# What is asked for there is the credential itself.
CREDENTIALS = "/auth"


def callers(world: World) -> dict[str, Headers]:
    """Everybody who may come."""
    customer = world.tokens["customer"]
    return {
        "nobody": {},
        "wrong key": {**world.headers("customer"), **NOBODYS_KEY},
        "visitor": world.key,
        "customer": world.headers("customer"),
        "other": world.headers("other"),
        "unfinished": world.headers("unfinished"),
        "staff": world.headers("staff"),
        "staff alone": {"authorization": f"Bearer {world.tokens['staff']}"},
        "clerk": world.headers("clerk"),
        "reader": world.headers("reader"),
        "program": {
            **world.key,
            "authorization": f"Basic {b64encode((world.tokens['program'] + ':').encode()).decode()}",
        },
        "expired": {**world.key, "authorization": f"Bearer {signed_again(customer, lifetime=timedelta(hours=-1))}"},
        "forged": {**world.key, "authorization": f"Bearer {signed_again(customer, secret='x' * 40)}"},
        "promoted": {**world.key, "authorization": f"Bearer {signed_again(customer, actor_type='user')}"},
        "unsigned": {**world.key, "authorization": f"Bearer {unsigned(customer)}"},
        "basic": {**world.key, "authorization": "Basic c2tfbm9ib2R5Og=="},
    }


def signed_again(token: str, *, secret: str | None = None, lifetime: timedelta | None = None, **claims: object) -> str:
    """The same token, of another day, by another hand, or saying something else."""
    known = jwt.decode(token, options={"verify_signature": False})
    ends_at = datetime.now(UTC) + (lifetime or timedelta(hours=1))
    own = get_settings().jwt_secrets(datetime.now(UTC))[0]
    return jwt.encode({**known, "exp": ends_at, **claims}, secret or own, algorithm=ALGORITHM)


def unsigned(token: str) -> str:
    """The same claims with the algorithm `none`."""
    return jwt.encode(jwt.decode(token, options={"verify_signature": False}), "", algorithm="none")


def expect(step: Step, who: str) -> str:
    """What this caller gets."""
    table = EXPECTED[step.access]
    return table.get(who, table["*"])


def call(world: World, step: Step, headers: Headers) -> httpx2.Response:
    """The route as a client would call it."""
    body = world.sampler.sample(step.body) if step.body is not None else None
    query = {name: str(world.bodies[name]) for name in step.query if name in world.bodies}
    return world.client.request(step.method, step.at(world.ids), json=body, params=query, headers=headers)


def outcome(answer: httpx2.Response) -> str:
    """In the words of the table; what is no question of access is `open`."""
    code = answer.json().get("code") if answer.status_code in (400, 403) else None
    if code in (KEY_MISSING, KEY_INVALID, OTHER_ROLE):
        return str(code)
    return UNAUTHORIZED if answer.status_code in (401, 403) else OPEN


@row("S4-053")
@pytest.mark.parametrize("group", GROUPS)
def test_each_route_is_for_those_it_says(world: World, group: str) -> None:
    everybody = callers(world)
    for step in GROUPS[group]:
        if step.method == "DELETE" or step.path.endswith("/complete"):
            world.renew()
        for who, headers in everybody.items():
            answer = call(world, step, headers)
            check_answer(Asked(step, who), answer)
            got, wanted = outcome(answer), expect(step, who)
            is_credential = step.path.startswith(CREDENTIALS) and got == UNAUTHORIZED
            assert got == wanted or is_credential, f"{step.name} as {who}: {answer.status_code} {answer.text[:200]}"
            if got == UNAUTHORIZED and not is_credential:
                assert answer.json()["message"] == "Unauthorized", f"{step.name} as {who}"
            works_here = step.access in ADMIN_ACCESS and got == OPEN
            if who not in ("customer", "wrong key") and not works_here:
                assert SECRET_STREET not in answer.text, f"{step.name} shows {who} the owner's address"


def test_what_is_a_customers_own_is_nobody_elses(world: World) -> None:
    """Addresses, orders and their transfers: for another customer they are not there, or they are closed."""
    private = [step for step in steps() if step.access == "customer" and step.parameters and "carts" not in step.path]
    assert len(private) >= 5
    for step in private:
        before = world.rows.count()
        answer = call(world, step, world.headers("other"))
        assert answer.status_code in (400, 404) if "transfer" in step.path else 404, f"{step.name}: {answer.text}"
        assert world.rows.count() == before, step.name
    mine = world.client.get("/store/orders", headers=world.headers("customer")).json()
    theirs = world.client.get("/store/orders", headers=world.headers("other")).json()
    assert [order["id"] for order in mine["orders"]] == [world.ids["orders"]]
    assert (theirs["orders"], theirs["count"]) == ([], 0)


def test_a_revoked_key_opens_nothing(world: World) -> None:
    with unit_of_work("test") as session:
        session.execute(text("UPDATE publishable_key SET revoked_at = now()"))
    answer = world.client.get("/store/products", headers=world.key)
    assert (answer.status_code, answer.json()["code"]) == (400, KEY_INVALID)


def test_every_access_is_in_the_table() -> None:
    assert {step.access for step in steps()} <= EXPECTED.keys()
