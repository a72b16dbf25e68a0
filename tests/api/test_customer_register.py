"""From an address and a password to an account: two calls, and everything they refuse."""

import pytest
from fastapi.testclient import TestClient

from tests.factories.account import PASSWORD, Person, read_claims
from tests.in_process import RunJobs
from tests.rows import row
from tests.shop_front import FakeBrevo, read_rows

EMAIL = "jeanne@example.com"
COUNTS = (
    "SELECT (SELECT count(*) FROM auth_identity), (SELECT count(*) FROM customer), (SELECT count(*) FROM message),"
    " (SELECT count(*) FROM procrastinate_jobs)"
)


@row("S0-018")
def test_a_sign_up_makes_one_customer_with_an_account(person: Person) -> None:
    registered = person.register("Jeanne@Example.com")
    assert registered.status_code == 200
    claims = read_claims(registered.json()["token"])
    assert (claims["actor_id"], claims["actor_type"], claims["app_metadata"]) == ("", "customer", {})
    assert str(claims["auth_identity_id"]).startswith("authid_")
    assert (int(str(claims["exp"])) - int(str(claims["iat"]))) == 24 * 3600

    details = {"first_name": "Jeanne", "phone": "+33 1 99 00 12 34", "metadata": {"newsletter": True}}
    made = person.post("/store/customers", {"email": EMAIL, **details}, registered.json()["token"])
    assert made.status_code == 200
    customer = made.json()["customer"]
    assert customer["id"].startswith("cus_")
    assert {name: customer[name] for name in details} == details
    assert (customer["email"], customer["has_account"], customer["addresses"]) == (EMAIL, True, [])
    assert (customer["last_name"], customer["company_name"], customer["deleted_at"]) == (None, None, None)
    assert "orders" not in customer
    assert read_rows("SELECT email, has_account, anonymised_at FROM customer") == [(EMAIL, True, None)]
    claims = read_claims(person.token(EMAIL))
    assert claims["actor_id"] == customer["id"]
    assert claims["app_metadata"] == {"customer_id": customer["id"], "roles": []}


def test_a_password_is_kept_as_argon2id_and_nothing_else(person: Person) -> None:
    person.sign_up()
    ((stored,),) = read_rows("SELECT password_hash FROM auth_identity")
    assert str(stored).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_taken_address_is_said_in_the_words_that_storefronts_compare(person: Person) -> None:
    person.sign_up(EMAIL)
    before = read_rows(COUNTS)
    answer = person.register(EMAIL.upper())
    assert (answer.status_code, answer.json()["type"]) == (401, "unauthorized")
    assert answer.json()["message"] == "Identity with email already exists"
    assert read_rows(COUNTS) == before
    assert person.log_in(EMAIL).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"email": EMAIL}, 401, "Password should be a string"),
        ({"email": EMAIL, "password": ""}, 401, "Password should be a string"),
        ({"password": PASSWORD}, 401, "Email should be a string"),
        (None, 401, "Password should be a string"),
        ({"email": "nope", "password": PASSWORD}, 400, "Invalid request: Invalid email"),
        ({"email": EMAIL, "password": "x"}, 400, "Password must have at least 8 characters"),
        ({"email": EMAIL, "password": "Password1"}, 400, "Password is too easy to guess"),
        ({"email": EMAIL, "password": EMAIL}, 400, "Password is too easy to guess"),
        ({"email": EMAIL, "password": "abababab"}, 400, "Password is too easy to guess"),
        ({"email": EMAIL, "password": PASSWORD, "role": "admin"}, 400, "Invalid request: Unrecognized fields: 'role'"),
        (
            {"email": EMAIL, "password": 12345678},
            400,
            "Invalid request: Expected type: 'string' for field 'password', got: 'number'",
        ),
    ],
)
def test_a_bad_registration_makes_nothing(person: Person, body: object, status: int, message: str) -> None:
    answer = person.post("/auth/customer/emailpass/register", body)
    assert (answer.status_code, answer.json()["message"]) == (status, message)
    assert read_rows(COUNTS) == [(0, 0, 0, 0)]


def test_a_registration_that_nobody_finished_is_replaced_and_its_token_is_worth_nothing(person: Person) -> None:
    first = person.register(EMAIL, "le premier mot de passe").json()["token"]
    second = person.register(EMAIL, "le second mot de passe").json()["token"]
    refused = person.post("/store/customers", {"email": EMAIL}, first)
    assert (refused.status_code, refused.json()["message"]) == (401, "Unauthorized")
    assert read_rows(COUNTS) == [(1, 0, 0, 0)]
    assert person.post("/store/customers", {"email": EMAIL}, second).status_code == 200
    assert person.log_in(EMAIL, "le premier mot de passe").status_code == 401
    assert person.log_in(EMAIL, "le second mot de passe").status_code == 200


