"""One call of a vendor's API, as its package types it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

Schema = dict[str, object]


@dataclass(frozen=True)
class Operation:
    """`request` is closed: what it does not name is refused. `response` is open: the vendor may add to it.

    Both are derived when first asked for: a fake starts at once, however much of the vendor it speaks.
    """

    name: str
    method: str
    path: str
    derive_request: Callable[[], Schema]
    derive_response: Callable[[], Schema]

    @cached_property
    def request(self) -> Schema:
        """What may be sent."""
        return self.derive_request()

    @cached_property
    def response(self) -> Schema:
        """What comes back."""
        return self.derive_response()
