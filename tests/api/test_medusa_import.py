"""A whole shop from Medusa v2: every object once, every amount to the cent, both ways to read it give the same."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.context import acting_as
from app.core.db import unit_of_work
from app.dev.postgres import Cluster
from app.gateways.medusa_database import MedusaDatabase
from app.medusa_import.errors import ImportUnderWay
from app.medusa_import.service import Options, Progress, import_shop
from app.payments.verify_journal import verify_journal
from tests.command import run_command
from tests.factories.account import Person
from tests.factories.catalogue import make_product
from tests.factories.orders import make_order
from tests.factories.shipping import make_shipping_option
from tests.factories.shop import MadeShop
from tests.medusa_shop.fake_api import KEY, serve_api
from tests.medusa_shop.fill import Shop, make_shop, read_all
from tests.shop_front import read_rows

Json = dict[str, object]
TABLES = (
    "product", "product_variant", "product_image", "price", "price_list", "price_list_price", "stock_level",
    "stock_movement", "customer", "customer_address", "auth_identity", '"order"', "order_line", "order_line_adjustment",
    "order_shipping_method", "order_address", "payment", "payment_session", "fulfilment", "cart", "promotion",
    "medusa_object",
)  # fmt: skip


@pytest.fixture
def medusa(postgres: Cluster) -> Iterator[str]:
    """An empty database beside the shop's own; its tables come with `Shop.write`."""
    name = f"medusa_{secrets.token_hex(4)}"
    postgres.create_database(name)
    yield postgres.dsn(name)
    postgres.drop_database(name)


def bring(*arguments: str, code: int = 0) -> Json:
    """`comptoir import medusa ... --json`, as a document."""
    done = run_command("import", "medusa", *arguments, "--json")
    assert done.code == code, done.out or done.err
    answer = json.loads(done.out)
    assert isinstance(answer, dict)
    return answer


def figures(answer: Json, part: str) -> dict[tuple[str, str], tuple[int, str]]:
    """The counts and sums of one column of the report."""
    shown = answer["figures"]
    assert isinstance(shown, dict)
    return {
        (row["kind"], row["unit"]): (row[part]["number"], row[part]["amount"])
        for row in shown["rows"]
        if row[part]["number"]
    }


def problems(answer: Json) -> list[tuple[str, str, str]]:
    """Kind, id in Medusa, and code of each problem, those that were left out first."""
    said = answer["problems"]
    assert isinstance(said, list)
    return [(each["kind"], each["external_id"], each["code"]) for each in said]


def count_rows() -> dict[str, int]:
    """How many rows each table of the shop has."""
    return {table: int(str(read_rows(f"SELECT count(*) FROM {table}")[0][0])) for table in TABLES}  # noqa: S608


def test_a_whole_shop_comes_once_with_every_count_and_total(medusa: str, shop: MadeShop, person: Person) -> None:
    made = make_shop()
    made.write(medusa)
    before = count_rows()
    tried = bring("--database", medusa, "--dry-run")
    assert tried["is_sound"]
    assert count_rows() == before, "a dry run leaves nothing"
    answer = bring("--database", medusa)
    assert answer["is_sound"]
    assert figures(answer, "there") == figures(answer, "here") == figures(tried, "here") == {
        ("region", ""): (1, "0"), ("sales_channel", ""): (1, "0"), ("category", ""): (2, "0"),
        ("collection", ""): (1, "0"), ("tag", ""): (1, "0"), ("type", ""): (1, "0"), ("product", ""): (4, "0"),
        ("variant", ""): (12, "0"), ("image", ""): (8, "0"), ("price", "eur"): (12, "149817"),
        ("inventory_item", ""): (12, "282"), ("price_list", ""): (1, "0"), ("list_price", "eur"): (4, "39951"),
        ("customer", ""): (2, "0"), ("address", ""): (2, "0"), ("order", "eur"): (8, "524100"),
        ("order_line", ""): (14, "30"), ("payment", "eur"): (7, "418910"), ("refund", "eur"): (1, "490"),
    }  # fmt: skip
    assert problems(answer) == [
        ("price_list", "plist_1", "sale_waits_as_draft"),
        ("payment", id_of(made, "payment", 6), "payment_not_captured"),
    ]
    came = count_rows()
    again = bring("--database", medusa)
    assert figures(again, "before") == figures(again, "there") == figures(answer, "there")
    assert figures(again, "here") == {}
    assert problems(again) == []
    assert count_rows() == came, "a second run changes nothing"
    check_catalogue()
    check_orders()
    check_money()
    check_customers(person)


def id_of(made: Shop, table: str, index: int) -> str:
    """The id of a row of the source."""
    return str(made.rows[table][index]["id"])


