"""Prices that people change: many at once after a look, for later, in lists; what is refused, and what is noted."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import list_jobs, run_job
from app.pricing.service import set_price
from app.worker.modules import import_job_modules
from tests.command import Done, run_command
from tests.factories.catalogue import make_product
from tests.factories.pricing import let_days_pass
from tests.factories.shop import MadeShop
from tests.rows import row
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


@pytest.fixture
def counter(client: TestClient, shop: MadeShop) -> Counter:
    return Counter(client, shop)


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_many_prices_change_as_they_were_seen_or_not_at_all(counter: Counter) -> None:
    ask = {"percentage": -10, "currency_code": "eur", "product_ids": [counter.product_id]}
    before = state()
    seen = counter.preview(**ask)
    assert state() == before, "a preview changes nothing"
    assert [(each["old_amount"], each["new_amount"], each["moves_by_half"]) for each in seen["prices"]] == [
        (349, 314.1, False),
        (349, 314.1, False),
    ]
    with unit_of_work("another") as session:
        set_price(session, counter.green, "eur", 30_000)
    before = state()
    assert refusal(counter.staff.post("/price-changes", **ask, token=seen["token"])) == (
        409,
        "prices_changed_meanwhile",
    )
    assert state() == before
    token = counter.preview(**ask)["token"]
    done = counter.staff.post("/price-changes", **ask, token=token, reason="Avent")
    assert (done.status_code, len(done.json()["price_change"]["prices"])) == (200, 2)
    assert counter.prices() == {counter.black: 31_410, counter.green: 27_000}
    details = {"currency": "eur", "old_cents": 30_000, "new_cents": 27_000, "reason": "Avent"}
    assert read_rows(LAST_SET) == [("staff:user_staff", counter.green, details)]
    assert refusal(counter.staff.post("/price-changes", **ask, token=token)) == (409, "prices_changed_meanwhile")


def test_a_move_by_more_than_half_is_asked_for_twice(counter: Counter) -> None:
    """Half of 349 is 174.50: that far goes without a question, a cent further does not; a first price is free."""
    for amount, needs in ((174.5, False), (523.5, False), (174.49, True), (523.51, True), (3.49, True)):
        ask = {"prices": [counter.price(counter.black, amount)]}
        seen = counter.preview(**ask)
        assert seen["needs_confirmation"] is needs, amount
        if needs:
            before = state()
            refused = counter.staff.post("/price-changes", **ask, token=seen["token"])
            assert refusal(refused) == (409, "price_moves_by_half")
            assert f" 34900 = 349.00 EUR -> {round(amount * 100)} = {amount:.2f} EUR" in refused.text
            assert "confirm_prices" in refused.json()["message"]
            assert state() == before
    assert counter.staff.post("/price-changes", **ask, token=seen["token"], confirm_prices=True).status_code == 200
    assert counter.prices()[counter.black] == 349
    chf = [{**counter.price(counter.green, 1), "currency_code": "chf"}]
    assert counter.preview(prices=chf)["prices"][0]["old_amount"] is None
    token = counter.preview(prices=chf)["token"]
    assert counter.staff.post("/price-changes", prices=chf, token=token).status_code == 200


def test_what_prices_refuse_changes_nothing(counter: Counter, client: TestClient) -> None:
    reader = hire_into(client, "readonly")
    with unit_of_work("test") as session:
        old = make_product(session, counter.shop.channel.id, handle="vieux").variants[0].id
        session.execute(text("UPDATE product SET status = 'archived' WHERE handle = 'vieux'"))
    tomorrow = (utc_now() + timedelta(days=1)).isoformat()
    good = counter.price(counter.black, 300)
    token = counter.preview(prices=[counter.price(old, 340)])["token"]
    before = state()
    looks = "/price-changes/preview"
    for who, path, given, status, code in (
        (reader, looks, {"prices": [good]}, 403, "not_for_this_role"),
        (counter.staff, looks, {}, 400, "invalid_data"),
        (counter.staff, looks, {"prices": [good], "percentage": 5, "currency_code": "eur"}, 400, "invalid_data"),
        (counter.staff, looks, {"percentage": 5}, 400, "invalid_data"),
        (counter.staff, looks, {"percentage": -101, "currency_code": "eur"}, 400, "invalid_data"),
        (counter.staff, looks, {"percentage": 5, "currency_code": "eur"}, 400, "nothing_to_change"),
        (counter.staff, looks, {"prices": [counter.price(counter.black, 349)]}, 400, "nothing_to_change"),
        (counter.staff, looks, {"prices": [counter.price(counter.black, -1)]}, 400, "invalid_data"),
        (counter.staff, looks, {"prices": [counter.price(counter.black, 0.001)]}, 400, "invalid_data"),
        (counter.staff, looks, {"prices": [counter.price("variant_none", 1)]}, 400, "unknown_variant"),
        (counter.staff, looks, {"prices": [{**good, "currency_code": "zzz"}]}, 400, "unknown_currency"),
        (counter.staff, "/price-changes", {"prices": [good], "token": "none"}, 409, "prices_changed_meanwhile"),
        (
            counter.staff,
            "/price-changes",
            {"prices": [counter.price(old, 340)], "token": token},
            409,
            "product_archived",
        ),
        (reader, "/scheduled-prices", {"prices": [good], "applies_at": tomorrow}, 403, "not_for_this_role"),
        (counter.staff, "/scheduled-prices", {"prices": [], "applies_at": tomorrow}, 400, "invalid_data"),
        (
            counter.staff,
            "/scheduled-prices",
            {"prices": [good], "applies_at": "2020-01-01T00:00:00Z"},
            400,
            "invalid_instant",
        ),
        (
            counter.staff,
            "/scheduled-prices",
            {"prices": [good], "applies_at": "2126-01-01T00:00:00Z"},
            400,
            "invalid_instant",
        ),
        (counter.staff, "/scheduled-prices", {"prices": [good], "applies_at": 1_900_000_000}, 400, "invalid_data"),
        (counter.staff, "/scheduled-prices", {"prices": [good], "applies_at": "2026-12-01T00:00"}, 400, "invalid_data"),
        (
            counter.staff,
            "/scheduled-prices",
            {"prices": [counter.price(counter.black, 1)], "applies_at": tomorrow},
            409,
            "price_moves_by_half",
        ),
        (
            counter.staff,
            "/scheduled-prices",
            {"prices": [counter.price(old, 340)], "applies_at": tomorrow},
            409,
            "product_archived",
        ),
        (counter.staff, "/scheduled-prices/sprice_none/cancel", {}, 404, "scheduled_price_not_found"),
    ):
        answer = who.post(path, **given)
        assert refusal(answer) == (status, code), (path, given, answer.text)
    assert state() == before


def due() -> None:
    """The instant of every planned price has come."""
    with unit_of_work("test") as session:
        session.execute(text("UPDATE scheduled_price SET applies_at = now() - interval '1 second'"))


def apply_scheduled_prices() -> None:
    """What the worker does each minute."""
    import_job_modules()
    run_job(next(job for job in list_jobs() if job.name == "pricing.apply_scheduled"), {})


def test_a_planned_price_is_applied_once_canceled_or_refused_with_why(counter: Counter) -> None:
    tomorrow = (utc_now() + timedelta(days=1)).isoformat()
    both = [counter.price(counter.black, 299), counter.price(counter.green, 150)]
    made = counter.staff.post(
        "/scheduled-prices", prices=both, applies_at=tomorrow, confirm_prices=True, reason="Avent"
    ).json()["scheduled_prices"]
    assert [(each["amount"], each["status"], each["created_by"]) for each in made] == [
        (299, "planned", "staff:user_staff"),
        (150, "planned", "staff:user_staff"),
    ]
    again = counter.staff.post("/scheduled-prices", prices=both[:1], applies_at=tomorrow)
    assert refusal(again) == (409, "already_planned")
    apply_scheduled_prices()
    assert counter.prices() == {counter.black: 34_900, counter.green: 34_900}, "not before its time"
    shown = counter.staff.get(f"/scheduled-prices/{made[1]['id']}")
    assert shown.json()["scheduled_price"] == made[1]
    for _ in range(2):
        canceled = counter.staff.post(f"/scheduled-prices/{made[1]['id']}/cancel")
        assert canceled.json()["scheduled_price"]["status"] == "canceled"
    due()
    for _ in range(2):
        apply_scheduled_prices()
        assert counter.prices() == {counter.black: 29_900, counter.green: 34_900}
    details = {"currency": "eur", "old_cents": 34_900, "new_cents": 29_900, "reason": f"{made[0]['id']} Avent"}
    assert read_rows(LAST_SET) == [("job:pricing.apply_scheduled", counter.black, details)], "it says whose plan it was"
    assert refusal(counter.staff.post(f"/scheduled-prices/{made[0]['id']}/cancel")) == (409, "scheduled_price_ended")

    late = counter.staff.post("/scheduled-prices", prices=[counter.price(counter.black, 310)], applies_at=tomorrow)
    with unit_of_work("test") as session:
        session.execute(text("UPDATE product SET status = 'archived'"))
    due()
    apply_scheduled_prices()
    page = counter.staff.get("/scheduled-prices?status=refused").json()
    assert (page["count"], page["scheduled_prices"][0]["id"]) == (1, late.json()["scheduled_prices"][0]["id"])
    assert page["scheduled_prices"][0]["refused_code"] == "product_archived"
    assert counter.prices()[counter.black] == 29_900
    assert counter.staff.get("/scheduled-prices").json()["count"] == 3


def test_a_sale_is_a_reduction_and_shows_what_it_is_compared_with(counter: Counter, client: TestClient) -> None:
    with unit_of_work("test") as session:
        let_days_pass(session, 40)
        set_price(session, counter.black, "eur", 32_900)
    with unit_of_work("test") as session:
        let_days_pass(session, 5)
        set_price(session, counter.black, "eur", 34_900)
    with unit_of_work("test") as session:
        let_days_pass(session, 1)
    sale = {"title": "Soldes", "description": "", "type": "sale", "status": "active"}
    before = state()
    high = counter.staff.post("/price-lists", **sale, prices=[counter.price(counter.black, 329)])
    assert refusal(high) == (400, "not_a_reduction")
    deep = counter.staff.post("/price-lists", **sale, prices=[counter.price(counter.black, 2.99)])
    assert refusal(deep) == (409, "price_moves_by_half")
    assert state() == before
    made = counter.staff.post("/price-lists", **sale, prices=[counter.price(counter.black, 299)])
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
    assert counter.staff.delete(path).json() == {"id": listed["id"], "object": "price_list", "deleted": True}
    assert refusal(counter.staff.get(path)) == (404, "price_list_not_found")


def test_promotions_are_made_switched_and_kept_once_used(counter: Counter) -> None:
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
    with unit_of_work("test") as session:
        session.execute(text("UPDATE promotion SET used_count = 3 WHERE code = 'AVENT'"))
        session.execute(
            text("INSERT INTO promotion_use (id, promotion_id, reference) SELECT 'u', id, 'o' FROM promotion LIMIT 1")
        )
        session.execute(text("UPDATE promotion_use SET promotion_id = :id"), {"id": promotion["id"]})
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
    assert counter.staff.delete(f"/promotions/{other.json()['promotion']['id']}").status_code == 200


def answer_of(done: Done) -> Document:
    assert done.code == 0, (done.out, done.err)
    assert isinstance(done.answer, dict)
    return done.answer


@row("S0-071", "S0-078")
def test_a_price_is_typed_in_cents_shown_in_euros_and_asked_before_it_changes(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runbook's: each variant of aura to 29900."""
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    asked = ("products", "price", "set", "aura", "29900", "--all-variants", "--reason", "Avent")
    before = state()
    for typed in ("n\n", "", "ok\n"):
        no = run_command(*asked, typed=typed)
        assert (no.code, state()) == (1, before), typed
        assert no.out.count("34900 = 349,00\xa0€ → 29900 = 299,00\xa0€") == 2
    assert (run_command(*asked, "--dry-run").code, state()) == (0, before)
    yes = run_command(*asked, typed="oui\n")
    assert (yes.code, "C'est fait" in yes.out) == (0, True), yes.err
    assert counter.prices() == {counter.black: 29_900, counter.green: 29_900}
    ((actor, subject, details),) = read_rows(LAST_SET)
    assert (subject, details) == (
        counter.green, {"currency": "eur", "old_cents": 34_900, "new_cents": 29_900, "reason": "Avent"},
    )  # fmt: skip
    assert str(actor).startswith("cli:")
    shown = counter.client.get(
        "/store/products",
        headers=counter.shop.headers,
        params={"fields": "*variants.calculated_price", "region_id": counter.shop.region.id},
    )
    prices = [each["calculated_price"]["calculated_amount"] for each in shown.json()["products"][0]["variants"]]
    assert prices == [299, 299], "cents here, euros on the wire"

    before = state()
    typo = ("products", "price", "set", "AURA-NOIR", "299", "--yes")
    refused = run_command(*typo)
    assert (refused.code, "29900 = 299.00 EUR -> 299 = 2.99 EUR" in refused.err, state()) == (1, True, before)
    for arguments, code, said in (
        (("set", "aura", "28000", "--yes"), 1, "--all-variants"),
        (("set", "aura", "-1", "--all-variants"), 2, ""),
        (("set", "aura", "280.5", "--all-variants"), 2, ""),
        (("set", "AURA-NOIR", "29900", "--yes"), 1, "Aucun prix ne changerait"),
        (("set", "soleil", "28000"), 1, "produit inconnu"),
        (("set", "AURA-NOIR", "28000", "--currency", "zzz", "--yes"), 1, ""),
        (("set", "AURA-NOIR", "28000", "--json"), 2, "--yes"),
        (("change", "dix", "--all"), 1, "pourcentage"),
        (("change", "-10"), 1, "Aucun prix"),
        (("plan", "AURA-NOIR", "28000", "--at", "demain"), 1, "--at"),
        (("plan", "AURA-NOIR", "28000", "--at", "2020-01-01T08:00"), 1, "à venir"),
        (("cancel", "sprice_none"), 1, "sprice_none"),
    ):
        done = run_command("products", "price", *arguments)
        assert (done.code, said in done.out + done.err) == (code, True), (arguments, done)
    assert state() == before
    assert answer_of(run_command(*typo, "--confirm", "--json"))["prices"][0]["moves_by_half"] is True
    assert counter.prices()[counter.by_sku("AURA-NOIR")] == 299


