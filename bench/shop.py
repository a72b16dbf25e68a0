"""The shop that is measured: one of everything made by the product itself, then copied inside the database."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.catalogue.models import (
    Product,
    ProductCollection,
    ProductOption,
    ProductTag,
    ProductType,
    product_category_link,
    product_tag_link,
)
from app.catalogue.rules import NewOption, NewProduct, NewVariant
from app.catalogue.service import create_category, create_product
from app.core.db import get_engine, unit_of_work
from app.core.ids import new_id
from app.pricing.service import set_price
from app.promotions.service import NewPromotion, create_promotion
from app.returns.models import ReturnReason
from app.shipping.service import NewShippingOption, create_option
from app.shop import service as shops
from app.stock.service import receive
from bench.copies import Template, copy
from bench.purchase import ADDRESS, STRIPE, Goods, buy, open_cart, open_payment
from bench.servers import Database, Servers
from bench.wire import Client, Json, WrongAnswer, with_query

# What the Next.js starter asks of a product, literally (store-api §2): note its last comma.
PRODUCT_FIELDS = "*variants.calculated_price,+variants.inventory_quantity,*variants.images,+metadata,+tags,"
MEMBER = "cliente@example.com"
PASSWORD = "un mot de passe assez long"  # noqa: S105 - of accounts that live as long as the bench
PLENTY = 1_000_000
LONG_AGO = date(2014, 1, 1)
COLOURS = ("Noir", "Écaille", "Cristal", "Vert sauge")
SHELVES = 12
WORDS = "ARRAY['Aura','Nova','Lyra','Vega','Orion','Céleste','Mistral','Alizé','Zéphyr','Boréale','Solaire','Brume']"
DESCRIPTION = (
    "Assistant vocal, itinéraires à l'oreille et dix heures d'autonomie dans une monture de 38 grammes. Verres "
    "traités contre les reflets, charnières souples, étui rigide et câble magnétique fournis. Réparable à l'atelier."
)


@dataclass(frozen=True)
class Size:
    """How much a shop holds."""

    products: int
    orders: int
    customers: int


SMALL = Size(products=500, orders=2_000, customers=1_000)
LARGE = Size(products=10_000, orders=100_000, customers=50_000)


@dataclass(frozen=True)
class Shop:
    """The shop as the load knows it."""

    key: str
    goods: Goods
    order_id: str
    unpaid_cart_id: str
    intent: Json
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What a storefront sends with every call."""
        return {"x-publishable-api-key": self.key, "accept": "application/json"}

    @property
    def list_path(self) -> str:
        """The first page of twenty products as the starter asks for it."""
        return self.products_path(limit=20, offset=0)

    def products_path(self, **more: str | int) -> str:
        """Products with the starter's fields, prices of France."""
        context = {"region_id": self.goods.region_id, "country_code": "fr"}
        return with_query("/store/products", fields=PRODUCT_FIELDS, **context, **more)


def make_template(servers: Servers) -> Shop:
    """One shop, one product of four variants, one account with an order, one cart that waits for Stripe."""
    os.environ.update(servers.environment)
    key, goods = furnish()
    get_engine().dispose()
    client = Client(servers.web_port, {"x-publishable-api-key": key})
    token = open_account(client)
    member = Client(servers.web_port, {"x-publishable-api-key": key, "authorization": f"Bearer {token}"})
    order_id = buy(member, goods, goods.variant_ids[0], goods.variant_ids[1], MEMBER)
    cart_id = open_cart(client, goods, goods.variant_ids[0], goods.variant_ids[1], "attente@example.com")
    collection = open_payment(client, goods, cart_id, STRIPE)
    client.close()
    member.close()
    intent = collection["payment_sessions"][0]["data"]  # type: ignore[index]
    if not isinstance(intent, dict):
        raise WrongAnswer("the Stripe session holds no intent")
    paid = {**intent, "status": "succeeded", "amount_received": intent["amount"]}
    return Shop(key, goods, order_id, cart_id, paid, token)


def open_account(client: Client) -> str:
    """Sign-up as the starter does it, and an address in the book; the login's token."""
    credentials = {"email": MEMBER, "password": PASSWORD}
    first = client.post("/auth/customer/emailpass/register", credentials).json()["token"]
    names = {"email": MEMBER, "first_name": "Jeanne", "last_name": "Martin"}
    client.post("/store/customers", names, headers={"authorization": f"Bearer {first}"})
    token = str(client.post("/auth/customer/emailpass", credentials).json()["token"])
    client.post("/store/customers/me/addresses", ADDRESS, headers={"authorization": f"Bearer {token}"})
    return token


