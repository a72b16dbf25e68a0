"""Rows of Medusa that cannot be taken as they are: each is said, none is half-written, and the others come."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from psycopg.types.json import Jsonb

from app.core.db import unit_of_work
from tests.api.test_medusa_import import bring, count_rows, medusa, problems  # noqa: F401 - a fixture among them
from tests.factories.account import Person
from tests.factories.catalogue import make_product
from tests.factories.shop import MadeShop
from tests.medusa_shop.fake_api import KEY, serve_api
from tests.medusa_shop.fill import BEGINNING, COLOURS, Shop, Sold, add_order, add_product, make_shop
from tests.shop_front import read_rows

Said = tuple[str, str, str]
# What follows from something else, or is so in every made shop.
FOLLOWS = ("list_price", "payment_not_captured", "points_nowhere")
LONG = "x" * 1_001
LATER = BEGINNING + timedelta(days=300)


@dataclass(frozen=True)
class Spoiled:
    """A shop in which things are wrong, and what must be said of each."""

    shop: Shop
    said: list[Said]


def missing(found: list[Said], wanted: list[Said]) -> list[Said]:
    """What of the second is not in the first."""
    return sorted((Counter(wanted) - Counter(found)).elements())


def find(made: Shop, table: str, **wanted: object) -> dict[str, object]:
    """A row of the source, to be spoiled."""
    return next(row for row in made.rows[table] if all(row.get(name) == value for name, value in wanted.items()))


def spoil_products(made: Shop) -> list[Said]:
    """One thing wrong with each of eight products."""
    said: list[Said] = []
    for number in range(10, 19):
        add_product(made, number)
    find(made, "product", id="prod_00010")["handle"] = "Étui à lunettes"
    said.append(("product", "prod_00010", "invalid_product"))
    find(made, "product", id="prod_00011").update(deleted_at=LATER, handle="aura-12")
    find(made, "product_variant", id="variant_00012_0")["sku"] = None
    said.append(("variant", "variant_00012_0", "without_sku"))
    find(made, "product", id="prod_00013")["status"] = "proposed"
    said.append(("product", "prod_00013", "taken_as_draft"))
    made.rows["image"] = [row for row in made.rows["image"] if row["product_id"] != "prod_00014"]
    made.rows["product_variant_product_image"] = [
        row for row in made.rows["product_variant_product_image"] if row["variant_id"] != "variant_00014_1"
    ]
    said.append(("product", "prod_00014", "not_published"))
    find(made, "product", id="prod_00015")["weight"] = "30 g"
    said.append(("product", "prod_00015", "measure_unusable"))
    find(made, "product", id="prod_00016")["title"] = LONG
    said.append(("product", "prod_00016", "not_understood"))
    find(made, "product_variant", id="variant_00017_2")["allow_backorder"] = True
    said.append(("variant", "variant_00017_2", "backorder_not_offered"))
    find(made, "product", id="prod_00018").update(handle="deja-la", title="‮<b>=HYPERLINK()\n🕶")
    said.append(("product", "prod_00018", "handle_taken"))
    return said


def spoil_prices(made: Shop) -> list[Said]:
    """Prices beside those that everybody pays in euros."""
    said: list[Said] = []
    for variant, code, values in (
        ("variant_00000_0", "currency_without_region", {"currency_code": "chf", "amount": "350"}),
        ("variant_00000_1", "unknown_currency", {"currency_code": "zzz", "amount": "1"}),
        ("variant_00000_2", "price_for_quantities", {"amount": "300", "min_quantity": 10}),
        ("variant_00001_0", "price_twice", {"amount": "20"}),
        ("variant_00001_1", "price_with_rules", {"amount": "20"}),
    ):
        amount = Decimal(str(values["amount"]))
        row = {"price_set_id": f"pset_{variant}", "currency_code": "eur", **values, **made.money("amount", amount)}
        said.append(("price", made.add("price", **row), code))
    made.add("price_rule", price_id=said[-1][1], attribute="customer.groups.id", value="vip")
    spoiled = find(made, "price", price_set_id="pset_variant_00001_2")
    spoiled.update(made.money("amount", Decimal("19.999")))
    said.append(("price", str(spoiled["id"]), "amount_has_fractions"))
    said.append(("product", "prod_00001", "not_published"))
    said.append(
        ("price_list", made.add("price_list", title="VIP", type="override", status="active"), "price_list_with_rules")
    )
    made.add("price_list_rule", price_list_id=said[-1][1], attribute="customer.groups.id", value=Jsonb(["vip"]))
    return said


def spoil_stock(made: Shop) -> list[Said]:
    """Pieces that nobody takes, that two take, that are no pieces; more promised than there are."""
    alone = made.add("inventory_item", sku="SEUL", created_at=LATER)
    shared = str(find(made, "product_variant_inventory_item", variant_id="variant_00000_0")["inventory_item_id"])
    made.add("product_variant_inventory_item", variant_id="variant_00000_1", inventory_item_id=shared)
    own = str(find(made, "product_variant_inventory_item", variant_id="variant_00000_1")["inventory_item_id"])
    parts = str(find(made, "product_variant_inventory_item", variant_id="variant_00001_0")["inventory_item_id"])
    find(made, "inventory_level", inventory_item_id=parts).update(made.money("stocked_quantity", Decimal("20.5")))
    owed = str(find(made, "product_variant_inventory_item", variant_id="variant_00001_1")["inventory_item_id"])
    find(made, "inventory_level", inventory_item_id=owed).update(made.money("reserved_quantity", 99))
    gone = [
        ("inventory_item", str(row["inventory_item_id"]), "variant_left_out")
        for row in made.rows["product_variant_inventory_item"]
        if str(row["variant_id"])[:13] in ("variant_00010", "variant_00018")
    ]
    unread = [
        ("inventory_item", str(row["inventory_item_id"]), "stock_of_nothing")
        for row in made.rows["product_variant_inventory_item"]
        if str(row["variant_id"])[:13] in ("variant_00011", "variant_00016")
    ]
    return [
        *gone,
        *unread,
        ("inventory_item", alone, "stock_of_nothing"),
        ("inventory_item", shared, "stock_shared"),
        ("inventory_item", own, "stock_shared"),
        ("inventory_item", parts, "fraction_of_a_piece"),
        ("inventory_item", owed, "more_promised_than_there"),
    ]


def spoil_groups(made: Shop) -> list[Said]:
    """Shelves that stand in each other or nowhere, an empty word, a region whose countries are taken."""
    made.add("product_category", id="pcat_x", name="X", handle="x", parent_category_id="pcat_y")
    made.add("product_category", id="pcat_y", name="Y", handle="y", parent_category_id="pcat_x")
    made.add("product_category", id="pcat_z", name="Z", handle="z", parent_category_id="pcat_deleted")
    made.add("product_tag", id="ptag_2", value=" ")
    made.add("region", id="reg_ch", name="Suisse", currency_code="chf", created_at=LATER)
    return [
        ("category", "pcat_x", "parent_missing"),
        ("category", "pcat_y", "parent_missing"),
        ("category", "pcat_z", "parent_missing"),
        ("tag", "ptag_2", "word_empty"),
        ("region", "reg_ch", "region_without_countries"),
    ]


def spoil_customers(made: Shop) -> list[Said]:
    """Nobody's address, one that somebody has in capitals, one that opens an account here."""
    made.add("customer", id="cus_none", email=None, created_at=LATER)
    made.add("customer", id="cus_odd", email="pas une adresse", created_at=LATER)
    made.add("customer", id="cus_twice", email="JEANNE.1@EXAMPLE.COM", created_at=LATER)
    made.add("customer", id="cus_here", email="Jeanne@example.com", has_account=True, created_at=LATER)
    made.add("customer", id="cus_gone", email="gone@example.com", deleted_at=LATER)
    made.add("customer_address", customer_id="cus_00000", is_default_shipping=True, created_at=LATER)
    return [
        ("customer", "cus_none", "email_unusable"),
        ("customer", "cus_odd", "email_unusable"),
        ("customer", "cus_twice", "same_email_here"),
        ("customer", "cus_here", "account_exists_here"),
    ]