def test_many_prices_and_planned_ones_by_command(counter: Counter) -> None:
    done = answer_of(run_command("products", "price", "change", "-10", "--product", "aura", "--yes", "--json"))
    assert [(each["old_cents"], each["new_cents"]) for each in done["prices"]] == [(34_900, 31_410)] * 2
    done = answer_of(run_command("products", "price", "change", "+5,5%", "--all", "--dry-run", "--json"))
    assert ([each["new_cents"] for each in done["prices"]], done["done"]) == ([33_138, 33_138], False)
    made = run_command("products", "price", "plan", "AURA-NOIR", "29900", "--at", "3d", "--reason", "Avent", "--json")
    assert isinstance(made.answer, list), made.err
    (planned,) = made.answer
    assert (made.code, planned["amount_cents"], planned["status"]) == (0, 29_900, "planned")
    listed = run_command("products", "price", "planned", "--status", "planned")
    assert (listed.code, planned["id"] in listed.out, "AURA-NOIR" in listed.out) == (0, True, True)
    canceled = run_command("products", "price", "cancel", planned["id"], "--json")
    assert isinstance(canceled.answer, list), canceled.err
    assert canceled.answer[0]["status"] == "canceled"
    assert counter.prices() == {counter.black: 31_410, counter.green: 31_410}
