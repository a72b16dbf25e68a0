"""Products that people make and change over the Admin API: what is asked is there, what is refused changes nothing."""

from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from app.core.db import unit_of_work
from app.stock.service import receive, reserve
from tests.command import run_command
from tests.factories.catalogue import make_product
from tests.money_back import Staff, buy, hire
from tests.rows import row
from tests.shop_front import Buyer, FakeStripe, read_rows
from tests.statements import counted_statements

Json = dict[str, Any]
TABLES = (
    "product", "product_variant", "product_option", "product_option_value", "variant_option_link", "product_image",
    "price", "product_tag_link", "product_category_link", "product_channel_link", "audit_log",
)  # fmt: skip
AUDIT = "SELECT action, actor, details FROM audit_log WHERE subject = :id ORDER BY id"
NOVA: Json = {
    "title": "Nova Étoile",
    "subtitle": "Monture souple",
    "description": "# Nova\n\nUne *monture*.",
    "options": [{"title": "Couleur", "values": ["Noir", "Vert"]}, {"title": "Taille", "values": ["M"]}],
    "variants": [
        {
            "title": "Noir M",
            "sku": "NOVA-NOIR",
            "ean": "3760000000017",
            "weight": 28,
            "options": {"Couleur": "Noir", "Taille": "M"},
            "prices": [{"currency_code": "eur", "amount": 349}, {"currency_code": "CHF", "amount": 360.5}],
        },
        {"title": "Vert M", "options": {"Couleur": "Vert", "Taille": "M"}, "prices": []},
    ],
    "images": [{"url": "/static/nova-1.webp"}, {"url": "https://example.com/nova-2.jpg"}],
    "metadata": {"brand": "Nova"},
}


def state() -> tuple[object, ...]:
    """All that products consist of."""
    return tuple(read_rows(f"SELECT to_jsonb(t) FROM {name} t ORDER BY to_jsonb(t)::text") for name in TABLES)  # noqa: S608


def product_in(answer: httpx2.Response) -> Json:
    """The product that was answered."""
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()["product"]
    return found


