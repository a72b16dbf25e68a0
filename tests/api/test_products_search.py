"""GET /store/products?q=: accents and small slips forgiven, the best match first, nothing hidden found."""

from app.catalogue.models import ProductVariant
from app.catalogue.rules import NewOption, NewProduct, NewVariant
from app.catalogue.update_product import ProductChanges, update_product
from app.core.db import unit_of_work
from app.pricing.service import set_price
from tests.factories.catalogue import make_priced
from tests.factories.storefront import Storefront

SHELF = {
    "aura": ("Aura", "Monture connectée", "Des verres polarisés, légère en acétate."),
    "nova": ("Nova", "Lunettes de vue", "Titane brossé, plus léger qu'Aura."),
    "music-shield": ("Music Shield", "Lunettes audio", "Bluetooth, protection UV."),
    "coeur": ("Étui Cœur", None, None),
}


def fill(storefront: Storefront, *, status: str = "published") -> None:
    """Four products; each variant has a SKU, a barcode, an EAN and a UPC."""
    with unit_of_work("test") as session:
        for place, (handle, (title, subtitle, description)) in enumerate(SHELF.items()):
            variant = NewVariant(
                "Noir fumé",
                {"Teinte": "Noir"},
                sku=f"{handle[:4]}-nf".upper(),
                barcode=f"370000000000{place}",
                ean=f"980000000000{place}",
                upc=f"61414100003{place}",
            )
            new = NewProduct(
                title,
                handle,
                (variant,),
                (NewOption("Teinte", ("Noir",)),),
                subtitle=subtitle,
                description=description,
                status=status,
                sales_channel_ids=(storefront.shop.channel.id,),
            )
            make_priced(session, new)


def found(storefront: Storefront, text: str, **params: str | int) -> list[str]:
    answer = storefront.get("/products", q=text, **params)
    assert answer.status_code == 200, answer.text
    return [product["handle"] for product in answer.json()["products"]]


EXACT = {
    "ETUI": ["coeur"],
    "coeur": ["coeur"],
    "CŒUR": ["coeur"],
    "connectee": ["aura"],
    "Lunettes": ["nova", "music-shield"],
    "lunettes audio": ["music-shield"],
    "audio lunettes": ["music-shield"],
    "polarisés": ["aura"],
    "musi-nf": ["music-shield"],
    "3700000000002": ["music-shield"],
    "9800000000001": ["nova"],
    "614141000030": ["aura"],
    "noir fume": ["aura", "nova", "music-shield", "coeur"],
    "uv": ["music-shield"],
    "v": ["aura", "nova"],
    "u": ["music-shield"],
}
SLIPS = {
    "aurra": ["aura", "nova"],  # the second one mentions it
    "novva": ["nova"],
    "nvoa": ["nova"],
    "music sheild": ["music-shield"],
    "sheild": ["music-shield"],
    "lunnettes audoi": ["music-shield"],
    "lunetes": ["nova", "music-shield"],
    "polarizés": ["aura"],
    "bluetoth": ["music-shield"],
    "titan brossé": ["nova"],
    "étuit": ["coeur"],
}
NOTHING = ("chaise", "table basse", "%", "_", "\\", "''", "&|!", "()", "%%%%", "x" * 255, "🕶")


def test_words_are_found_without_accents_and_capitals(storefront: Storefront) -> None:
    fill(storefront)
    assert {text: sorted(found(storefront, text)) for text in EXACT} == {
        text: sorted(handles) for text, handles in EXACT.items()
    }


def test_small_slips_are_forgiven_where_nothing_is_found(storefront: Storefront) -> None:
    fill(storefront)
    assert {text: sorted(found(storefront, text)) for text in SLIPS} == {
        text: sorted(handles) for text, handles in SLIPS.items()
    }
    assert {text: found(storefront, text) for text in NOTHING} == {text: [] for text in NOTHING}


def test_the_title_comes_before_a_mention_unless_an_order_is_asked_for(storefront: Storefront) -> None:
    fill(storefront)
    assert found(storefront, "aura") == ["aura", "nova"]
    assert found(storefront, "nova") == ["nova"]
    assert found(storefront, "aura", order="-title") == ["nova", "aura"]
    answer = storefront.get("/products", q="lunettes", limit=1, offset=1).json()
    assert (answer["count"], len(answer["products"])) == (2, 1)
    assert found(storefront, "lunettes", handle="nova") == ["nova"]


def test_nothing_hidden_is_found(storefront: Storefront) -> None:
    fill(storefront, status="draft")
    assert [found(storefront, text) for text in ("aura", "aurra", "3700000000002")] == [[], [], []]


def test_words_follow_every_change(storefront: Storefront) -> None:
    fill(storefront)
    with unit_of_work("test") as session:
        aura = storefront.get("/products", handle="aura").json()["products"][0]
        update_product(session, aura["id"], ProductChanges(title="Éclipse", description=None))
        session.get_one(ProductVariant, aura["variants"][0]["id"]).sku = "ZZZ-99"
    assert (found(storefront, "eclipse"), found(storefront, "zzz-99")) == (["aura"], ["aura"])
    assert (found(storefront, "polarisés"), found(storefront, "monture")) == ([], ["aura"])
    assert found(storefront, "aura-nf") == ["nova"]  # resembles what it mentions; nobody has that SKU any more
    with unit_of_work("test") as session:  # a draft may be without; this one is published, and gets another
        variant = session.get_one(ProductVariant, aura["variants"][0]["id"])
        more = ProductVariant(id="variant_more", product_id=aura["id"], title="Bleu")
        session.add(more)
        session.delete(variant)
        session.flush()
        set_price(session, "variant_more", "eur", 1_000)
    assert (found(storefront, "zzz-99"), found(storefront, "eclipse")) == ([], ["aura"])
