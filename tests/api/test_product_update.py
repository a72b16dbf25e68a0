"""Changes of the catalogue as storefronts see them: published, drawn back, moved; refused ones change nothing."""

import pytest
from sqlalchemy import func, select

from app.catalogue.errors import HandleTaken, InvalidProduct, ProductNotFound, SkuTaken, UnknownReference
from app.catalogue.models import Product, ProductVariant
from app.catalogue.rules import NewProduct, NewVariant
from app.catalogue.service import create_category, create_collection, create_product, create_tag, create_type
from app.catalogue.update_product import ProductChanges, set_status, update_product
from app.core.audit_log import AuditLog
from app.core.db import unit_of_work
from app.core.errors import Refusal
from tests.factories.catalogue import make_product
from tests.factories.storefront import Storefront
from tests.rows import row


def shown(storefront: Storefront) -> list[str]:
    return [product["handle"] for product in storefront.get("/products").json()["products"]]


def audited(product_id: str) -> list[tuple[str, dict[str, object]]]:
    with unit_of_work("test") as session:
        query = select(AuditLog).where(AuditLog.subject == product_id).order_by(AuditLog.id)
        return [(line.action, line.details) for line in session.scalars(query)]


@row("S0-014", "S0-075")
def test_a_product_is_seen_while_it_is_published(storefront: Storefront) -> None:
    with unit_of_work("test") as session:
        product = make_product(session, storefront.shop.channel.id, status="draft")
    seen = [shown(storefront)]
    for status in ("published", "draft", "published", "archived", "published"):
        with unit_of_work("anna") as session:
            set_status(session, product.id, status)
        seen.append(shown(storefront))
    assert seen == [[], ["aura"], [], ["aura"], [], ["aura"]]
    assert audited(product.id)[:2] == [
        ("product.status", {"before": "draft", "after": "published"}),
        ("product.status", {"before": "published", "after": "draft"}),
    ]
    with unit_of_work("test") as session:
        first = session.scalar(select(AuditLog.created_at).where(AuditLog.subject == product.id).order_by(AuditLog.id))
        published_at = session.get_one(Product, product.id).published_at
    assert first is not None
    assert published_at is not None
    assert abs((published_at - first).total_seconds()) < 5  # the first time counts


@row("S0-075")
def test_nothing_without_a_picture_is_published(storefront: Storefront) -> None:
    with unit_of_work("test") as session:
        new = NewProduct("Aura", "aura", (NewVariant("Noir"),), sales_channel_ids=(storefront.shop.channel.id,))
        product = create_product(session, new)
    with pytest.raises(InvalidProduct, match="needs a picture"), unit_of_work("test") as session:
        set_status(session, product.id, "published")
    with pytest.raises(InvalidProduct, match="'sold' is not one of"), unit_of_work("test") as session:
        set_status(session, product.id, "sold")
    assert (shown(storefront), audited(product.id)) == ([], [])


def test_words_and_places_change_at_once(storefront: Storefront) -> None:
    product = storefront.product()
    with unit_of_work("test") as session:
        tags = [create_tag(session, value) for value in ("b", "a", "b")]
        changes = ProductChanges(
            title="Aura II",
            subtitle=None,
            details={"brand": "X"},
            collection_id=create_collection(session, "Hiver", "hiver").id,
            type_id=create_type(session, "lunettes").id,
            tag_ids=[tag.id for tag in tags],
            category_ids=[create_category(session, "Lunettes", "lunettes").id],
        )
        update_product(session, product.id, changes)
    after = storefront.get(f"/products/{product.id}", fields="+metadata,*categories").json()["product"]
    assert (after["title"], after["subtitle"], after["description"]) == ("Aura II", None, "Une monture légère.")
    assert (after["metadata"], after["collection"]["title"], after["type"]["value"]) == (
        {"brand": "X"},
        "Hiver",
        "lunettes",
    )
    assert [tag["value"] for tag in after["tags"]] == ["a", "b"]
    assert [category["handle"] for category in after["categories"]] == ["lunettes"]
    with unit_of_work("test") as session:
        update_product(session, product.id, ProductChanges(collection_id=None, tag_ids=(), category_ids=()))
    after = storefront.get(f"/products/{product.id}", fields="*categories").json()["product"]
    assert (after["collection"], after["collection_id"], after["tags"], after["categories"]) == (None, None, [], [])
    assert audited(product.id)[-1] == ("product.update", {"fields": ["collection_id", "tags", "categories"]})


REFUSED = (
    (ProductChanges(handle="aura-2"), InvalidProduct, "The handle of a published product cannot change"),
    (
        ProductChanges(title="X", collection_id="pcol_x"),
        UnknownReference,
        "Product collection with id: pcol_x",
    ),
    (ProductChanges(title="X", type_id="ptyp_x"), UnknownReference, "Product type with id: ptyp_x does not exist"),
    (ProductChanges(title="X", tag_ids=["ptag_x"]), UnknownReference, "Product tags with ids: ptag_x do not exist"),
    (
        ProductChanges(title="X", category_ids=["pcat_x"]),
        UnknownReference,
        "Product categories with ids: pcat_x",
    ),
)


@pytest.mark.parametrize(("changes", "kind", "message"), REFUSED)
def test_a_refused_change_changes_nothing(
    storefront: Storefront, changes: ProductChanges, kind: type[Refusal], message: str
) -> None:
    product = storefront.product()
    before = storefront.get(f"/products/{product.id}").json()
    with pytest.raises(kind, match=message), unit_of_work("test") as session:
        update_product(session, product.id, changes)
    assert (storefront.get(f"/products/{product.id}").json(), audited(product.id)) == (before, [])


def test_the_handle_of_a_draft_may_change(storefront: Storefront) -> None:
    storefront.product(handle="nova")
    with unit_of_work("test") as session:
        draft = make_product(session, storefront.shop.channel.id, status="draft")
    with pytest.raises(HandleTaken), unit_of_work("test") as session:
        update_product(session, draft.id, ProductChanges(handle="nova"))
    with pytest.raises(InvalidProduct, match="URL safe"), unit_of_work("test") as session:
        update_product(session, draft.id, ProductChanges(handle="Aura !"))
    with unit_of_work("test") as session:
        assert update_product(session, draft.id, ProductChanges(handle="aura-2")).handle == "aura-2"
    with pytest.raises(ProductNotFound), unit_of_work("test") as session:
        update_product(session, "prod_x", ProductChanges(title="X"))


@row("S0-015")
def test_a_sku_is_one_variants(storefront: Storefront) -> None:
    storefront.product()
    with pytest.raises(SkuTaken, match="sku: AURA-NOIR"), unit_of_work("test") as session:
        create_product(session, NewProduct("Double", "double", (NewVariant("Noir", sku="AURA-NOIR"),)))
    with unit_of_work("test") as session:
        counted = session.scalar(select(func.count()).where(ProductVariant.sku == "AURA-NOIR"))
    assert (counted, shown(storefront)) == (1, ["aura"])


def test_a_tag_and_a_type_are_made_once(storefront: Storefront) -> None:
    with unit_of_work("test") as session:
        assert create_tag(session, "nouveau").id == create_tag(session, "nouveau").id
        assert create_type(session, "étui").id == create_type(session, "étui").id
        create_collection(session, "Hiver", "hiver")
        with pytest.raises(HandleTaken):
            create_collection(session, "Hiver 2", "hiver")
        with pytest.raises(InvalidProduct, match="Invalid collection handle 'Été'"):
            create_collection(session, "Été", "Été")