@dataclass
class Shop:
    """Somebody who sells, somebody who looks, and a product of the former's hand."""

    buyer: Buyer
    staff: Staff
    product: Json = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where the product is."""
        return f"/products/{self.product['id']}"

    def post(self, path: str = "", **given: object) -> httpx2.Response:
        """Change it."""
        return self.staff.post(f"{self.path}{path}", **given)

    def variant(self, place: int) -> str:
        """The id of its variant at this place."""
        return str(self.product["variants"][place]["id"])

    def refuses(self, answer: httpx2.Response, status: int, code: str, said: str = "") -> None:
        """What was asked was refused in these words."""
        body = answer.json()
        assert (answer.status_code, body["code"], said in body["message"]) == (status, code, True), body


@pytest.fixture
def nova(buyer: Buyer) -> Shop:
    shop = Shop(buyer, hire(buyer, "staff"))
    shop.product = product_in(shop.staff.post("/products", **NOVA))
    return shop


@row("S0-070", "S0-071")
def test_a_product_is_made_with_all_its_parts_and_read_again(nova: Shop) -> None:
    made = nova.product
    assert (made["handle"], made["status"], made["thumbnail"].endswith("/static/nova-1.webp")) == (
        "nova-etoile", "draft", True,
    )  # fmt: skip
    assert [(each["title"], [value["value"] for value in each["values"]]) for each in made["options"]] == [
        ("Couleur", ["Noir", "Vert"]),
        ("Taille", ["M"]),
    ]
    black, green = made["variants"]
    assert [(each["currency_code"], each["amount"]) for each in black["prices"]] == [("chf", 360.5), ("eur", 349)]
    assert (black["sku"], black["ean"], black["weight"], green["sku"], green["prices"]) == (
        "NOVA-NOIR", "3760000000017", 28, None, [],
    )  # fmt: skip
    assert {each["option"]["title"]: each["value"] for each in green["options"]} == {"Couleur": "Vert", "Taille": "M"}
    assert [channel["name"] for channel in made["sales_channels"]] == ["Boutique en ligne"]
    assert read_rows("SELECT currency_code, amount_cents FROM price ORDER BY 1 DESC LIMIT 1") == [("eur", 34_900)]
    rows: list[Any] = [*read_rows(AUDIT, id=made["id"])]
    ((action, actor, details),) = rows
    assert (action, actor, details["title"]) == (
        "product.create", "staff:user_staff", {"before": None, "after": "Nova Étoile"},
    )  # fmt: skip
    assert product_in(nova.staff.get(nova.path)) == made
    found = nova.staff.get("/products?q=etoile&status[0]=draft&fields=id,title,variants.sku").json()
    assert (found["count"], found["products"]) == (
        1, [{"id": made["id"], "title": "Nova Étoile", "variants": [
            {"id": black["id"], "sku": "NOVA-NOIR"}, {"id": green["id"], "sku": None}]}],
    )  # fmt: skip
    assert nova.staff.get("/products?status=published&q=nova").json()["count"] == 0
    pieces = product_in(nova.staff.get(f"{nova.path}?fields=%2Bvariants.inventory_quantity"))["variants"]
    assert [each["inventory_quantity"] for each in pieces] == [0, 0]


MADE: tuple[tuple[Json, int, str, str], ...] = (
    ({"handle": "aura"}, 400, "handle_taken", "Product with handle: aura, already exists."),
    ({"handle": "Pas bon"}, 400, "invalid_product", "Invalid product handle"),
    ({"title": "!!!"}, 400, "invalid_product", "No handle can be made"),
    ({"options": []}, 400, "invalid_data", "options"),
    ({"status": "proposed"}, 400, "invalid_data", "status"),
    ({"status": "published"}, 400, "not_publishable", "the price of a variant"),
    ({"images": [{"url": "javascript:alert(1)"}]}, 400, "invalid_data", "https://"),
    ({"images": [{"url": "//evil.example/x.png"}]}, 400, "invalid_data", "https://"),
    ({"categories": [{"id": "pcat_x"}]}, 400, "unknown_reference", "pcat_x"),
    ({"sales_channels": [{"id": "sc_x"}]}, 400, "unknown_reference", "sc_x"),
    ({"type_id": "ptyp_x"}, 400, "unknown_reference", "ptyp_x"),
    ({"unknown": 1}, 400, "invalid_data", "Unrecognized fields: 'unknown'"),
)
VARIANTS: tuple[tuple[Json, str, str], ...] = (
    ({"sku": "AURA-NOIR"}, "sku_taken", "Product variant with sku: AURA-NOIR, already exists."),
    ({"prices": [{"currency_code": "eur", "amount": -1}]}, "invalid_data", "amount"),
    ({"prices": [{"currency_code": "eur", "amount": 0.001}]}, "invalid_data", "more decimals"),
    ({"prices": [{"currency_code": "zzz", "amount": 1}]}, "unknown_currency", "zzz"),
    ({"prices": [{"currency_code": "eur", "amount": "12"}]}, "invalid_data", "amount"),
    ({"options": {"Couleur": "Rose", "Taille": "M"}}, "invalid_product", "Rose"),
    ({"options": {"Couleur": "Vert", "Taille": "M"}}, "invalid_product", "same options"),
    ({"options": {"Couleur": "Noir"}}, "invalid_product", "one value for each of"),
    ({"allow_backorder": True}, "invalid_product", "backorders"),
)


def test_what_cannot_be_made_is_refused_and_nothing_is_there(buyer: Buyer) -> None:
    shop = Shop(buyer, hire(buyer, "staff"))
    before = state()
    for change, status, code, said in MADE:
        shop.refuses(shop.staff.post("/products", **{**NOVA, **change}), status, code, said)
    for change, code, said in VARIANTS:
        black, green = NOVA["variants"]
        shop.refuses(
            shop.staff.post("/products", **{**NOVA, "variants": [{**black, **change}, green]}), 400, code, said
        )
    reader = hire(buyer, "readonly")
    assert (reader.post("/products", **NOVA).status_code, reader.get("/products").status_code) == (403, 200)
    assert state() == before


@row("S0-075", "S0-141")
def test_a_product_is_published_once_it_can_be_bought_and_keeps_its_address(nova: Shop) -> None:
    before = state()
    nova.refuses(nova.post(status="published"), 400, "not_publishable", "Il manque : le prix d'une variante.")
    assert state() == before
    nova.post(f"/variants/{nova.variant(1)}", prices=[{"currency_code": "eur", "amount": 349}])
    assert product_in(nova.post(status="published", handle="nova"))["handle"] == "nova"
    assert len(nova.buyer.http.get("/store/products?handle=nova").json()["products"]) == 1
    kept = state()
    nova.refuses(nova.post(handle="nova-2"), 400, "invalid_product", "Create another product")
    nova.refuses(nova.post(images=[]), 400, "not_publishable", "a picture")
    nova.refuses(nova.post(variants=[]), 400, "not_publishable", "a variant")
    more = {"title": "Bleu", "options": {"Couleur": "Noir", "Taille": "L"}}
    nova.refuses(nova.post("/variants", **more), 400, "invalid_product", "L")
    assert state() == kept
    for status in ("draft", "archived"):
        assert product_in(nova.post(status=status))["status"] == status
        nova.refuses(nova.post(handle="nova-2"), 400, "invalid_product", "Create another product")
    assert nova.buyer.http.get("/store/products?handle=nova").json()["count"] == 0
    rows: list[Any] = [*read_rows(AUDIT, id=nova.product["id"])]
    said = [details["status"] for _, _, details in rows if "status" in details]
    assert said[1:] == [
        {"before": "draft", "after": "published"},
        {"before": "published", "after": "draft"},
        {"before": "draft", "after": "archived"},
    ]


@row("S0-085")
def test_lists_replace_and_the_first_picture_is_the_thumbnail(nova: Shop) -> None:
    first, second = [image["url"] for image in nova.product["images"]]
    ids = {image["url"]: image["id"] for image in nova.product["images"]}
    turned = product_in(nova.post(images=[{"url": second}, {"url": "/static/nova-3.webp"}, {"url": first}]))
    assert [image["rank"] for image in turned["images"]] == [0, 1, 2]
    assert [ids.get(image["url"]) for image in turned["images"]] == [ids[second], None, ids[first]]
    assert turned["thumbnail"] == second
    thumbed = product_in(nova.post(thumbnail="/static/nova-3.webp"))
    assert [image["url"].rpartition("/")[2] for image in thumbed["images"]] == [
        "nova-3.webp",
        "nova-2.jpg",
        "nova-1.webp",
    ]
    assert thumbed["thumbnail"] == thumbed["images"][0]["url"]
    own = nova.post(f"/variants/{nova.variant(0)}/images/batch", add=[ids[first]], remove=[])
    assert (own.status_code, own.json()) == (200, {"added": [ids[first]], "removed": []})
    shown = nova.staff.get(f"{nova.path}/variants?fields=id,images.id").json()["variants"]
    assert {each["id"]: [image["id"] for image in each["images"]] for each in shown} == {
        nova.variant(0): [ids[first]],
        nova.variant(1): [image["id"] for image in thumbed["images"]],
    }
    tag = nova.staff.post("/product-tags", value="nouveau").json()["product_tag"]["id"]
    kind = nova.staff.post("/product-types", value="lunettes").json()["product_type"]["id"]
    tagged = product_in(nova.post(tags=[{"id": tag}], type_id=kind, metadata=None, sales_channels=None, weight=30))
    assert ([each["value"] for each in tagged["tags"]], tagged["type"]["value"], tagged["sales_channels"]) == (
        ["nouveau"], "lunettes", [],
    )  # fmt: skip
    assert (tagged["metadata"], tagged["weight"], tagged["title"]) == (None, 30, "Nova Étoile")
    assert product_in(nova.post(tags=[], type_id=None))["tags"] == []
    nova.refuses(nova.post(title=None), 400, "invalid_data", "'title' cannot be null")


def matrix(product: Json) -> list[dict[str, str]]:
    """What each variant has of each option."""
    return [{each["option"]["title"]: each["value"] for each in one["options"]} for one in product["variants"]]


def test_options_and_variants_stay_a_matrix_whatever_changes(nova: Shop) -> None:
    shaped = product_in(nova.post("/options", title="Verre", values=["Clair", "Fumé"]))
    assert matrix(shaped) == [
        {"Couleur": "Noir", "Taille": "M", "Verre": "Clair"},
        {"Couleur": "Vert", "Taille": "M", "Verre": "Clair"},
    ]
    options = {each["title"]: each["id"] for each in shaped["options"]}
    smoked = {"Couleur": "Noir", "Taille": "M", "Verre": "Fumé"}
    asked = [{"currency_code": "eur", "amount": 359}]
    made = product_in(nova.post("/variants", title="Noir fumé", sku="NOVA-3", options=smoked, prices=asked))
    assert [each["sku"] for each in made["variants"]] == ["NOVA-NOIR", None, "NOVA-3"]
    before = state()
    nova.refuses(
        nova.post(f"/options/{options['Verre']}", values=["Clair"]), 400, "invalid_product", "that of a variant"
    )
    nova.refuses(nova.staff.delete(f"{nova.path}/options/{options['Verre']}"), 400, "invalid_product", "same options")
    nova.refuses(
        nova.post("/variants", title="Encore", options=matrix(made)[0]), 400, "invalid_product", "same options"
    )
    nova.refuses(nova.post(f"/variants/{nova.variant(1)}", options={"Couleur": "Noir"}), 400, "invalid_product", "same")
    nova.refuses(nova.post(f"/variants/{nova.variant(1)}", sku="NOVA-3"), 400, "sku_taken", "NOVA-3")
    nova.refuses(nova.post("/variants", title="Rien", allow_backorder=True), 400, "invalid_product", "backorders")
    nova.refuses(nova.post("/options/opt_x", title="A"), 404, "option_not_found")
    nova.refuses(nova.post("/variants/variant_x", title="A"), 404, "variant_not_found")
    assert state() == before
    renamed = product_in(nova.post(f"/options/{options['Couleur']}", title="Teinte", values=["Vert", "Noir", "Bleu"]))
    assert [value["value"] for value in renamed["options"][0]["values"]] == ["Vert", "Noir", "Bleu"]
    blue = product_in(nova.post(f"/variants/{nova.variant(1)}", title="Bleu", options={"Teinte": "Bleu"}))
    assert matrix(blue)[1] == {"Teinte": "Bleu", "Taille": "M", "Verre": "Clair"}


def test_both_lists_at_once_leave_what_they_name(nova: Shop) -> None:
    """As Medusa's Admin sends them; then several variants at once, and an option taken away."""
    asked = [{"currency_code": "eur", "amount": 359}]
    whole = product_in(nova.post(
        options=[{"id": nova.product["options"][0]["id"], "title": "Teinte", "values": ["Noir", "Rouge"]}],
        variants=[{"id": nova.variant(0), "title": "Noir", "options": {"Teinte": "Noir"}},
                  {"title": "Rouge", "options": {"Teinte": "Rouge"}, "prices": asked}],
    ))  # fmt: skip
    assert (matrix(whole), [each["title"] for each in whole["options"]]) == (
        [{"Teinte": "Noir"}, {"Teinte": "Rouge"}], ["Teinte"],
    )  # fmt: skip
    assert [price["amount"] for price in whole["variants"][1]["prices"]] == [359]
    batch = nova.post("/variants/batch", create=[], update=[{"id": nova.variant(0), "title": "Onyx"}], delete=[
        whole["variants"][1]["id"]])  # fmt: skip
    assert ([each["title"] for each in batch.json()["updated"]], batch.json()["deleted"]["ids"]) == (
        ["Onyx"], [whole["variants"][1]["id"]],
    )  # fmt: skip
    gone = nova.staff.delete(f"{nova.path}/options/{whole['options'][0]['id']}").json()
    assert (gone["deleted"], gone["parent"]["options"], matrix(gone["parent"])) == (True, [], [{}])