def check_catalogue() -> None:
    """Products are shown as they were, their pieces less those that wait to leave Medusa."""
    assert read_rows(
        "SELECT handle, status, external_id, weight_grams, metadata FROM product WHERE handle = 'aura-0'"
    ) == [("aura-0", "published", "prod_00000", 30, {"brand": "Aura", "warranty": 2})]
    assert read_rows(
        "SELECT v.sku, p.amount_cents, l.stocked_quantity, count(i.image_id) FROM product_variant v"
        " JOIN price p ON p.variant_id = v.id JOIN stock_level l ON l.variant_id = v.id"
        " LEFT JOIN variant_image_link i ON i.variant_id = v.id WHERE v.sku LIKE 'AURA-1-%' GROUP BY 1, 2, 3 ORDER BY 1"
    ) == [("AURA-1-0", 1999, 23, 0), ("AURA-1-1", 1999, 23, 1), ("AURA-1-2", 1999, 23, 0)]
    assert read_rows("SELECT DISTINCT reason FROM stock_movement") == [("import",)]
    assert read_rows(
        "SELECT c.handle, p.handle FROM product_category c JOIN product_category p ON p.id = c.parent_category_id"
    ) == [("lunettes/solaires", "lunettes")]
    assert read_rows("SELECT DISTINCT url FROM product_image WHERE url LIKE '%00000-0%'") == [
        ("https://cdn.test/prod_00000-0.jpg",)
    ]


def check_orders() -> None:
    """Their numbers stay, and the next one follows the highest."""
    assert read_rows(
        'SELECT display_id, status, paid_at IS NOT NULL, is_imported, created_at::date::text FROM "order" ORDER BY 1'
    ) == [
        (1000, "completed", True, True, "2025-03-31"), (1001, "pending", True, True, "2025-03-31"),
        (1002, "pending", True, True, "2025-03-31"), (1003, "completed", True, True, "2025-03-31"),
        (1004, "pending", True, True, "2025-03-31"), (1005, "pending", True, True, "2025-03-31"),
        (1006, "pending", False, True, "2025-03-31"), (1007, "pending", True, True, "2025-03-31"),
    ]  # fmt: skip
    assert read_rows("SELECT last_number FROM order_number") == [(1007,)]
    assert read_rows(
        "SELECT count(*), bool_and(delivered_at IS NOT NULL) FROM fulfilment"
        " WHERE order_id IN (SELECT id FROM \"order\" WHERE status = 'completed')"
    ) == [(2, True)]
    assert read_rows("SELECT code, status, used_count FROM promotion") == [("BIENVENUE", "inactive", 0)]
    reduced = read_rows(
        "SELECT o.display_id, l.quantity * l.unit_price_cents, a.amount_cents FROM order_line_adjustment a"
        ' JOIN order_line l ON l.id = a.order_line_id JOIN "order" o ON o.id = l.order_id ORDER BY 1, 2'
    )
    assert reduced
    assert all(abs(int(str(off)) * 10 - int(str(whole))) <= 10 for _, whole, off in reduced)
    assert read_rows("SELECT count(*) FROM message") == [(0,)], "nobody gets a mail"
    assert read_rows("SELECT count(*) FROM invoice") == [(0,)], "they were invoiced there"


def check_money() -> None:
    """What came in there is history: it is not in the journal, which agrees with everything all the same."""
    assert read_rows(
        "SELECT provider_id, count(*), count(payment_intent_id), sum(refunded_cents), bool_and(is_imported)"
        " FROM payment GROUP BY 1 ORDER BY 1"
    ) == [("pp_stripe_stripe", 6, 6, 490, True), ("pp_system_default", 1, 0, 0, True)]
    assert read_rows("SELECT count(*) FROM payment_journal") == [(0,)]
    with unit_of_work("test") as session:
        assert verify_journal(session).is_sound


def check_customers(person: Person) -> None:
    """No password opens an account that came; its owner gets a link by mail."""
    assert read_rows("SELECT email, has_account, last_name FROM customer ORDER BY 1") == [
        ("jeanne.0@example.com", True, "Ö'Neil – 馬"),
        ("jeanne.1@example.com", False, "Ö'Neil – 馬"),
    ]
    assert person.log_in("jeanne.0@example.com", "whatever it was").status_code == 401
    asked = person.post("/auth/customer/emailpass/reset-password", {"identifier": "jeanne.0@example.com"})
    assert asked.status_code == 201
    assert read_rows("SELECT count(*) FROM password_reset WHERE identity_id IS NOT NULL") == [(1,)]


def test_the_admin_api_gives_the_same_as_the_database(medusa: str, shop: MadeShop) -> None:
    make_shop(products=3, orders=9).write(medusa)
    with serve_api(medusa) as api:
        api.failures = [503, 429]
        answer = bring("--api", api.url, "--key", KEY)
        assert answer["is_sound"]
        assert all(path.startswith("/admin/") for path in api.asked)
    came = count_rows()
    again = bring("--database", medusa)
    assert figures(again, "before") == figures(again, "there") == figures(answer, "here"), "the same objects and sums"
    assert problems(again) == [], "and each of them is the same document: none changed since"
    assert count_rows() == came