def spoil_orders(made: Shop, sold: list[Sold]) -> list[Said]:
    """One thing wrong with each order."""
    guest, pair = ("cus_00001", "jeanne.1@example.com"), [(sold[0], 1)]
    said: list[Said] = []

    def order(number: int, code: str | None, picked: list[tuple[Sold, int]] = pair, **over: object) -> str:
        made_id = add_order(made, number, picked, guest, over)
        if code is not None:
            said.append(("order", made_id, code))
        return made_id

    def item_of(order_id: str) -> dict[str, object]:
        return find(made, "order_line_item", id=find(made, "order_item", order_id=order_id)["item_id"])

    open_return = find(made, "order_item", order_id=order(123, None))
    open_return["return_requested_quantity"] = 1
    said.append(("order_line", str(open_return["item_id"]), "return_open_there"))
    order(100, "currency_without_region", currency_code="chf")
    order(101, "unknown_currency", currency_code="zzz")
    find(made, "order_summary", order_id=order(102, "total_differs"))["totals"] = Jsonb({"current_order_total": 1})
    lost = order(103, None, [(Sold("variant_gone", "prod_gone", "GONE", "Disparu", Decimal(5)), 2)])
    said.append(("order_line", str(item_of(lost)["id"]), "product_gone"))
    custom = item_of(order(105, None))
    custom.update(variant_id=None, product_id=None, product_title=None, variant_title=None)
    said.append(("order_line", str(custom["id"]), "product_gone"))
    find(made, "order_item", order_id=order(106, "order_without_lines")).update(made.money("quantity", 0))
    find(made, "order_item", order_id=order(107, "fraction_of_a_piece")).update(made.money("quantity", Decimal("1.5")))
    payments = {each: payment_of(made, order(number, None)) for number, each in ((110, "over"), (112, "other"))}
    made.add("refund", payment_id=payments["over"]["id"], created_at=LATER, **made.money("amount", 999_999))
    said.append(("order", "order_00110", "refunds_above_payment"))
    payments["other"]["currency_code"] = "usd"
    said.append(("order", "order_00112", "payment_in_another_currency"))
    item_of(order(114, "net_amount_has_fractions")).update(
        is_tax_inclusive=False, **made.money("unit_price", Decimal("10.01"))
    )
    spoil_people(made, order)
    return said


