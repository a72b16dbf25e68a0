"""One call of a vendor's API, as its package types it."""

from dataclasses import dataclass

Schema = dict[str, object]


@dataclass(frozen=True)
class Operation:
    """`request` is closed: what it does not name is refused. `response` is open: the vendor may add to it."""

    name: str
    method: str
    path: str
    request: Schema
    response: Schema
