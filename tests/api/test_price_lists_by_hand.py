"""Price lists and promotions as staff makes them over HTTP; a sale is a reduction, and shows of what."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.core.db import unit_of_work
from app.pricing.service import set_price
from tests.api.price_counter import Counter, refusal, state
from tests.factories.pricing import let_days_pass
from tests.factories.shop import MadeShop
from tests.shop_front import read_rows


@pytest.fixture
def counter(client: TestClient, shop: MadeShop) -> Counter:
    return Counter(client, shop)


SALE = {"title": "Soldes", "description": "", "type": "sale", "status": "active"}


@pytest.fixture
def seasoned(counter: Counter) -> Counter:
    """Black was 349 € for long, 329 € for five days, and is 349 € again since yesterday."""
    with unit_of_work("test") as session:
        let_days_pass(session, 40)
        set_price(session, counter.black, "eur", 32_900)
    with unit_of_work("test") as session:
        let_days_pass(session, 5)
        set_price(session, counter.black, "eur", 34_900)
    with unit_of_work("test") as session:
        let_days_pass(session, 1)
    return counter


def test_a_sale_is_a_reduction_and_shows_what_it_is_compared_with(seasoned: Counter) -> None:
    counter = seasoned
    before = state()
    high = counter.staff.post("/price-lists", **SALE, prices=[counter.price(counter.black, 329)])
    assert refusal(high) == (400, "not_a_reduction")
    deep = counter.staff.post("/price-lists", **SALE, prices=[counter.price(counter.black, 2.99)])
    assert refusal(deep) == (409, "price_moves_by_half")
    assert state() == before
    made = counter.staff.post("/price-lists", **SALE, prices=[counter.price(counter.black, 299)])
    listed = made.json()["price_list"]
    (price,) = listed["prices"]
    assert (made.status_code, price["amount"], price["prior_amount"]) == (200, 299, 329)
    path = f"/price-lists/{listed['id']}"
    assert counter.staff.get(path).json()["price_list"] == listed

    batch = counter.staff.post(
        f"{path}/prices/batch",
        create=[counter.price(counter.green, 320)],
        update=[{"id": price["id"], "amount": 280}],
    ).json()
    assert [each["amount"] for each in (*batch["created"], *batch["updated"])] == [320, 280]
    assert batch["created"][0]["prior_amount"] == 349
    gone = counter.staff.post(f"{path}/prices/batch", delete=[batch["created"][0]["id"]])
    assert gone.json()["deleted"] == {"ids": [batch["created"][0]["id"]], "object": "price", "deleted": True}
    unknown = counter.staff.post(f"{path}/prices/batch", update=[{"id": "price_none", "amount": 1}])
    assert refusal(unknown) == (404, "list_price_not_found")
    act = "SELECT details -> :key FROM audit_log WHERE action = 'price_list.set_prices' ORDER BY id LIMIT 1"
    assert read_rows(act, key=f"{counter.black} eur") == [({"before": 29_900, "after": 28_000},)]


def test_a_list_changes_for_whoever_saw_it_as_it_is(seasoned: Counter, client: TestClient) -> None:
    counter = seasoned
    made = counter.staff.post("/price-lists", **SALE, prices=[counter.price(counter.black, 280)]).json()["price_list"]
    path = f"/price-lists/{made['id']}"
    stale = {**counter.staff.headers, "if-match": '"1"'}
    refused = client.post(f"/admin{path}", json={"title": "X"}, headers=stale)
    assert refusal(refused) == (412, "changed_meanwhile")
    version = counter.staff.get(path).headers["etag"]
    changed = client.post(
        f"/admin{path}", json={"title": "Avent", "ends_at": None}, headers={**stale, "if-match": version}
    )
    assert (changed.status_code, changed.json()["price_list"]["title"]) == (200, "Avent")
    page = counter.staff.get("/price-lists?q=avent&status=active").json()
    assert (page["count"], page["price_lists"][0]["prices"][0]["amount"]) == (1, 280)
    emptied = counter.staff.post(f"{path}/products", remove=[counter.product_id]).json()["price_list"]
    assert emptied["prices"] == []
    assert counter.staff.delete(path).json() == {"id": made["id"], "object": "price_list", "deleted": True}
    assert refusal(counter.staff.get(path)) == (404, "price_list_not_found")


def test_promotions_are_made_found_and_switched(counter: Counter) -> None:
    method = {"type": "percentage", "value": 10, "target_type": "items", "allocation": "across"}
    rules = [{"attribute": "items.product.id", "operator": "in", "values": [counter.product_id]}]
    made = counter.staff.post(
        "/promotions",
        code="AVENT",
        type="standard",
        application_method={**method, "target_rules": rules},
        usage_limit=5,
    )
    promotion = made.json()["promotion"]
    assert (made.status_code, promotion["status"], promotion["application_method"]["value"]) == (200, "draft", 10)
    assert promotion["application_method"]["target_rules"] == [{**rules[0], "values": [{"value": counter.product_id}]}]
    path = f"/promotions/{promotion['id']}"
    assert counter.staff.post(path, status="active", usage_limit=None).json()["promotion"]["usage_limit"] is None
    fixed = {"type": "fixed", "value": 5.5, "currency_code": "eur"}
    other = counter.staff.post("/promotions", code="CINQ", application_method=fixed, minimum_item_total=50)
    assert other.json()["promotion"]["application_method"]["value"] == 5.5
    assert other.json()["promotion"]["minimum_item_total"] == 50
    page = counter.staff.get("/promotions?q=cin&status=draft").json()
    assert (page["count"], page["promotions"][0]["code"]) == (1, "CINQ")
    assert counter.staff.get("/promotions/cinq").json()["promotion"] == other.json()["promotion"]


def test_a_promotion_that_was_used_is_kept(counter: Counter) -> None:
    method, fixed = {"type": "percentage", "value": 10}, {"type": "fixed", "value": 5.5, "currency_code": "eur"}
    first, other = (
        counter.staff.post("/promotions", code=code, application_method=given).json()["promotion"]
        for code, given in (("AVENT", method), ("CINQ", fixed))
    )
    path = f"/promotions/{first['id']}"
    with unit_of_work("test") as session:
        session.execute(text("UPDATE promotion SET used_count = 3 WHERE code = 'AVENT'"))
        session.execute(
            text("INSERT INTO promotion_use (id, promotion_id, reference) SELECT 'u', id, 'o' FROM promotion LIMIT 1")
        )
        session.execute(text("UPDATE promotion_use SET promotion_id = :id"), {"id": first["id"]})
    before = state()
    unpriced, dates = {**fixed, "currency_code": None}, ("2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z")
    for where, given, status, code in (
        (path, {"usage_limit": 2}, 400, "invalid_promotion"),
        (path, {"starts_at": dates[0], "ends_at": dates[1]}, 400, "invalid_promotion"),
        ("/promotions", {"code": "avent", "application_method": method}, 422, "promotion_code_taken"),
        ("/promotions", {"code": "X", "application_method": unpriced}, 400, "invalid_promotion"),
        ("/promotions", {"code": "X", "type": "buyget", "application_method": method}, 400, "invalid_data"),
        ("/promotions/promo_none", {"status": "active"}, 404, "promotion_not_found"),
    ):
        assert refusal(counter.staff.post(where, **given)) == (status, code), given
    assert refusal(counter.staff.get("/promotions/promo_none")) == (404, "promotion_not_found")
    assert refusal(counter.staff.delete(path)) == (409, "promotion_in_use")
    assert state() == before
    assert counter.staff.delete(f"/promotions/{other['id']}").status_code == 200