def test_a_registration_alone_opens_nothing_but_its_end(person: Person) -> None:
    token = person.register(EMAIL).json()["token"]
    assert person.me(token).status_code == 401
    assert person.post("/auth/session", token=token).status_code == 401
    assert person.get("/store/orders", token).status_code == 401
    refreshed = person.post("/auth/token/refresh", token=token)
    assert refreshed.status_code == 200
    person.post("/store/customers", {"email": EMAIL}, token)
    known = person.post("/auth/token/refresh", token=refreshed.json()["token"])
    assert person.me(known.json()["token"]).status_code == 200


def test_what_the_end_of_a_sign_up_refuses(person: Person) -> None:
    owner = person.sign_up(EMAIL)
    token = person.register("paul@example.com").json()["token"]
    before = read_rows(COUNTS)
    for given, body, status, kind, message in (
        (None, {"email": EMAIL}, 401, "unauthorized", "Unauthorized"),
        ("nonsense", {"email": EMAIL}, 401, "unauthorized", "Unauthorized"),
        (owner, {"email": EMAIL}, 400, "invalid_data", "Request already authenticated as a customer."),
        (token, {"first_name": "Paul"}, 400, "invalid_data", "Email is required to create a customer"),
        (token, {"email": EMAIL}, 422, "duplicate_error", "Customer with this email already has an account"),
        (token, {"email": "p@example.com"}, 400, "invalid_data", "The email is not the one that was registered"),
        (token, {"email": "nope"}, 400, "invalid_data", "Invalid request: Invalid email"),
        (token, {"email": EMAIL, "id": "cus_1"}, 400, "invalid_data", "Invalid request: Unrecognized fields: 'id'"),
    ):
        answer = person.post("/store/customers", body, given)
        assert (answer.status_code, answer.json()["type"], answer.json()["message"]) == (status, kind, message), body
    assert read_rows(COUNTS) == before


def test_orders_of_a_guest_with_that_address_stay_the_guests(person: Person) -> None:
    """Nobody has proven to own the address: two rows, and a transfer for who wants more."""
    cart = person.post("/store/carts", {"email": EMAIL}).json()["cart"]
    token = person.sign_up(EMAIL)
    me = person.get("/store/customers/me?fields=*orders", token).json()["customer"]
    assert me["orders"] == []
    assert me["id"] != cart["customer_id"]
    assert read_rows("SELECT count(*) FROM customer WHERE email = 'jeanne@example.com'") == [(2,)]


def test_asking_about_many_addresses_is_limited_by_address_and_says_so(client: TestClient, person: Person) -> None:
    answers = [person.register(f"p{number}@example.com", "court") for number in range(21)]
    assert [answer.status_code for answer in answers] == [400] * 20 + [429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers[:3]] == ["19", "18", "17"]
    last = answers[-1]
    assert (last.headers["ratelimit-limit"], last.headers["ratelimit-remaining"]) == ("20", "0")
    assert 1 <= int(last.headers["retry-after"]) <= 61
    assert last.json()["code"] == "too_many_requests"
    assert read_rows(COUNTS) == [(0, 0, 0, 0)]


def test_the_end_of_a_sign_up_does_not_tell_of_many_addresses_either(person: Person) -> None:
    """It says 422 where somebody has an account: one registration must not ask for a whole list."""
    person.sign_up(EMAIL)
    token = person.register("paul@example.com").json()["token"]
    before = read_rows(COUNTS)
    asked = [person.post("/store/customers", {"email": EMAIL}, token) for _ in range(11)]
    assert [answer.status_code for answer in asked] == [422] * 10 + [429]
    assert (asked[-1].json()["code"], asked[-1].headers["ratelimit-limit"]) == ("too_many_requests", "10")
    assert read_rows(COUNTS) == before


@pytest.mark.parametrize(
    ("first_name", "greeting"),
    [
        ("Anne-Sophie", "Bonjour Anne-Sophie,"),
        ("D'Artagnan J.-P.", "Bonjour D'Artagnan J.-P.,"),
        ("Compte bloqué : voyez http://voleur.example", "Bonjour,"),
        ("voleur.example", "Bonjour,"),
        ("Jeanne\n\nAppelez vite", "Bonjour,"),
        ("0 899 00 00 00", "Bonjour,"),
        ("Votre compte sera malheureusement bloqué ce soir même", "Bonjour,"),
    ],
)
def test_a_mail_to_an_address_that_nobody_proved_to_own_carries_no_message_of_a_stranger(
    person: Person, run_jobs: RunJobs, fake_brevo: FakeBrevo, first_name: str, greeting: str
) -> None:
    person.sign_up(EMAIL, first_name=first_name)
    assert run_jobs() == []
    (mail,) = fake_brevo.mails()
    assert str(mail["textContent"]).splitlines()[0] == greeting