def test_of_two_who_change_the_same_version_the_second_reads_again(nova: Shop) -> None:
    version = nova.staff.get(nova.path).headers["etag"]
    headers = {**nova.staff.headers, "if-match": version}
    first = nova.buyer.http.post(f"/admin{nova.path}", headers=headers, json={"title": "Un"})
    assert (first.status_code, first.headers["etag"] != version) == (200, True)
    before = state()
    for method, path in (("POST", ""), ("DELETE", ""), ("POST", f"/variants/{nova.variant(0)}"), ("POST", "/variants")):
        body = {"title": "Deux"}
        again = nova.buyer.http.request(method, f"/admin{nova.path}{path}", headers=headers, json=body)
        nova.refuses(again, 412, "changed_meanwhile")
    assert state() == before


@row("S0-140")
def test_what_was_sold_is_archived_and_what_was_not_is_deleted(nova: Shop, fake_stripe: FakeStripe) -> None:
    sold = buy(nova.buyer, fake_stripe)
    ((product_id, variant_id),) = read_rows(
        'SELECT product_id, variant_id FROM order_line WHERE order_id = :id', id=sold.order_id
    )  # fmt: skip
    with unit_of_work("test") as session:
        receive(session, nova.variant(0), 3)
        ((channel_id,),) = read_rows("SELECT id FROM sales_channel")
        made = make_product(session, str(channel_id), handle="promise")
        reserve(session, "cart_of_a_payer", {made.variants[0].id: 1})
    before = state()
    for staff in (nova.staff, hire(nova.buyer)):
        nova.refuses(staff.delete(f"/products/{product_id}"), 409, "product_has_orders", "archivez-le")
        gone = staff.delete(f"/products/{product_id}/variants/{variant_id}")
        nova.refuses(gone, 409, "product_has_orders", "archive it")
        nova.refuses(staff.post(f"/products/{product_id}", variants=[]), 409, "product_has_orders")
        nova.refuses(staff.post("/products/batch", delete=[nova.product["id"], product_id]), 409, "product_has_orders")
        nova.refuses(staff.delete(f"/products/{made.id}"), 409, "product_is_being_bought", "quart d'heure")
        nova.refuses(staff.delete("/products/prod_x"), 404, "product_not_found")
    assert state() == before
    assert product_in(nova.staff.post(f"/products/{product_id}", status="archived"))["status"] == "archived"
    gone = nova.staff.delete(nova.path)
    assert (gone.status_code, gone.json()) == (200, {"id": nova.product["id"], "object": "product", "deleted": True})
    assert nova.staff.get(nova.path).status_code == 404
    left = (
        "SELECT (SELECT count(*) FROM price_history WHERE variant_id = :id AND amount_cents IS NOT NULL),"
        " (SELECT sum(delta) FROM stock_movement WHERE variant_id = :id)"
    )
    assert read_rows(left, id=nova.variant(0)) == [(2, 3)], "what it cost and what moved is kept"
    assert read_rows(AUDIT, id=nova.product["id"])[-1][:2] == ("product.delete", "staff:user_staff")


