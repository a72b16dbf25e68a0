"""One purchase in the demo shop, whole: the real web process, the real worker, both fakes, and nothing else."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.shop_front import Buyer, FakeBrevo, FakeStripe, Goods
from tests.up.command import ROOT, Instance
from tests.waiting import wait_until

SKU = "AURA-NOIR"
TOTAL_CENTS = 34900  # carriage is free from 100 € on


def query(shop: Instance, statement: str, *values: object) -> int:
    address = shop.contract["database_url"].replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address) as connection:
        row = connection.execute(statement.encode(), values).fetchone()
    assert row is not None
    return int(row[0])


def find_goods(shop: Instance) -> Goods:
    """What a storefront learns of the demo shop through the Store API."""
    headers = {"x-publishable-api-key": shop.contract["publishable_key"]}
    nobody = Buyer(shop.url, Goods(headers, "", "", ""))
    (region,) = nobody.http.get("/store/regions").json()["regions"]
    (aura,) = nobody.http.get("/store/products", params={"handle": "aura", "region_id": region["id"]}).json()[
        "products"
    ]
    variant = next(variant for variant in aura["variants"] if variant["sku"] == SKU)
    cart = nobody.post("/store/carts", region_id=region["id"]).json()["cart"]
    options = nobody.http.get("/store/shipping-options", params={"cart_id": cart["id"]}).json()["shipping_options"]
    standard = next(option for option in options if option["name"] == "Livraison standard")
    nobody.http.close()
    return Goods(headers, region["id"], variant["id"], standard["id"])


@pytest.fixture
def buyer(shop: Instance) -> Iterator[Buyer]:
    """A customer's browser before the demo shop."""
    buyer = Buyer(shop.url, find_goods(shop))
    yield buyer
    buyer.http.close()


def test_a_customer_buys_a_pair_of_glasses(shop: Instance, buyer: Buyer) -> None:
    stripe, brevo = FakeStripe(shop.contract["fake_stripe_url"]), FakeBrevo(shop.contract["fake_brevo_url"])
    stock = (
        "SELECT s.stocked_quantity FROM stock_level s JOIN product_variant v ON v.id = s.variant_id WHERE v.sku = %s"
    )
    before, mails_before = query(shop, stock, SKU), len(brevo.mails())

    cart_id = buyer.fill_cart(quantity=1, email="jeanne@example.com")
    attempt = buyer.open_session(cart_id)
    stripe.pay(attempt.intent_id)
    answer = buyer.complete(cart_id)
    assert answer.status_code == 200, answer.text
    assert answer.json()["type"] == "order"
    order = answer.json()["order"]
    assert round(order["total"] * 100) == TOTAL_CENTS

    wait_until(lambda: len(brevo.mails()) == mails_before + 1, 20, "the confirmation leaves")
    (mail,) = brevo.mails()[mails_before:]
    assert mail["to"] == [{"email": "jeanne@example.com"}]
    stripe.wait_until_delivered()
    assert query(shop, stock, SKU) == before - 1
    paid = "SELECT amount_cents FROM payment WHERE payment_intent_id = %s AND captured_at IS NOT NULL"
    assert query(shop, paid, attempt.intent_id) == TOTAL_CENTS

    verdict = ask(shop, "trace", attempt.intent_id)
    assert verdict["verdict"] == "in_order", verdict


def ask(shop: Instance, *arguments: str) -> dict[str, object]:
    """A command of the shop, by the settings that `make up` left for it."""
    environment = {**os.environ, "COMPTOIR_ENV_FILE": str(shop.data / "env")}
    command = [str(Path(sys.executable).with_name("comptoir")), *arguments, "--json"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer
