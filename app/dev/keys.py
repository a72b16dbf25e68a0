"""API keys of a fake vendor's account: which are accepted, which were revoked, so that a rotation can be played."""

from collections.abc import Callable
from dataclasses import dataclass

from app.dev.journal import Journal, Kept


@dataclass(frozen=True, kw_only=True)
class ApiKey(Kept):
    """A key (its id) and whether it still opens the door."""

    is_accepted: bool


class ApiKeys:
    """Any key of the right form is accepted until the first is named; from then on only those named."""

    def __init__(self, journal: Journal, is_well_formed: Callable[[str], bool]) -> None:
        self._journal = journal
        self._is_well_formed = is_well_formed

    def is_accepted(self, key: str) -> bool:
        """Whether calls may be made with it."""
        named = {each.id: each.is_accepted for each in self._journal.list_all(ApiKey)}
        return named.get(key, False) if any(named.values()) else self._is_well_formed(key) and key not in named

    def is_revoked(self, key: str) -> bool:
        """Whether it was a key once."""
        found = self._journal.find(ApiKey, key)
        return found is not None and not found.is_accepted

    def change(self, given: dict[str, object]) -> list[dict[str, object]]:
        """`accepted` and `revoked` are lists of keys; gives what is known of all."""
        for name, is_accepted in (("accepted", True), ("revoked", False)):
            keys = given.get(name, [])
            for key in keys if isinstance(keys, list) else []:
                self._journal.put(ApiKey(id=str(key), is_accepted=is_accepted))
        return [{"key": each.id, "accepted": each.is_accepted} for each in self._journal.list_all(ApiKey)]
