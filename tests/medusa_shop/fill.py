"""A Medusa v2.13 shop with products, stock, customers and orders, as its own tables hold them; the same each time."""

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

SCHEMA = (Path(__file__).parent / "schema.sql").read_text(encoding="utf-8")
BEGINNING = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
COLOURS = ("Noir", "Écaille", "Bleu nuit")
# Prices of which a tenth is no whole cent are among them.
PRICES = (Decimal("349"), Decimal("19.99"), Decimal("129.9"), Decimal("0.5"))
CARRIAGE = Decimal("4.90")
TENTH, VAT = Decimal("0.1"), Decimal("1.2")


def raw(value: Decimal | int | str) -> Jsonb:
    """What Medusa keeps beside each amount."""
    return Jsonb({"value": str(value), "precision": 20})


@dataclass
class Shop:
    """Rows by table, written at once; what a test adds or changes stands beside what everybody has."""

    rows: dict[str, list[dict[str, object]]] = field(default_factory=lambda: defaultdict(list))
    last: int = 0

    def add(self, table: str, **values: object) -> str:
        """A row; without id it gets one."""
        self.last += 1
        row = {"id": f"{table}_{self.last:07d}", **values}
        if table in ("product_tags", "product_category_product", "product_variant_option", "region_country"):
            row.pop("id")
        self.rows[table].append(row)
        return str(row.get("id", ""))

    def money(self, name: str, value: Decimal | int) -> dict[str, object]:
        """An amount with its exact twin."""
        return {name: value, f"raw_{name}": raw(value)}

    def write(self, url: str) -> None:
        """Make the tables and fill them."""
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(SCHEMA.encode())
            for table, rows in self.rows.items():
                write_rows(cursor, table, rows)


def write_rows(cursor: psycopg.Cursor, table: str, rows: list[dict[str, object]]) -> None:
    """Rows of one table, which may name different columns."""
    shapes: dict[tuple[str, ...], list[tuple[object, ...]]] = defaultdict(list)
    for row in rows:
        shapes[tuple(row)].append(tuple(row.values()))
    for names, values in shapes.items():
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join([sql.Placeholder()] * len(names)),
        )
        cursor.executemany(statement, values)


@dataclass(frozen=True)
class Sold:
    """A variant that orders may name."""

    variant_id: str
    product_id: str
    sku: str | None
    title: str
    price: Decimal


