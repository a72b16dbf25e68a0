"""The main job on a server that a deploy made: a customer buys and pays, ops roll back, the order still stands."""

from tests.appliance.checkout import Checkout
from tests.appliance.shop import AS_THE_SHOP, Shop
from tests.appliance.vendors import Vendors
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, Goods
from tests.waiting import wait_until

TOTAL_CENTS = 34900 + 490
PIECES = 10

# What the Admin will do one day: one product, priced, with pieces on the shelf.
STOCK_THE_SHOP = f"""
from app.catalogue.rules import NewOption, NewProduct, NewVariant
from app.catalogue.service import create_product
from app.core.db import unit_of_work
from app.pricing.service import set_price
from app.shop.queries import find_sales_channel_by_name
from app.stock.service import receive

with unit_of_work("test") as session:
    channel = find_sales_channel_by_name(session, "Boutique en ligne")
    product = create_product(session, NewProduct(
        title="Aura", handle="aura", status="published", sales_channel_ids=(channel.id,),
        image_urls=("/static/aura.webp",), options=(NewOption("Couleur", ("Noir",)),),
        variants=(NewVariant(title="Noir", options={{"Couleur": "Noir"}}, sku="AURA-N"),),
    ))
    set_price(session, product.variants[0].id, "eur", 34900)
    receive(session, product.variants[0].id, {PIECES}, "delivery")
"""
STATE_OF_THE_EVENT = "SELECT state FROM payment_event WHERE type = 'payment_intent.succeeded'"


def ask_database(shop: Shop, question: str) -> str:
    """One value, as the superuser reads it."""
    return shop.host.run(f'cd / && runuser -u postgres -- psql -XAtq -d comptoir -c "{question}"').stdout.strip()


def find_goods(shop: Shop) -> Goods:
    """What the storefront is told of the shop."""
    key = ask_database(shop, "SELECT token FROM publishable_key")
    region = ask_database(shop, "SELECT id FROM region")
    variant = ask_database(shop, "SELECT id FROM product_variant WHERE sku = 'AURA-N'")
    option = ask_database(shop, "SELECT id FROM shipping_option WHERE code = 'colissimo'")
    return Goods({"x-publishable-api-key": key}, region, variant, option)


def buy(buyer: Buyer, stripe: FakeStripe) -> str:
    """A cart, paid with a card, completed; the order's id."""
    cart_id = buyer.fill_cart()
    stripe.pay(buyer.open_session(cart_id).intent_id)
    answer = buyer.complete(cart_id)
    assert answer.status_code == 200, answer.text
    assert answer.json()["type"] == "order"
    return str(answer.json()["order"]["id"])


def test_a_customer_buys_and_a_rollback_keeps_the_order(
    deployed_shop: Shop, checkout: Checkout, vendors: Vendors
) -> None:
    shop = deployed_shop
    stripe, brevo = FakeStripe(vendors.stripe_url), FakeBrevo(vendors.brevo_url)
    with vendors.reachable_from(shop.host):
        vendors.trust(shop.authority())
        # A host from a snapshot meets a fake Stripe that never heard of it: setup subscribes its endpoint anew.
        shop.host.run("sudo comptoir setup", user="deploy")
        shop.host.run(AS_THE_SHOP, stdin=STOCK_THE_SHOP)
        buyer = Buyer(f"https://{shop.host.address}", find_goods(shop), trust=shop.context())
        mails_before = len(brevo.mails())

        order_id = buy(buyer, stripe)

        # Not "everything delivered": the fake Stripe of this session also knows the endpoints of hosts long gone.
        wait_until(lambda: ask_database(shop, STATE_OF_THE_EVENT) == "processed", 30, "the webhook arrives")
        wait_until(lambda: len(brevo.mails()) == mails_before + 1, 30, "the confirmation leaves")
        assert ask_database(shop, "SELECT stocked_quantity FROM stock_level") == str(PIECES - 1)
        assert ask_database(shop, 'SELECT total_cents FROM \\"order\\"') == str(TOTAL_CENTS)

        checkout.tag("v1.9.0")
        assert shop.make("deploy", "v1.9.0").code == 0
        assert shop.make("rollback").code == 0
        answer = buyer.show_order(order_id)
        assert answer.status_code == 200
        assert answer.json()["order"]["payment_status"] == "captured"
        buyer.http.close()
    assert len(brevo.mails()) == mails_before + 1
