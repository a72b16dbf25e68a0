"""What several resources ask of their arguments, in Stripe's words."""

import re
from collections.abc import Callable, Sequence

from app.dev.fake_stripe.refused import Json, Refused

# Least amount per currency, in its smallest unit; also the currencies this account takes.
_LEAST = {"eur": 50, "usd": 50, "gbp": 30, "chf": 50, "jpy": 50, "pln": 200, "sek": 300, "dkk": 250, "czk": 1500}
_MOST = 99_999_999
_ENABLED_TYPES = ("card", "link")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PAGE = ("limit", "starting_after", "ending_before", "expand")


def check_taken(arguments: Json, taken: Sequence[str], expandable: Sequence[str] = ()) -> None:
    """Better a loud no than a parameter that does nothing here and something at Stripe."""
    for name in arguments:
        if name not in taken:
            message = f"Stripe knows the parameter {name}, this fake does not yet: teach it in fake_stripe."
            raise Refused(400, message, code="fake_does_not_know", param=name)
    asked = arguments.get("expand")
    unknown = [each for each in asked if each not in expandable] if isinstance(asked, list) else []
    if unknown:
        raise Refused(400, f"This property cannot be expanded ({unknown[0]}).", param="expand[0]")


def checked_amount(amount: object, currency: str) -> int:
    """The amount, unless too small, too large, or in a currency this account does not take."""
    if currency not in _LEAST:
        raise Refused(400, f"Invalid currency: {currency}.", param="currency")
    if not isinstance(amount, int) or amount < _LEAST[currency]:
        raise Refused(
            400, "Amount must be at least the minimum charge amount.", code="amount_too_small", param="amount"
        )
    if amount > _MOST:
        raise Refused(400, "Amount must be no more than 999,999.99.", code="amount_too_large", param="amount")
    return amount


def checked_types(allowed: object) -> list[str] | None:
    """What `allowed_payment_method_types` leaves; nothing left is refused."""
    if not isinstance(allowed, list):
        return None
    types = [str(each) for each in allowed]
    if not offered_types(types):
        message = "None of the allowed payment method types is enabled on this account."
        raise Refused(400, message, param="allowed_payment_method_types")
    return types


def offered_types(allowed: list[str] | None) -> list[str]:
    """What the customer may choose from."""
    return [kind for kind in _ENABLED_TYPES if allowed is None or kind in allowed]


def checked_email(email: object, param: str) -> str | None:
    """An address, or Stripe's word for what is none."""
    if email is not None and not _ADDRESS.fullmatch(str(email)):
        raise Refused(400, f"Invalid email address: {email}", code="email_invalid", param=param)
    return None if email is None else str(email)


def checked_url(url: object, param: str) -> str:
    """An address with its scheme."""
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        message = "Not a valid URL: an explicit scheme (such as https) must be provided."
        raise Refused(400, message, code="url_invalid", param=param)
    return url


def merge_metadata(kept: dict[str, str], given: object) -> dict[str, str]:
    """An empty value unsets a key, an empty whole unsets all of them."""
    if given == "":
        return {}
    fresh = {str(key): str(value) for key, value in given.items()} if isinstance(given, dict) else {}
    merged = {key: value for key, value in (kept | fresh).items() if value}
    if len(merged) > 50 or any(len(key) > 40 or len(value) > 500 for key, value in merged.items()):
        message = "Metadata can have up to 50 keys, of 40 characters at most, with values of 500 at most."
        raise Refused(400, message, param="metadata")
    return merged


def text_or_none(value: object) -> str | None:
    """Empty means unset."""
    return value if isinstance(value, str) and value else None


def branch(arguments: Json, name: str) -> Json:
    """The nested object of that name; empty when it was not given."""
    found = arguments.get(name)
    return found if isinstance(found, dict) else {}


def in_time(created: object) -> Callable[[int], bool]:
    """Whether an instant lies where `created` (a second, or gt, gte, lt, lte) asks."""
    if isinstance(created, int):
        return lambda at: at == created
    bounds = created if isinstance(created, dict) else {}
    return lambda at: (
        at > bounds.get("gt", -1)
        and at >= bounds.get("gte", 0)
        and at < bounds.get("lt", at + 1)
        and at <= bounds.get("lte", at)
    )
