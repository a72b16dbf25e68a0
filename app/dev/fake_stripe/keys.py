"""Secret keys of the account: which are accepted, and which were revoked, so that a rotation can be played."""

from dataclasses import dataclass

from starlette.routing import Route

from app.dev.fake_stripe.control import control
from app.dev.fake_stripe.refused import Json, Refused
from app.dev.journal import Journal, Kept

_PREFIXES = ("sk_test_", "rk_test_")


@dataclass(frozen=True, kw_only=True)
class SecretKey(Kept):
    """A key (its id) and whether it still opens the door."""

    is_accepted: bool


class SecretKeys:
    """Any test key is accepted until the first is named; from then on only those named."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def controls(self) -> list[Route]:
        """`accepted` and `revoked` are lists of keys."""
        return [control("POST", "keys", self._change)]

    def is_accepted(self, key: str) -> bool:
        """Whether calls may be made with it."""
        named = self._journal.list_all(SecretKey)
        if any(each.is_accepted for each in named):
            return any(each.id == key and each.is_accepted for each in named)
        return key.startswith(_PREFIXES) and all(each.id != key for each in named)

    def refuse(self, key: str) -> Refused:
        """Stripe's 401, in its two forms; it never repeats a whole key."""
        shown = f"{key[:8]}****{key[-4:]}"
        if self._journal.find(SecretKey, key) is not None:
            return Refused(401, f"Expired API Key provided: {shown}", code="api_key_expired")
        return Refused(401, f"Invalid API Key provided: {shown}")

    def _change(self, _path: dict[str, str], given: Json) -> object:
        for name, is_accepted in (("accepted", True), ("revoked", False)):
            keys = given.get(name, [])
            for key in keys if isinstance(keys, list) else []:
                self._journal.put(SecretKey(id=str(key), is_accepted=is_accepted))
        return [{"key": each.id, "accepted": each.is_accepted} for each in self._journal.list_all(SecretKey)]
