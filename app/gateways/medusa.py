"""A Medusa v2 shop as something to read: the same documents, whether from its database or from its Admin API.

A document is an object with what hangs on it, named as Medusa's Admin API names it. Money stays exact: `raw_amount`
(`{"value": ...}`) stands in for `amount`, and numbers become `Decimal`.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from types import TracebackType
from typing import Literal, Protocol, Self

Document = dict[str, object]
Kind = Literal[
    "store", "price_preference", "region", "sales_channel", "category", "collection", "tag", "type", "product",
    "inventory_item", "price_list", "customer", "order",
]  # fmt: skip
PAGE = 100
RAW = "raw_"


class MedusaSource(Protocol):
    """Reads only; used in a `with` block, as one connection to the shop."""

    way: Literal["database", "api"]

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def count(self, kind: Kind) -> int:
        """How many there are, deleted ones and drafts of orders left aside."""

    def find_highest_number(self) -> int | None:
        """The highest number of an order; None where nothing was sold."""

    def read(self, kind: Kind) -> Iterator[list[Document]]:
        """All of them, a page of a hundred at a time, oldest first."""


def read_json(text: str | bytes) -> object:
    """JSON with exact numbers, each `raw_` value in the place of the rounded one beside it."""
    return _prefer_exact(json.loads(text, parse_float=Decimal))


def _prefer_exact(value: object) -> object:
    if isinstance(value, list):
        return [_prefer_exact(each) for each in value]
    if not isinstance(value, dict):
        return value
    plain = {name: _prefer_exact(each) for name, each in value.items() if not name.startswith(RAW)}
    for name, raw in value.items():
        if name.startswith(RAW) and isinstance(raw, dict) and raw.get("value") is not None:
            plain[name.removeprefix(RAW)] = str(raw["value"])
    return plain
