"""Prices that people change over HTTP: many at once after a look, and for later; what is refused, what is noted."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import list_jobs, run_job
from app.pricing.service import set_price
from app.worker.modules import import_job_modules
from tests.api.price_counter import LAST_SET, Counter, refusal, state
from tests.factories.catalogue import make_product
from tests.factories.shop import MadeShop
from tests.shop_front import read_rows
from tests.staff_files import hire_into

LOOKS, CHANGES, PLANS = "/price-changes/preview", "/price-changes", "/scheduled-prices"
# Where, what (over a price of 300 for black), and the answer.
REFUSED_LOOKS: tuple[tuple[dict[str, object], int, str], ...] = (
    ({}, 400, "invalid_data"),
    ({"prices": [{}]}, 400, "invalid_data"),
    ({"prices": [300], "percentage": 5, "currency_code": "eur"}, 400, "invalid_data"),
    ({"percentage": 5}, 400, "invalid_data"),
    ({"percentage": -101, "currency_code": "eur"}, 400, "invalid_data"),
    ({"percentage": 5, "currency_code": "eur"}, 400, "nothing_to_change"),
    ({"prices": [349]}, 400, "nothing_to_change"),
    ({"prices": [-1]}, 400, "invalid_data"),
    ({"prices": [0.001]}, 400, "invalid_data"),
    ({"prices": [1], "variant_id": "variant_none"}, 400, "unknown_variant"),
    ({"prices": [1], "currency_code": "zzz"}, 400, "unknown_currency"),
)
REFUSED_PLANS: tuple[tuple[list[int], object, int, str], ...] = (
    ([], "tomorrow", 400, "invalid_data"),
    ([300], "2020-01-01T00:00:00Z", 400, "invalid_instant"),
    ([300], "2126-01-01T00:00:00Z", 400, "invalid_instant"),
    ([300], 1_900_000_000, 400, "invalid_data"),
    ([300], "2026-12-01T00:00", 400, "invalid_data"),
    ([1], "tomorrow", 409, "price_moves_by_half"),
)


@pytest.fixture
def counter(client: TestClient, shop: MadeShop) -> Counter:
    return Counter(client, shop)


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


def test_a_look_that_shows_nothing_is_refused(counter: Counter) -> None:
    before = state()
    for given, status, code in REFUSED_LOOKS:
        body = dict(given)
        amounts = body.get("prices")
        if isinstance(amounts, list) and amounts != [{}]:
            code_of_it = body.get("currency_code", "eur") if "percentage" not in body else "eur"
            priced = counter.price(str(body.pop("variant_id", counter.black)), amounts[0])
            body["prices"] = [{**priced, "currency_code": code_of_it}]
            if "percentage" not in body:
                body.pop("currency_code", None)
        assert refusal(counter.staff.post(LOOKS, **body)) == (status, code), given
    assert state() == before


def test_what_cannot_be_changed_or_planned_stays_as_it_is(counter: Counter, client: TestClient) -> None:
    reader = hire_into(client, "readonly")
    with unit_of_work("test") as session:
        old = make_product(session, counter.shop.channel.id, handle="vieux").variants[0].id
        session.execute(text("UPDATE product SET status = 'archived' WHERE handle = 'vieux'"))
    good, archived = counter.price(counter.black, 300), counter.price(old, 340)
    tomorrow = (utc_now() + timedelta(days=1)).isoformat()
    token = counter.preview(prices=[archived])["token"]
    before = state()
    for who, path, given, status, code in (
        (reader, LOOKS, {"prices": [good]}, 403, "not_for_this_role"),
        (reader, CHANGES, {"prices": [good], "token": "none"}, 403, "not_for_this_role"),
        (reader, PLANS, {"prices": [good], "applies_at": tomorrow}, 403, "not_for_this_role"),
        (counter.staff, CHANGES, {"prices": [good], "token": "none"}, 409, "prices_changed_meanwhile"),
        (counter.staff, CHANGES, {"prices": [archived], "token": token}, 409, "product_archived"),
        (counter.staff, PLANS, {"prices": [archived], "applies_at": tomorrow}, 409, "product_archived"),
        (counter.staff, f"{PLANS}/sprice_none/cancel", {}, 404, "scheduled_price_not_found"),
    ):
        answer = who.post(path, **given)
        assert refusal(answer) == (status, code), (path, given, answer.text)
    for amounts, instant, status, code in REFUSED_PLANS:
        prices = [counter.price(counter.black, amount) for amount in amounts]
        answer = counter.staff.post(PLANS, prices=prices, applies_at=tomorrow if instant == "tomorrow" else instant)
        assert refusal(answer) == (status, code), (amounts, instant, answer.text)
    assert state() == before


def due() -> None:
    """The instant of every planned price has come."""
    with unit_of_work("test") as session:
        session.execute(text("UPDATE scheduled_price SET applies_at = now() - interval '1 second'"))


def apply_scheduled_prices() -> None:
    """What the worker does each minute."""
    import_job_modules()
    run_job(next(job for job in list_jobs() if job.name == "pricing.apply_scheduled"), {})


def test_a_planned_price_is_applied_once_or_canceled(counter: Counter) -> None:
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


def test_a_planned_price_of_what_was_archived_meanwhile_is_refused_with_why(counter: Counter) -> None:
    tomorrow = (utc_now() + timedelta(days=1)).isoformat()
    late = counter.staff.post("/scheduled-prices", prices=[counter.price(counter.black, 310)], applies_at=tomorrow)
    with unit_of_work("test") as session:
        session.execute(text("UPDATE product SET status = 'archived'"))
    due()
    apply_scheduled_prices()
    page = counter.staff.get("/scheduled-prices?status=refused").json()
    assert (page["count"], page["scheduled_prices"][0]["id"]) == (1, late.json()["scheduled_prices"][0]["id"])
    assert page["scheduled_prices"][0]["refused_code"] == "product_archived"
    assert counter.prices()[counter.black] == 34_900
