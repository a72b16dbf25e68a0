"""Ids that look like Stripe's."""

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """`pi_3Nq...`: never guessable, never repeated."""
    return f"{prefix}_{''.join(_ALPHABET[byte % len(_ALPHABET)] for byte in secrets.token_bytes(length))}"
