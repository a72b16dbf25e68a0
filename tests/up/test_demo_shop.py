"""The demo shop: what a storefront finds in it. Its prices are in the table, once, and come out as they stand there."""

import io

import psycopg
import pytest
from PIL import Image

from app.dev.demo_shop.pictures import draw, list_sketches
from app.dev.demo_shop.table import read_table
from tests.up.command import Instance, get

TABLE = read_table()
LARGEST_PICTURE = 100_000


def rows(shop: Instance, query: str, *values: object) -> list[tuple[object, ...]]:
    address = shop.contract["database_url"].replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address) as connection:
        return connection.execute(query.encode(), values).fetchall()


def test_about_thirty_products_on_six_shelves_and_three_inside_one(shop: Instance) -> None:
    found = rows(
        shop,
        "SELECT c.handle, count(*) FROM product_category c JOIN product_category_link l ON l.category_id = c.id "
        "GROUP BY c.handle, c.rank ORDER BY c.rank",
    )
    assert found == [
        ("lunettes-connectees", 8), ("son", 4), ("etuis-et-entretien", 6), ("energie", 5), ("objets", 7), ("livres", 3),
        ("lunettes-connectees/sport", 3), ("lunettes-connectees/soleil", 1), ("lunettes-connectees/lecture", 1),
    ]  # fmt: skip


def test_prices_and_first_deliveries_are_those_of_the_table(shop: Instance) -> None:
    found = rows(
        shop,
        "SELECT v.sku, p.amount_cents, p.currency_code, coalesce(m.delta, 0) FROM product_variant v JOIN price p "
        "ON p.variant_id = v.id LEFT JOIN stock_movement m ON m.variant_id = v.id AND m.reason = 'receipt'",
    )
    expected = [(v.sku, v.price_cents, "eur", v.stock) for product in TABLE.products for v in product.variants]
    assert sorted(found) == sorted(expected)
    assert len(found) == 78


def test_the_region_its_taxes_and_the_ways_to_send_and_to_send_back(shop: Instance) -> None:
    assert rows(shop, "SELECT name, currency_code FROM region") == [("France", "eur")]
    assert rows(shop, "SELECT category, rate::text FROM tax_rate ORDER BY category") == [
        ("book", "5.50"), ("standard", "20.00"),
    ]  # fmt: skip
    assert rows(shop, "SELECT code, amount_cents FROM shipping_option ORDER BY rank") == [
        ("livraison-standard", 490), ("livraison-express", 990), ("retrait-atelier", 0), ("retour-colissimo", 490),
    ]  # fmt: skip


def test_up_json_names_what_it_promises(shop: Instance) -> None:
    contract = shop.contract
    assert rows(shop, "SELECT status FROM product WHERE handle = %s", contract["draft_handle"]) == [("draft",)]
    assert contract["sold_out_handle"] == "nova-atelier"
    assert contract["price_checks"] == {"aura": 34900, "nova": 29900, "music-shield": 14900}
    assert contract["promo_code"] == "BIENVENUE10"
    assert rows(shop, "SELECT token FROM publishable_key") == [(contract["publishable_key"],)]
    assert rows(shop, "SELECT email, role FROM staff_user") == [(contract["admin_email"], "owner")]


def test_every_picture_is_served_small_and_whole(shop: Instance) -> None:
    urls = [str(row[0]) for row in rows(shop, "SELECT DISTINCT url FROM product_image ORDER BY url")]
    assert len(urls) == 60
    for url in urls:
        status, body = get(shop.url, url)
        assert status == 200
        assert len(body) < LARGEST_PICTURE
        with Image.open(io.BytesIO(body)) as picture:
            assert (picture.format, picture.size) == ("WEBP", (800, 800))


@pytest.mark.parametrize("path", ["/static/..%2Fup.json", "/static/up.json", f"/static/{'0' * 32}.webp"])
def test_nothing_else_is_served_beside_the_pictures(shop: Instance, path: str) -> None:
    assert get(shop.url, path)[0] == 404


def test_every_product_has_a_picture() -> None:
    assert all(len(list_sketches(TABLE, product.handle)) == len(product.tints) for product in TABLE.products)


def test_a_picture_is_always_the_same() -> None:
    (sketch, *_) = list_sketches(TABLE, "aura")
    assert draw(sketch) == draw(sketch)
