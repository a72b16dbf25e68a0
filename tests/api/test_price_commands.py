"""`comptoir products price`: cents that are typed, euros that are shown, and a question before anything changes."""

import pytest
from fastapi.testclient import TestClient

from app.core.db import unit_of_work
from app.pricing.service import NewPrice, set_prices
from tests.api.price_counter import LAST_SET, Counter, Document, state
from tests.command import Done, run_command
from tests.factories.shop import MadeShop
from tests.rows import row
from tests.shop_front import read_rows

REFUSED = (
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
)


@pytest.fixture
def counter(client: TestClient, shop: MadeShop) -> Counter:
    return Counter(client, shop)


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


def test_a_typo_is_refused_and_nothing_changes(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    with unit_of_work("test") as session:
        set_prices(session, [NewPrice(each, "eur", 29_900) for each in (counter.black, counter.green)])
    before = state()
    typo = ("products", "price", "set", "AURA-NOIR", "299", "--yes")
    refused = run_command(*typo)
    assert (refused.code, "29900 = 299.00 EUR -> 299 = 2.99 EUR" in refused.err, state()) == (1, True, before)
    for arguments, code, said in REFUSED:
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
