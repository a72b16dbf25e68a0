"""A clerk who changes prices, and all that prices consist of."""

from typing import Any

import httpx2
from fastapi.testclient import TestClient

from app.core.db import unit_of_work
from tests.factories.catalogue import make_product
from tests.factories.shop import MadeShop
from tests.shop_front import read_rows
from tests.staff_files import hire_into

PRICES = "SELECT variant_id, amount_cents FROM price ORDER BY variant_id"
LAST_SET = "SELECT actor, subject, details FROM audit_log WHERE action = 'price.set' ORDER BY id DESC LIMIT 1"
TABLES = ("price", "price_history", "scheduled_price", "price_list", "price_list_price", "audit_log", "promotion")

Document = dict[str, Any]


def state() -> list[object]:
    """All that prices consist of, and what was noted of them."""
    return [read_rows(f"SELECT to_jsonb(t) FROM {name} t ORDER BY to_jsonb(t)::text") for name in TABLES]  # noqa: S608


class Counter:
    """A clerk, and Aura at 349 € in black and green."""

    def __init__(self, client: TestClient, shop: MadeShop) -> None:
        self.client, self.shop = client, shop
        self.staff = hire_into(client, "staff")
        with unit_of_work("test") as session:
            made = make_product(session, shop.channel.id, colours=("Noir", "Vert"))
            self.product_id = made.id
            self.black, self.green = sorted(variant.id for variant in made.variants)

    def preview(self, **given: object) -> Document:
        """What would change."""
        done = self.staff.post("/price-changes/preview", **given)
        assert done.status_code == 200, done.text
        found: Document = done.json()["price_change"]
        return found

    def price(self, variant_id: str, amount: float) -> Document:
        """One price of a body."""
        return {"variant_id": variant_id, "currency_code": "eur", "amount": amount}

    def by_sku(self, sku: str) -> str:
        """The id of a variant."""
        ((found,),) = read_rows("SELECT id FROM product_variant WHERE sku = :sku", sku=sku)
        return str(found)

    def prices(self) -> dict[object, object]:
        """Cents by variant."""
        return {variant_id: cents for variant_id, cents in read_rows(PRICES)}  # noqa: C416


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