def furnish() -> tuple[str, Goods]:
    """France, its VAT, a channel with its key, ways to send, shelves and one product."""
    with unit_of_work("bench") as session:
        region = shops.create_region(session, "France", "eur", ("fr",))
        channel = shops.create_sales_channel(session, "Boutique en ligne")
        key = shops.create_publishable_key(session, "Boutique", channel.id)
        shops.set_shop(session, name="Boutique", contact_email="a@bench.example", default_region_id=region.id)
        shops.set_tax_rate(session, shops.NewTaxRate("fr", "standard", "fr-20", "TVA 20 %", Decimal(20), LONG_AGO))
        options = [
            create_option(session, NewShippingOption(region.id, code, f"Livraison {code}", cents, rank=rank))
            for rank, (code, cents) in enumerate((("standard", 490), ("express", 990)))
        ]
        shelves = [create_category(session, f"Rayon {n}", f"rayon-{n}", rank=n) for n in range(SHELVES)]
        product = create_product(session, describe(shelves[0].id, channel.id))
        sort(session, product)
        for rank, variant in enumerate(product.variants):
            set_price(session, variant.id, "eur", 34_900 + 1_000 * rank)
            receive(session, variant.id, PLENTY, "bench")
        variant_ids = tuple(variant.id for variant in product.variants)
        return key.token, Goods(region.id, options[0].id, variant_ids)


def sort(session: Session, product: Product) -> None:
    """Collections, types and a tag: each copy of the product falls into those of its turn."""
    collections = [
        ProductCollection(id=new_id("pcol"), handle=f"suite-{n}", title=f"Suite {n}") for n in range(SHELVES)
    ]
    types = [ProductType(id=new_id("ptyp"), value=f"genre-{n}") for n in range(SHELVES)]
    tags = [ProductTag(id=new_id("ptag"), value=f"mot-{n}") for n in range(SHELVES)]
    session.add_all([*collections, *types, *tags])
    session.flush()  # the product names them
    product.collection_id, product.type_id = collections[0].id, types[0].id
    session.execute(insert(product_tag_link).values(product_id=product.id, tag_id=tags[0].id))


def describe(category_id: str, channel_id: str) -> NewProduct:
    """A product as full as a real one: four variants, four pictures, a description, metadata."""
    return NewProduct(
        title="Aura",
        handle="aura",
        subtitle="La monture ronde qui répond",
        description=DESCRIPTION,
        status="published",
        options=(NewOption("Couleur", COLOURS),),
        variants=tuple(NewVariant(colour, {"Couleur": colour}, f"AURA-{n}") for n, colour in enumerate(COLOURS)),
        image_urls=tuple(f"/static/{n:032x}.webp" for n in range(4)),
        weight_grams=38,
        origin_country="fr",
        material="Acétate",
        category_ids=(category_id,),
        sales_channel_ids=(channel_id,),
        details={"brand": "Comptoir", "product_family": "aura", "has_audio": True, "warranty_years": 2},
    )


@dataclass(frozen=True)
class Extras:
    """What else the routes of a storefront need, beside what is bought."""

    SENT: ClassVar[int] = 400  # so many orders have arrived, and may be sent back

    product_id: str
    category_id: str
    collection_id: str
    tag_id: str
    type_id: str
    option_id: str
    reason_id: str
    way_back_id: str
    code: str = "BENCH10"


def furnish_more(database: Database, shop: Shop) -> Extras:
    """A promotion's code, a way back, and parcels that arrived; in the shop of `make_template`, filled or not."""
    with unit_of_work("bench") as session:
        create_promotion(session, NewPromotion(Extras.code, percentage=Decimal(10)))
        way_back = create_option(
            session, NewShippingOption(shop.goods.region_id, "retour", "Retour", 390, is_return=True)
        )
        product = session.scalars(select(Product).where(Product.handle == "aura")).one()
        category_id, tag_id, reason_id = (
            str(session.execute(select(column).limit(1)).scalar_one())
            for column in (product_category_link.c.category_id, product_tag_link.c.tag_id, ReturnReason.id)
        )
        found = Extras(
            product.id,
            category_id,
            str(product.collection_id),
            tag_id,
            str(product.type_id),
            str(session.scalar(select(ProductOption.id).where(ProductOption.product_id == product.id))),
            reason_id,
            way_back.id,
        )
    get_engine().dispose()
    arrived = ", ".join(f"'{shop.order_id}-{number}'" for number in range(1, Extras.SENT + 1))
    pieces = "fulfilled_quantity = quantity, shipped_quantity = quantity, delivered_quantity = quantity"
    database.write(f"UPDATE order_line SET {pieces} WHERE order_id IN ({arrived})")
    return found


def fill(database: Database, shop: Shop, present: Size, wanted: Size) -> None:
    """Copy until the shop has the wanted size; what is there stays."""
    with database.connect() as connection:
        copy(connection, product_template(), present.products, wanted.products - 1)
        connection.execute("SELECT comptoir_refresh_search(ARRAY(SELECT id FROM product))")  # as its triggers would
        copy(connection, customer_template(), present.customers, wanted.customers - 1)
        copy(connection, order_template(shop, wanted), present.orders, wanted.orders - 1)
        connection.execute('UPDATE order_number SET last_number = (SELECT max(display_id) FROM "order")')
    database.write("ANALYZE")


