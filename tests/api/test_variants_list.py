"""GET /store/product-variants: a variant by itself, with a word on its product and its pictures."""

import pytest

from app.catalogue.models import ProductVariant
from app.core.db import unit_of_work
from tests.factories.catalogue import make_product
from tests.factories.storefront import Storefront
from tests.rows import row


@pytest.fixture
def variant_ids(storefront: Storefront) -> list[str]:
    """Two variants for sale, and a draft's beside them."""
    product = storefront.product(colours=("Noir", "Vert"), stock=3)
    with unit_of_work("test") as session:
        make_product(session, storefront.shop.channel.id, handle="brouillon", status="draft")
        session.get_one(ProductVariant, product.variants[1].id).barcode = "3700000000001"
        session.get_one(ProductVariant, product.variants[1].id).manages_stock = False
    return [variant.id for variant in product.variants]


@row("S0-015")
def test_one_variant(storefront: Storefront, variant_ids: list[str]) -> None:
    variant = storefront.get(f"/product-variants/{variant_ids[0]}").json()["variant"]
    assert (variant["id"], variant["sku"], variant["title"]) == (variant_ids[0], "AURA-NOIR", "Noir")
    assert variant["product"] == {"id": variant["product_id"], "type_id": None}
    assert [image["rank"] for image in variant["images"]] == [0, 1]
    assert [entry["value"] for entry in variant["options"]] == ["Noir"]
    assert variant["calculated_price"]["calculated_amount"] == 349
    assert "inventory_quantity" not in variant
    asked = "*images,+inventory_quantity,*product"
    more = storefront.get(f"/product-variants/{variant_ids[0]}", fields=asked, country_code="fr").json()["variant"]
    assert (more["inventory_quantity"], more["product"]["handle"]) == (3, "aura")
    assert more["calculated_price"]["calculated_amount_without_tax"] == 290.83


def test_variants_are_filtered(storefront: Storefront, variant_ids: list[str]) -> None:
    def skus(**params: str | int | list[str]) -> list[str]:
        body = storefront.get("/product-variants", **params).json()
        return [each["sku"] for each in body["variants"]]

    body = storefront.get("/product-variants").json()
    assert (body["count"], body["limit"], len(body["variants"])) == (2, 20, 2)
    assert skus(order="sku") == ["AURA-NOIR", "AURA-VERT"]
    assert skus(order="-sku", limit=1) == ["AURA-VERT"]
    assert skus(id=variant_ids, order="-title") == ["AURA-VERT", "AURA-NOIR"]
    assert skus(sku="AURA-VERT") == skus(barcode="3700000000001") == skus(manage_inventory="false") == ["AURA-VERT"]
    assert skus(q="vert") == skus(q="370000") == ["AURA-VERT"]
    assert skus(sku="BROUILLON-NOIR") == skus(ean="1") == skus(allow_backorder="true") == skus(q="brouillon") == []
    assert skus(product_id=body["variants"][0]["product_id"], order="title") == ["AURA-NOIR", "AURA-VERT"]


def test_a_variant_that_is_not_for_sale_is_not_found(storefront: Storefront, variant_ids: list[str]) -> None:
    with unit_of_work("test") as session:
        hidden = session.query(ProductVariant.id).filter_by(sku="BROUILLON-NOIR").scalar()
    for variant_id in ("variant_x", str(hidden)):
        missing = storefront.get(f"/product-variants/{variant_id}")
        assert (missing.status_code, missing.json()["type"]) == (404, "not_found")
        assert missing.json()["message"] == f"Variant with id: {variant_id} was not found"