def test_a_key_that_is_refused_and_an_address_without_tls_bring_nothing(medusa: str, shop: MadeShop) -> None:
    before = count_rows()
    make_shop(1, 1).write(medusa)
    with serve_api(medusa) as api:
        assert bring("--api", api.url, "--key", "sk_other", code=1)["code"] == "key_refused"
    cases = {
        "http://medusa.example": "https_needed",
        "https://user:pass@medusa.example": "address_unusable",
        "ftp://medusa.example": "address_unusable",
        "https://[": "address_unusable",
        "https://medusa.example:99999": "address_unusable",
        "http://127.0.0.1:9": "unreachable",
    }
    for address, code in cases.items():
        assert bring("--api", address, "--key", KEY, code=1)["code"] == code, address
    for arguments in ((), ("--api", "https://m.example"), ("--api", "https://m.example", "--database", "x")):
        assert run_command("import", "medusa", *arguments).code == 2, arguments
    assert count_rows() == before


def test_the_source_is_only_read(medusa: str, shop: MadeShop, environment: dict[str, str]) -> None:
    """Even by a login that may write; and what is no Medusa shop is refused by name."""
    make_shop(1, 1).write(medusa)
    before = read_all(medusa, "SELECT md5(string_agg(p::text, '')) FROM product p")
    bring("--database", medusa)
    assert read_all(medusa, "SELECT md5(string_agg(p::text, '')) FROM product p") == before
    assert bring("--database", environment["DATABASE_URL"].replace("+psycopg", ""), code=1)["code"] == (
        "not_a_medusa_2_database"
    )
    assert bring("--database", "postgresql://nobody:secret@127.0.0.1:9/x", code=1)["code"] == "database_unreachable"


def test_a_run_that_was_cut_goes_on_where_it_was(medusa: str, shop: MadeShop, tmp_path: Path) -> None:
    """The source goes away between two pages: what was committed stays, the next run takes the rest, nothing twice."""
    make_shop(products=1, orders=8).write(medusa)
    with serve_api(medusa) as api:
        api.most, api.cut = 5, "/admin/orders?limit=100&offset=5"
        assert bring("--api", api.url, "--key", KEY, code=1)["code"] == "unavailable"
        assert read_rows('SELECT count(*) FROM "order"') == [(5,)]
        assert read_rows("SELECT state FROM medusa_run") == [("stopped",)]
        api.cut = ""
        answer = bring("--api", api.url, "--key", KEY)
    assert answer["is_sound"]
    assert figures(answer, "before")["order", "eur"][0] == 5
    assert figures(answer, "here")["order", "eur"][0] == 3
    assert read_rows('SELECT count(*), count(DISTINCT display_id), max(display_id) FROM "order"') == [(8, 8, 1007)]
    assert read_rows("SELECT state, count(*) FROM medusa_run GROUP BY 1 ORDER BY 1") == [("ended", 1), ("stopped", 1)]


def test_one_import_at_a_time(medusa: str, shop: MadeShop) -> None:
    """A second one would call left out what the first brings; it is refused until the first has ended."""
    make_shop(1, 2).write(medusa)
    met: list[str] = []

    def begin_another(_: Progress) -> None:
        with pytest.raises(ImportUnderWay) as refused:
            import_shop(MedusaDatabase(medusa), Options(is_dry=True))
        met.append(refused.value.code)

    with acting_as("test"):
        assert import_shop(MedusaDatabase(medusa), Options(tell=begin_another)).is_sound
    assert set(met) == {"import_under_way"}
    assert problems(bring("--database", medusa)) == []
    assert read_rows("SELECT count(*) FROM medusa_run") == [(2,)]


def test_whoever_buys_meanwhile_gets_a_number_above(medusa: str, shop: MadeShop) -> None:
    """Sold between two pages of the orders; a dry run that lasts holds up no purchase either."""
    make_shop(products=1, orders=4).write(medusa)
    with unit_of_work("test") as session:
        product = make_product(session, shop.channel.id)
        option = make_shipping_option(session, shop.region.id)
    bought: list[int] = []

    def buy(path: str) -> None:
        if path.startswith("/admin/orders?limit=100&offset=2"):
            with unit_of_work("test") as session:
                order = make_order(session, shop, (product.variants[0].id, 1), option_id=option.id)
                bought.append(order.display_id)

    with serve_api(medusa) as api:
        api.most, api.before_answer = 2, buy
        bring("--api", api.url, "--key", KEY, "--dry-run")
        assert bought == [1], "nobody waited for the dry run"
        answer = bring("--api", api.url, "--key", KEY)
    assert answer["is_sound"]
    assert bought == [1, 1004]
    assert "number_taken" not in [code for _, _, code in problems(answer)]
    assert read_rows('SELECT count(*), min(display_id), max(display_id) FROM "order" WHERE is_imported') == [
        (4, 1000, 1003)
    ]
    assert read_rows("SELECT count(*) FROM payment_journal") == [(0,)]
