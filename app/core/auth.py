"""Passwords, opaque tokens and signed tokens. What a token gives access to is decided elsewhere."""

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.clock import utc_now
from app.core.settings import Settings

# Some 50 ms and 19 MiB each; one at once in each of the two web processes leaves a 2 GB server its memory and its
# catalogue the cores. Never hash in a transaction: read, commit, hash, write.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
HASHES_AT_ONCE = threading.BoundedSemaphore(1)
# What an unknown account is verified against, so that it costs what a known one costs. Made by HASHER from random
# bytes that nobody kept (a test compares the parameters).
NOBODYS_HASH = "$argon2id$v=19$m=19456,t=2,p=1$9YTS1nlyEOU6rTyNO7/dag$z6SNuWLxCaQuRFZNvVZhZPzUn4OBOMlRJ6lFtRYf2mk"

ALGORITHM = "HS256"
TOKEN_BYTES = 32


@dataclass(frozen=True)
class Principal:
    """Whom a token or a session names; `actor_id` is empty while the sign-up is not finished.

    `token_version` counts the identity's passwords: what was given out under an older one is worth nothing.
    """

    actor_type: str
    actor_id: str
    identity_id: str
    token_version: int
    roles: tuple[str, ...] = ()


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    with HASHES_AT_ONCE:
        return HASHER.hash(password)


def verify_password(stored_hash: str | None, password: str) -> bool:
    """Whether the password fits; takes as long when there is no such account (`stored_hash` None)."""
    with HASHES_AT_ONCE:
        try:
            return HASHER.verify(stored_hash or NOBODYS_HASH, password) and stored_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def new_token(prefix: str = "") -> str:
    """An opaque token of 256 bits; store `hash_token` of it, never itself."""
    return f"{prefix}{secrets.token_urlsafe(TOKEN_BYTES)}"


def hash_token(token: str) -> str:
    """What the database keeps of a token; fast on purpose, a random token needs no slow hash."""
    return sha256(token.encode()).hexdigest()


def create_jwt(settings: Settings, claims: dict[str, object], lifetime: timedelta, now: datetime | None = None) -> str:
    """Sign claims with the current secret."""
    issued_at = now or utc_now()
    payload = {**claims, "iat": issued_at, "exp": issued_at + lifetime}
    return jwt.encode(payload, settings.jwt_secrets(issued_at)[0], algorithm=ALGORITHM)


def find_jwt_claims(settings: Settings, token: str) -> dict[str, object] | None:
    """The claims of a token signed by the current or the previous secret; None if it is bad or over."""
    for secret in settings.jwt_secrets(utc_now()):
        try:
            claims: dict[str, object] = jwt.decode(
                token, secret, algorithms=[ALGORITHM], options={"require": ["exp", "iat"]}
            )
        except jwt.InvalidTokenError:
            continue
        return claims
    return None
