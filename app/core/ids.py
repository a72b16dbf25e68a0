"""Public ids: a readable prefix and 128 random bits, for some of them open something without login (design §4.18)."""

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no letter that reads as a digit
LENGTH = 26  # 26 * 5 bits hold 128


def new_id(prefix: str) -> str:
    """A new id such as `order_5d0k...`; `prefix` is the one Medusa clients know (`cart`, `order`, `payses`)."""
    number = secrets.randbits(128)
    digits = [ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(LENGTH))]
    return f"{prefix}_{''.join(digits)}"