def spoil_people(made: Shop, order: Callable[..., str]) -> None:
    """Numbers, addresses and customers of orders; two that are not read at all."""
    order(115, "number_taken", display_id=1000)
    order(116, None, shipping_address_id=None, billing_address_id=None, customer_id=None, email=None)
    order(117, "email_unusable", email="pas une adresse", customer_id=None)
    order(120, "customer_left_out", customer_id="cus_here", email="jeanne@example.com")
    order(121, None, deleted_at=LATER)
    order(122, None, is_draft_order=True, status="draft")


def payment_of(made: Shop, order_id: str) -> dict[str, object]:
    """Its payment."""
    collection = find(made, "order_payment_collection", order_id=order_id)["payment_collection_id"]
    return find(made, "payment", payment_collection_id=collection)


def spoil(made: Shop) -> Spoiled:
    """Everything at once."""
    said = [*spoil_groups(made), *spoil_products(made), *spoil_prices(made), *spoil_stock(made)]
    said += spoil_customers(made)
    sold = [Sold("variant_00000_0", "prod_00000", "AURA-0-0", COLOURS[0], Decimal(349))]
    return Spoiled(made, [*said, *spoil_orders(made, sold)])


def test_what_cannot_be_taken_is_said_one_by_one(medusa: str, shop: MadeShop, person: Person) -> None:  # noqa: F811
    with unit_of_work("test") as session:
        make_product(session, shop.channel.id, handle="deja-la")
    person.sign_up("jeanne@example.com")
    spoiled = spoil(make_shop(products=2, orders=2))
    spoiled.shop.write(medusa)
    before = count_rows()
    with serve_api(medusa) as api:
        by_api = bring("--api", api.url, "--key", KEY, "--dry-run")
    assert count_rows() == before
    answer = bring("--database", medusa)
    expected = sorted([*spoiled.said, ("price_list", "plist_1", "sale_waits_as_draft")])
    told = [each for each in problems(answer) if each[0] not in FOLLOWS and each[2] not in FOLLOWS]
    assert (missing(told, expected), missing(expected, told)) == ([], []), "never said; said and not expected"
    assert sorted(problems(by_api)) == sorted(problems(answer)), "both ways say the same"
    assert answer["is_sound"], "every object is accounted for, taken or left out"
    check_nothing_is_half_written()
    again = bring("--database", medusa)
    left_out = [each for each in problems(answer) if each in problems(again)]
    assert sorted(problems(again)) == sorted(left_out), "what was left out is tried again, what came is not"


# What a half-written order would leave behind.
LOOSE = (
    'SELECT count(*) FROM "order" o WHERE NOT EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id)',
    "SELECT count(*) FROM payment_collection c"
    ' WHERE NOT EXISTS (SELECT FROM "order" o WHERE o.payment_collection_id = c.id)',
    'SELECT count(*) FROM cart c WHERE NOT EXISTS (SELECT FROM "order" o WHERE o.cart_id = c.id)',
    "SELECT count(*) FROM payment p WHERE NOT EXISTS (SELECT FROM medusa_object m WHERE m.local_id = p.id)",
)


def check_nothing_is_half_written() -> None:
    """No row of what was left out, and the orders that came are whole."""
    refused = "SELECT count(*) FROM product WHERE external_id IN"
    assert read_rows(f"{refused} ('prod_00010', 'prod_00011', 'prod_00016', 'prod_00018')") == [(0,)]
    stand_ins = "SELECT status, title FROM product WHERE handle LIKE 'medusa-%' ORDER BY title"
    assert read_rows(stand_ins) == [("archived", "Aura"), ("archived", "Noir")]
    numbers = [number for (number,) in read_rows('SELECT display_id FROM "order" ORDER BY display_id')]
    assert numbers == [1000, 1001, 1103, 1105, 1116, 1117, 1120, 1123, 1124], "the doubled number is the next one"
    assert read_rows('SELECT metadata FROM "order" WHERE display_id = 1124') == [({"medusa_display_id": 1000},)]
    for statement in LOOSE:
        assert read_rows(statement) == [(0,)], statement
    owner = read_rows(
        'SELECT c.email, c.has_account FROM "order" o JOIN customer c ON c.id = o.customer_id WHERE display_id = 1120'
    )
    assert owner == [("jeanne@example.com", False)], "an account made here proves nothing of one made there"