def product_template() -> Template:
    """The product with its variants, prices and pieces; each copy in the groups of its turn."""
    return Template(
        roots={"product": "s.\"handle\" = 'aura'"},
        without=frozenset({"cart_line", "order_line", "stock_reservation"}),
        changes={
            ("product", "title"): f"({WORDS})[1 + n % 12] || ' ' || n",
            ("product", "created_at"): "s.\"created_at\" - n * interval '1 minute'",
            ("product", "collection_id"): in_turn("product_collection", "handle", "suite-"),
            ("product", "type_id"): in_turn("product_type", "value", "genre-"),
            ("product_tag_link", "tag_id"): in_turn("product_tag", "value", "mot-"),
            ("product_category_link", "category_id"): in_turn("product_category", "handle", "rayon-"),
        },
    )


def in_turn(table: str, column: str, prefix: str) -> str:
    """The id of the group that copy `n` falls into."""
    return f"(SELECT id FROM {table} WHERE {column} = '{prefix}' || n % {SHELVES})"


def customer_template() -> Template:
    """Somebody with an account: password, address book."""
    email = "'cliente-' || n || '@example.com'"
    return Template(
        roots={"customer": f's."email" = \'{MEMBER}\' AND s."has_account"'},
        without=frozenset({"cart", "order"}),
        changes={("customer", "email"): email, ("auth_identity", "email"): email},
    )


def order_template(shop: Shop, size: Size) -> Template:
    """The order with its cart, addresses, payment and mail; its lines name products in turn."""
    this = f"s.\"id\" = '{shop.order_id}'"
    order = f"SELECT o.{{}} FROM \"order\" o WHERE o.id = '{shop.order_id}'"
    addresses = " UNION ALL ".join(order.format(f"{kind}_address_id") for kind in ("shipping", "billing"))
    cart = f"SELECT c.id FROM cart c WHERE c.id IN ({order.format('cart_id')})"
    cart_addresses = " UNION ALL ".join(
        f"SELECT c.{kind}_address_id FROM cart c WHERE c.id IN ({order.format('cart_id')})"
        for kind in ("shipping", "billing")
    )
    turn = f"CASE WHEN n % {size.products} = 0 THEN '' ELSE '-' || n % {size.products} END"
    buyer = f"CASE WHEN n % {size.customers} = 0 THEN '' ELSE '-' || n % {size.customers} END"
    earlier = "- n * interval '3 minutes'"
    return Template(
        roots={
            "payment_collection": f's."id" IN ({order.format("payment_collection_id")})',
            "cart_address": f's."id" IN ({cart_addresses})',
            "cart": f's."id" IN ({cart})',
            "order_address": f's."id" IN ({addresses})',
            "order": this,
            "message": f"s.\"object_id\" = '{shop.order_id}'",
        },
        without=frozenset({"stock_reservation"}),
        changes={
            ("order", "display_id"): 's."display_id" + n + (SELECT last_number FROM order_number)',
            ("order", "created_at"): f's."created_at" {earlier}',
            ("order", "customer_id"): f's."customer_id" || {buyer}',
            ("order_line", "product_id"): f's."product_id" || {turn}',
            ("order_line", "variant_id"): f's."variant_id" || {turn}',
            ("cart", "customer_id"): f's."customer_id" || {buyer}',
            ("cart", "created_at"): f's."created_at" {earlier}',
            ("cart_line", "variant_id"): f's."variant_id" || {turn}',
            ("message", "object_id"): "s.\"object_id\" || '-' || n",
        },
    )


def waiting_carts(database: Database, shop: Shop, first: int, last: int) -> None:
    """Carts whose buyers have just paid at Stripe: copies of the one that waits, each with an intent of its own."""
    cart = f"SELECT c.{{}} FROM cart c WHERE c.id = '{shop.unpaid_cart_id}'"
    addresses = " UNION ALL ".join(cart.format(f"{kind}_address_id") for kind in ("shipping", "billing"))
    template = Template(
        roots={
            "payment_collection": f's."id" IN ({cart.format("payment_collection_id")})',
            "cart_address": f's."id" IN ({addresses})',
            "cart": f"s.\"id\" = '{shop.unpaid_cart_id}'",
        },
        without=frozenset({"order", "stock_reservation"}),
    )
    with database.connect() as connection:
        copy(connection, template, first, last)


def paid_intent(shop: Shop, number: int) -> Mapping[str, object]:
    """The intent of one of those carts, as Stripe's event brings it."""
    text = json.dumps(shop.intent)
    own = {str(shop.intent["id"]), str(shop.intent["metadata"]["session_id"])}  # type: ignore[index]
    for name in own:
        text = text.replace(name, f"{name}-{number}")
    intent: dict[str, object] = json.loads(text)
    return intent
