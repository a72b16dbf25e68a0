"""Passwords, opaque tokens, signed tokens."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.auth import (
    HASHER,
    NOBODYS_HASH,
    create_jwt,
    find_jwt_claims,
    hash_password,
    hash_token,
    new_token,
    verify_password,
)
from app.core.settings import Settings


def settings(secret: str, previous: str | None = None, until: datetime | None = None) -> Settings:
    return Settings(
        database_url="postgresql+psycopg://none",
        redis_url="redis://none",
        jwt_secret=secret,
        jwt_secret_previous=previous,
        jwt_secret_previous_until=until,
    )


OLD, NEW = "o" * 32, "n" * 32


def test_a_password_is_kept_as_argon2id_of_the_chosen_cost() -> None:
    stored = hash_password("correct horse")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verify_password(stored, "correct horse")
    assert not verify_password(stored, "correct horsf")
    assert not verify_password(None, "correct horse")
    assert not verify_password("not a hash", "correct horse")


def test_an_unknown_account_is_verified_against_a_hash_of_the_same_cost() -> None:
    assert not HASHER.check_needs_rehash(NOBODYS_HASH)
    assert HASHER.check_needs_rehash(NOBODYS_HASH.replace("t=2", "t=1"))
    assert not verify_password(None, "")


def test_tokens_are_unlike_and_their_hash_is_not_they() -> None:
    first, second = new_token("sk_"), new_token("sk_")
    assert first != second
    assert first.startswith("sk_")
    assert len(first) == 46
    assert hash_token(first) == hash_token(first)
    assert first not in hash_token(first)


def test_a_signed_token_gives_its_claims_until_it_ends() -> None:
    token = create_jwt(settings(NEW), {"actor_id": "cus_1"}, timedelta(minutes=5))
    claims = find_jwt_claims(settings(NEW), token)
    assert claims is not None
    assert claims["actor_id"] == "cus_1"
    ended = create_jwt(settings(NEW), {}, timedelta(minutes=5), now=datetime.now(UTC) - timedelta(minutes=6))
    assert find_jwt_claims(settings(NEW), ended) is None


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJhY3Rvcl9pZCI6ImN1c18xIn0."])
def test_a_bad_token_gives_nothing(token: str) -> None:
    assert find_jwt_claims(settings(NEW), token) is None


def test_rotation_reads_the_previous_secret_until_its_date() -> None:
    token = create_jwt(settings(OLD), {"actor_id": "cus_1"}, timedelta(hours=1))
    now = datetime.now(UTC)
    assert find_jwt_claims(settings(NEW, OLD, now + timedelta(hours=1)), token) is not None
    assert find_jwt_claims(settings(NEW, OLD, now - timedelta(seconds=1)), token) is None
    assert find_jwt_claims(settings(NEW), token) is None