@row("S0-077")
def test_commands_find_publish_and_archive_a_product(nova: Shop) -> None:
    named = {"etoile": ["nova-etoile"], "NOVA-NOIR": ["nova-etoile"], "nova etoile": ["nova-etoile"], "rien": []}
    for words, handles in named.items():
        found: Any = run_command("products", "find", *words.split(), "--json").answer
        assert [each["handle"] for each in found] == handles, words
    refused = run_command("products", "publish", "nova-etoile")
    assert (refused.code, "Il manque : le prix d'une variante" in refused.err) == (1, True)
    nova.post(f"/variants/{nova.variant(1)}", prices=[{"currency_code": "eur", "amount": 349}])
    done: Any = run_command("products", "publish", "NOVA-NOIR", "--reason", "Collection d'hiver", "--json").answer
    assert (done["handle"], done["status"]) == ("nova-etoile", "published")
    for verb, status in (("draft", "draft"), ("archive", "archived")):
        assert run_command("products", verb, "nova-etoile").code == 0
        listed: Any = run_command("products", "list", "--status", status, "--json").answer
        assert [each["handle"] for each in listed] == ["nova-etoile"]
    whole: Any = run_command("products", "show", "nova-etoile", "--json").answer
    assert [price["amount_cents"] for each in whole["variants"] for price in each["prices"]] == [36_050, 34_900, 34_900]
    unknown = run_command("products", "archive", "rien")
    assert (unknown.code, "produit inconnu" in unknown.err) == (1, True)
    rows: list[Any] = [*read_rows(AUDIT, id=nova.product["id"])]
    reasons = [
        (actor.partition(":")[0], details["reason"]["after"]) for _, actor, details in rows if "reason" in details
    ]
    assert reasons == [("cli", "Collection d'hiver")]


def test_a_page_of_products_takes_as_many_statements_however_many_there_are(nova: Shop) -> None:
    counted = []
    for more in (1, 6):
        for number in range(more):
            body = {**NOVA, "title": f"Nova {more} {number}"}
            body["variants"] = [{**each, "sku": None} for each in NOVA["variants"]]
            assert nova.staff.post("/products", **body).status_code == 200
        with counted_statements() as statements:
            assert nova.staff.get("/products?fields=%2Bcategories.id,%2Bvariants.inventory_quantity").status_code == 200
        counted.append(len(statements))
    assert counted[0] == counted[1], statements