def make_shop(products: int = 4, orders: int = 8, seed: int = 7) -> Shop:
    """So many products with three colours each, and so many orders of the year after."""
    shop, chance = Shop(), random.Random(seed)  # noqa: S311 - the same shop each time
    add_setting(shop)
    sold = [variant for number in range(products) for variant in add_product(shop, number)]
    customers = [add_customer(shop, number) for number in range(max(2, orders // 3))]
    for number in range(orders):
        picked = [(each, chance.randint(1, 3)) for each in chance.sample(sold, min(len(sold), chance.randint(1, 3)))]
        add_order(shop, number, picked, customers[chance.randrange(len(customers))])
    return shop


def add_setting(shop: Shop) -> None:
    """Store, region, channel, shelves, words; a sale."""
    shop.add("store", id="store_1", name="Boutique")
    for number, preference in enumerate((("currency_code", "eur"), ("region_id", "reg_fr"))):
        attribute, value = preference
        shop.add("price_preference", id=f"prpref_{number}", attribute=attribute, value=value, is_tax_inclusive=True)
    shop.add("region", id="reg_fr", name="France", currency_code="eur")
    for iso_2, iso_3 in (("fr", "fra"), ("mc", "mco")):
        shop.add("region_country", iso_2=iso_2, iso_3=iso_3, display_name=iso_2.upper(), region_id="reg_fr")
    shop.add("sales_channel", id="sc_1", name="Site")
    later = BEGINNING + timedelta(minutes=1)
    shop.add("product_category", id="pcat_b", name="Solaires", handle="lunettes/solaires", parent_category_id="pcat_a")
    shop.add("product_category", id="pcat_a", name="Lunettes", handle="lunettes", created_at=later, rank=1)
    shop.add("product_collection", id="pcol_1", title="Été ☀", handle="ete", metadata=Jsonb({"rang": 1.5}))
    shop.add("product_tag", id="ptag_1", value="polarisé")
    shop.add("product_type", id="ptyp_1", value="Lunettes")
    shop.add("price_list", id="plist_1", title="Soldes", type="sale", status="active", starts_at=BEGINNING)


def add_product(shop: Shop, number: int) -> list[Sold]:
    """A published product with a picture, three colours, prices, stock in two places."""
    product, price = f"prod_{number:05d}", PRICES[number % len(PRICES)]
    shop.add(
        "product",
        id=product,
        title=f"Aura {number}",
        handle=f"aura-{number}",
        status="published",
        description="Une monture légère 👓",
        weight="30",
        collection_id="pcol_1",
        type_id="ptyp_1",
        metadata=Jsonb({"brand": "Aura", "warranty": 2}),
        created_at=BEGINNING + timedelta(minutes=number),
    )
    option = shop.add("product_option", title="Couleur", product_id=product)
    for rank in range(2):
        shop.add(
            "image",
            id=f"img_{number}_{rank}",
            url=f"https://cdn.test/{product}-{rank}.jpg",
            product_id=product,
            rank=rank,
        )
    shop.add("product_tags", product_id=product, product_tag_id="ptag_1")
    shop.add("product_category_product", product_id=product, product_category_id="pcat_b")
    shop.add("product_sales_channel", product_id=product, sales_channel_id="sc_1")
    return [add_variant(shop, product, option, number, rank, price) for rank in range(len(COLOURS))]


def add_variant(shop: Shop, product: str, option: str, number: int, rank: int, price: Decimal) -> Sold:
    """A colour: its price, one of the sale for the first, its pieces."""
    variant, sku = f"variant_{number:05d}_{rank}", f"AURA-{number}-{rank}"
    shop.add(
        "product_variant",
        id=variant,
        title=COLOURS[rank],
        sku=sku,
        product_id=product,
        variant_rank=rank,
        weight=28,
        created_at=BEGINNING,
    )
    value = shop.add("product_option_value", value=COLOURS[rank], option_id=option)
    shop.add("product_variant_option", variant_id=variant, option_value_id=value)
    if rank == 1:
        shop.add("product_variant_product_image", variant_id=variant, image_id=f"img_{number}_1")
    prices = shop.add("product_variant_price_set", variant_id=variant, price_set_id=f"pset_{variant}")
    assert prices
    shop.add("price", price_set_id=f"pset_{variant}", currency_code="eur", **shop.money("amount", price))
    if rank == 0:
        reduced = (price * Decimal("0.8")).quantize(Decimal("0.01"))
        shop.add(
            "price",
            price_set_id=f"pset_{variant}",
            currency_code="eur",
            price_list_id="plist_1",
            **shop.money("amount", reduced),
        )
    item = shop.add("inventory_item", sku=sku, created_at=BEGINNING)
    shop.add("product_variant_inventory_item", variant_id=variant, inventory_item_id=item)
    for place, stocked in (("sloc_1", 20 + number % 5), ("sloc_2", 3)):
        shop.add(
            "inventory_level",
            inventory_item_id=item,
            location_id=place,
            **shop.money("stocked_quantity", stocked),
            **shop.money("reserved_quantity", 1 if place == "sloc_1" else 0),
        )
    return Sold(variant, product, sku, COLOURS[rank], price)


def add_customer(shop: Shop, number: int) -> tuple[str, str]:
    """Every other one has an account; capitals in an address change nothing."""
    customer, email = f"cus_{number:05d}", f"Jeanne.{number}@Example.com"
    shop.add(
        "customer",
        id=customer,
        email=email,
        first_name="Jeanne",
        last_name="Ö'Neil – 馬",
        has_account=number % 2 == 0,
        created_at=BEGINNING + timedelta(hours=number),
    )
    shop.add("customer_address", customer_id=customer, is_default_shipping=True, **address())
    return customer, email


def address(**over: object) -> dict[str, object]:
    """Somewhere in France."""
    return {
        "first_name": "Jeanne",
        "last_name": "Martin",
        "address_1": "12 rue de l'Église",
        "city": "Saint-Étienne",
        "postal_code": "42000",
        "country_code": "fr",
        **over,
    }


def add_order(
    shop: Shop,
    number: int,
    picked: list[tuple[Sold, int]],
    customer: tuple[str, str],
    over: Mapping[str, object] | None = None,
) -> str:
    """By its number: each fourth reduced by a code, each fifth refunded, each seventh unpaid, most of them sent."""
    order, at = f"order_{number:05d}", BEGINNING + timedelta(days=30, minutes=7 * number)
    factor = 1 - TENTH if number % 4 == 3 else Decimal(1)
    comes_to = sum((each.price * pieces * factor for each, pieces in picked), CARRIAGE)
    is_paid, is_sent = number % 7 != 6, number % 7 != 6 and number % 3 != 2
    place = shop.add("order_address", **address())
    shop.add(
        "order",
        **{
            "id": order,
            "display_id": 1000 + number,
            "region_id": "reg_fr",
            "sales_channel_id": "sc_1",
            "customer_id": customer[0],
            "email": customer[1],
            "currency_code": "eur",
            "status": "completed" if number % 3 == 0 and is_sent else "pending",
            "shipping_address_id": place,
            "billing_address_id": place,
            "created_at": at,
            **(over or {}),
        },
    )
    add_summary(shop, order, comes_to)
    items = [add_item(shop, order, each, pieces, number, is_sent) for each, pieces in picked]
    add_carriage(shop, order)
    if is_sent:
        add_parcel(shop, order, items, at)
    add_payment(shop, order, number, comes_to.quantize(Decimal("0.01")), at, is_paid)
    return order


def add_summary(shop: Shop, order: str, total: Decimal) -> None:
    """What it comes to, with every digit."""
    exact = {"value": str(total), "precision": 20}
    totals = {"raw_original_order_total": exact, "raw_current_order_total": exact, "current_order_total": float(total)}
    shop.add("order_summary", order_id=order, totals=Jsonb(totals))


def add_item(shop: Shop, order: str, sold: Sold, pieces: int, number: int, is_sent: bool) -> tuple[str, int]:
    """A line; the tenth that a code takes off is kept without VAT, with as many digits as it takes."""
    item = shop.add(
        "order_line_item",
        title=sold.title,
        variant_id=sold.variant_id,
        product_id=sold.product_id,
        product_title="Aura",
        product_handle="aura",
        variant_title=sold.title,
        variant_sku=sold.sku,
        is_tax_inclusive=True,
        **shop.money("unit_price", sold.price),
    )
    moved = pieces if is_sent else 0
    shop.add(
        "order_item",
        order_id=order,
        item_id=item,
        **shop.money("quantity", pieces),
        fulfilled_quantity=moved,
        shipped_quantity=moved,
        delivered_quantity=moved if number % 3 == 0 else 0,
    )
    shop.add("order_line_item_tax_line", item_id=item, code="fr-20", description="TVA 20 %", **shop.money("rate", 20))
    if number % 4 == 3:
        off = sold.price * pieces * TENTH / VAT
        shop.add("order_line_item_adjustment", item_id=item, code="BIENVENUE", **shop.money("amount", off))
    return item, pieces


def add_carriage(shop: Shop, order: str) -> None:
    """Sent at one price, VAT in."""
    method = shop.add(
        "order_shipping_method", name="Colissimo", is_tax_inclusive=True, **shop.money("amount", CARRIAGE)
    )
    shop.add("order_shipping", order_id=order, shipping_method_id=method)
    shop.add("order_shipping_method_tax_line", shipping_method_id=method, code="fr-20", **shop.money("rate", 20))


def add_parcel(shop: Shop, order: str, items: list[tuple[str, int]], at: datetime) -> None:
    """One parcel with everything; it arrived when its lines say so."""
    number = int(order.rpartition("_")[2])
    arrived = at + timedelta(days=3) if number % 3 == 0 else None
    parcel = shop.add("fulfillment", shipped_at=at + timedelta(days=1), delivered_at=arrived, created_at=at)
    shop.add("order_fulfillment", order_id=order, fulfillment_id=parcel)
    for item, pieces in items:
        shop.add("fulfillment_item", fulfillment_id=parcel, line_item_id=item, **shop.money("quantity", pieces))
    shop.add(
        "fulfillment_label",
        fulfillment_id=parcel,
        tracking_number=f"6A{number:09d}",
        tracking_url="https://suivi.test/6A",
        label_url="#",
    )


def add_payment(shop: Shop, order: str, number: int, amount: Decimal, at: datetime, is_paid: bool) -> None:
    """Through Stripe with its intent; each sixth by transfer; each fifth partly refunded."""
    collection = shop.add("payment_collection", currency_code="eur", **shop.money("amount", amount))
    shop.add("order_payment_collection", order_id=order, payment_collection_id=collection)
    is_transfer = number % 6 == 5
    payment = shop.add(
        "payment",
        currency_code="eur",
        provider_id="pp_system_default" if is_transfer else "pp_stripe_stripe",
        data=Jsonb({} if is_transfer else {"id": f"pi_medusa{number:08d}", "object": "payment_intent"}),
        captured_at=at if is_paid else None,
        payment_collection_id=collection,
        created_at=at,
        **shop.money("amount", amount),
    )
    if is_paid:
        shop.add("capture", payment_id=payment, created_at=at, **shop.money("amount", amount))
    if is_paid and number % 5 == 4:
        back = min(amount, Decimal("4.90"))
        shop.add("refund", payment_id=payment, created_at=at + timedelta(days=5), **shop.money("amount", back))


def read_all(url: str, statement: str) -> list[tuple[object, ...]]:
    """What a statement finds in the source."""
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode()).fetchall()
