"""Every count and every total of Medusa beside what is here now, read from the tables that the shop works with."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import Json
from app.medusa_import.import_stock import note_of
from app.medusa_import.record_taken import Run, Sum, Tally

# What this run wrote, by the tables themselves: (kind, unit, number, amount).
_HERE = text("""
WITH mine AS (SELECT kind, local_id FROM medusa_object WHERE run_id = :run_id)
SELECT kind, '' AS unit, count(*), 0::bigint FROM medusa_object
    WHERE run_id = :run_id AND kind IN ('region', 'sales_channel', 'category', 'collection', 'tag', 'type')
    GROUP BY kind
UNION ALL SELECT 'product', '', count(*), 0 FROM product JOIN mine ON kind = 'product' AND local_id = product.id
UNION ALL SELECT 'variant', '', count(*), 0
    FROM product_variant v JOIN mine ON kind = 'variant' AND local_id = v.id
UNION ALL SELECT 'image', '', count(*), 0 FROM product_image i JOIN mine ON kind = 'image' AND local_id = i.id
UNION ALL SELECT 'price', p.currency_code, count(*), sum(p.amount_cents)
    FROM price p JOIN mine ON kind = 'variant' AND local_id = p.variant_id GROUP BY p.currency_code
UNION ALL SELECT 'inventory_item', '', (SELECT count(*) FROM mine WHERE kind = 'inventory_item'),
    coalesce((SELECT sum(delta) FROM stock_movement WHERE reason = 'import' AND note = :note), 0)
UNION ALL SELECT 'price_list', '', count(*), 0 FROM price_list l JOIN mine ON kind = 'price_list' AND local_id = l.id
UNION ALL SELECT 'list_price', p.currency_code, count(*), sum(p.amount_cents)
    FROM price_list_price p JOIN mine ON kind = 'price_list' AND local_id = p.price_list_id GROUP BY p.currency_code
UNION ALL SELECT 'customer', '', (SELECT count(*) FROM mine WHERE kind = 'customer'), 0
UNION ALL SELECT 'address', '', count(*), 0
    FROM customer_address a JOIN mine ON kind = 'address' AND local_id = a.id
UNION ALL SELECT 'order', o.currency_code, count(*), sum(o.total_cents)
    FROM "order" o JOIN mine ON kind = 'order' AND local_id = o.id GROUP BY o.currency_code
UNION ALL SELECT 'order_line', '', count(*), sum(l.quantity)
    FROM order_line l JOIN mine ON kind = 'order' AND local_id = l.order_id
UNION ALL SELECT 'payment', p.currency_code, count(*), sum(p.amount_cents)
    FROM payment p JOIN mine ON kind = 'payment' AND local_id = p.id GROUP BY p.currency_code
UNION ALL SELECT 'refund', p.currency_code, count(*), sum(p.charge_refunded_cents)
    FROM payment p JOIN mine ON kind = 'payment' AND local_id = p.id
    WHERE p.charge_refunded_cents > 0 GROUP BY p.currency_code
""")


@dataclass(frozen=True)
class Row:
    """One kind in one unit: what Medusa has, of it what came before, what came now, what was left out.

    Amounts are cents of the unit, pieces for stock and lines; fractions stand in what was left out alone.
    """

    kind: str
    unit: str
    there: Sum
    before: Sum
    here: Sum
    left_out: Sum

    @property
    def missing(self) -> Sum:
        """What nobody accounts for: nought of nothing, or something went wrong."""
        number = self.there.number - self.before.number - self.here.number - self.left_out.number
        amount = self.there.amount - self.before.amount - self.here.amount - self.left_out.amount
        return Sum(number, amount)


@dataclass(frozen=True)
class Comparison:
    """All rows, in the order of the reading."""

    rows: Sequence[Row]

    @property
    def is_sound(self) -> bool:
        """Nothing is missing and nothing is too much."""
        return all(row.missing == Sum() for row in self.rows)

    def show(self) -> Json:
        """As it is kept and printed with `--json`; amounts as texts, for some have fractions."""
        return {"is_sound": self.is_sound, "rows": [_show(row) for row in self.rows]}


def compare_shops(session: Session, run: Run) -> Comparison:
    """What was read, beside what the tables say this run brought."""
    here = Tally()
    for kind, unit, number, amount in session.execute(_HERE, {"run_id": run.id, "note": note_of(run.id)}):
        if number or amount:
            here[kind, unit] = Sum(number, Decimal(amount or 0))
    keys = dict.fromkeys([*run.there, *here])
    return Comparison(
        [
            Row(kind, unit, run.there[kind, unit], run.before[kind, unit], here[kind, unit], run.left_out[kind, unit])
            for kind, unit in keys
        ]
    )


def _show(row: Row) -> Json:
    sums = {name: _plain(getattr(row, name)) for name in ("there", "before", "here", "left_out", "missing")}
    return {"kind": row.kind, "unit": row.unit, **sums}


def _plain(total: Sum) -> Json:
    return {**asdict(total), "amount": f"{total.amount.normalize():f}"}
