"""What customers must prove, and how long what was promised to them holds."""

import re
from datetime import timedelta
from unicodedata import category

from app.customers.errors import CustomerPasswordTooWeak, EmailOpensAccount, TooManyAddresses

PASSWORD_MINIMUM = 8
PASSWORD_MAXIMUM = 200  # argon2 reads all of it: a longer one is only a way to keep the server busy
FEWEST_CHARACTERS = 4
# The first that anybody tries, as long as they are long enough.
TRIED_FIRST = frozenset(
    {
        *("12345678", "123456789", "1234567890", "11111111", "00000000", "abcd1234", "1q2w3e4r"),
        *("password", "password1", "motdepasse", "motdepasse1", "iloveyou", "sunshine", "princess", "football"),
        *("azertyuiop", "azerty123", "qwertyuiop", "qwerty123", "loulou123", "doudou123"),
    }
)
RESET_LIFETIME = timedelta(minutes=15)
MOST_ADDRESSES = 100
LONGEST_GREETING = 40
# Letters of any script with their marks, and what stands between the parts of a name.
NAME_CATEGORIES, NAME_SIGNS = ("L", "M"), " '\u2019.-"
WEB_ADDRESS = re.compile(r"\.\w\w")


def check_password(email: str, password: str) -> None:
    """8 to 200 characters, not the address itself, none that everybody tries first.

    Source: CNIL recommendation 2022-100 (attempts are limited, so 8), store-api §12. Raises `CustomerPasswordTooWeak`.
    """
    if len(password) < PASSWORD_MINIMUM:
        raise CustomerPasswordTooWeak(f"Password must have at least {PASSWORD_MINIMUM} characters")
    if len(password) > PASSWORD_MAXIMUM:
        raise CustomerPasswordTooWeak(f"Password must have at most {PASSWORD_MAXIMUM} characters")
    lower = password.lower()
    if lower in TRIED_FIRST or lower in (email, email.partition("@")[0]) or len(set(lower)) < FEWEST_CHARACTERS:
        raise CustomerPasswordTooWeak("Password is too easy to guess")


def check_address_count(count: int) -> None:
    """An address book holds 100 addresses; raises `TooManyAddresses`. Source: design §2, one small machine."""
    if count >= MOST_ADDRESSES:
        raise TooManyAddresses(f"An account has at most {MOST_ADDRESSES} addresses")


def check_new_email(*, has_account: bool) -> None:
    """The address of an account is what opens it: staff does not hand accounts over. Source: design §4.12, §4.18.

    Raises `EmailOpensAccount`.
    """
    if has_account:
        raise EmailOpensAccount


def compute_greeting(first_name: str | None) -> str:
    """The name to greet with; empty for what nobody is called: sentences, numbers, web addresses.

    A sign-up proves no address: the mail that says welcome must not carry a stranger's words to whom he likes.
    Source: design §4.18.
    """
    name = (first_name or "").strip()
    is_name = all(category(sign)[0] in NAME_CATEGORIES or sign in NAME_SIGNS for sign in name)
    return name if is_name and len(name) <= LONGEST_GREETING and not WEB_ADDRESS.search(name) else ""
