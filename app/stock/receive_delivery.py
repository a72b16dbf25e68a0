"""A delivery: pieces per SKU, as somebody types them or reads them from a delivery note; looked at, then received."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.stock.errors import DeliveryUnreadable, UnknownSku
from app.stock.list_stock import list_stock_by_sku
from app.stock.rules import check_movement
from app.stock.service import receive_all

# `SKU:+10`, `SKU:10`, and what a spreadsheet writes: `SKU;10`, `SKU,10`, `SKU<tab>10`. Never absolute, never less.
PIECES = re.compile(r"\ufeff?\s*\"?(?P<sku>[^\";,\t]+?)\"?\s*[:;,\t]\s*\"?\+?(?P<quantity>\d{1,7})\"?\s*")
MOST_LINES = 10_000


class DeliveredLine(NamedTuple):
    """One variant of a delivery: pieces that are there, that come, and that will be there."""

    variant_id: str
    sku: str
    stocked: int
    quantity: int

    @property
    def stocked_after(self) -> int:
        """Pieces once they are received."""
        return self.stocked + self.quantity


def parse_delivery(lines: Iterable[str]) -> dict[str, int]:
    """Pieces by SKU; empty lines, `#` and one line of titles are passed over. Raises `DeliveryUnreadable`."""
    pieces: dict[str, int] = {}
    for number, written in enumerate(lines):
        line = written.strip()
        if not line or line.startswith("#"):
            continue
        found = PIECES.fullmatch(line)
        if found is None and number == 0 and line.lower().lstrip('\ufeff"').startswith("sku"):
            continue
        if found is None or found["sku"] in pieces or len(pieces) >= MOST_LINES:
            raise DeliveryUnreadable(line)
        pieces[found["sku"]] = int(found["quantity"])
    if not pieces:
        raise DeliveryUnreadable("")
    return pieces


def list_delivered_lines(session: Session, pieces: Mapping[str, int]) -> list[DeliveredLine]:
    """What a delivery would change, in the order in which it is written; raises `UnknownSku`, `InvalidQuantity`."""
    found = list_stock_by_sku(session, pieces.keys())
    unknown = [sku for sku in pieces if sku not in found]
    if unknown:
        raise UnknownSku(unknown)
    lines = [
        DeliveredLine(found[sku].variant_id, sku, found[sku].stocked, quantity) for sku, quantity in pieces.items()
    ]
    for line in lines:
        check_movement(line.quantity, line.stocked)
    return lines


def receive_delivery(
    session: Session, pieces: Mapping[str, int], *, reference: str | None = None, note: str | None = None
) -> list[DeliveredLine]:
    """Put all of it on the shelf, or nothing; what was there meanwhile is what the answer says."""
    lines = list_delivered_lines(session, pieces)
    levels = receive_all(session, {line.variant_id: line.quantity for line in lines}, reference, note)
    return [line._replace(stocked=levels[line.variant_id]) for line in lines]
