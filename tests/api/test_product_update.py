"""Changes of the catalogue as storefronts see them: published, drawn back, moved; refused ones change nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.catalogue.errors import (
    HandleTaken,
    InvalidProduct,
    NotPublishable,
    ProductNotFound,
    SkuTaken,
    UnknownReference,
)
from app.catalogue.models import Product, ProductImage, ProductVariant
from app.catalogue.rules import NewProduct, NewVariant
from app.catalogue.service import create_category, create_collection, create_product, create_tag, create_type
from app.catalogue.update_product import ProductChanges, set_status, update_product
from app.core.audit_log import AuditLog
from app.core.db import get_engine, unit_of_work
from app.core.errors import Refusal
from app.pricing.service import set_price
from tests.factories.catalogue import make_product
from tests.factories.storefront import Storefront
from tests.rows import row
from tests.waiting import wait_until


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
        ("product.update", {"status": {"before": "draft", "after": "published"}}),
        ("product.update", {"status": {"before": "published", "after": "draft"}}),
    ]
    with unit_of_work("test") as session:
        first = session.scalar(select(AuditLog.created_at).where(AuditLog.subject == product.id).order_by(AuditLog.id))
        published_at = session.get_one(Product, product.id).published_at
    assert first is not None
    assert published_at is not None
    assert abs((published_at - first).total_seconds()) < 5  # the first time counts


@row("S0-075")
def test_nothing_that_cannot_be_bought_is_published(storefront: Storefront) -> None:
    """Each of the four, one after the other; by the service in a sentence, by SQL at the commit."""
    with unit_of_work("test") as session:
        new = NewProduct("Aura", "aura", (), tax_category="none", sales_channel_ids=(storefront.shop.channel.id,))
        product_id = create_product(session, new).id

    def add_variant(session: Session) -> None:
        session.add(ProductVariant(id="variant_one", product_id=product_id, title="Noir"))

    def add_image(session: Session) -> None:
        session.add(ProductImage(id="img_one", product_id=product_id, url="/static/aura.webp"))

    steps: tuple[tuple[str, Callable[[Session], object]], ...] = (
        ("a variant, a picture, a VAT rate", add_variant),
        ("the price of a variant, a picture, a VAT rate", lambda s: set_price(s, "variant_one", "eur", 34_900)),
        ("a picture, a VAT rate", add_image),
        ("a VAT rate for its tax category", lambda s: setattr(s.get_one(Product, product_id), "tax_category", "book")),
    )
    for missing, step in steps:
        with pytest.raises(NotPublishable, match=f"Missing: {missing}"), unit_of_work("test") as session:
            set_status(session, product_id, "published")
        with pytest.raises(IntegrityError, match="is published without"), unit_of_work("test") as session:
            session.execute(text("UPDATE product SET status = 'published'"))
        assert (shown(storefront), audited(product_id)) == ([], [])
        with unit_of_work("test") as session:
            step(session)
    with pytest.raises(InvalidProduct, match="'sold' is not one of"), unit_of_work("test") as session:
        set_status(session, product_id, "sold")
    with unit_of_work("test") as session:
        set_status(session, product_id, "published")
    assert shown(storefront) == ["aura"]
    for taken in ("product_image", "price", "product_variant"):
        with pytest.raises(IntegrityError, match="is published without"), unit_of_work("test") as session:
            session.execute(text(f"DELETE FROM {taken}"))  # noqa: S608 - own names
    with pytest.raises(IntegrityError, match="without: price"), unit_of_work("test") as session:
        session.add(ProductVariant(id="variant_two", product_id=product_id, title="Vert"))
    with pytest.raises(IntegrityError, match="without: tax"), unit_of_work("test") as session:
        session.execute(text("UPDATE product SET tax_category = 'none'"))
    assert shown(storefront) == ["aura"]


def test_who_publishes_and_who_takes_the_price_away_at_once_do_not_both_win(storefront: Storefront) -> None:
    """Two hands with SQL; the control: without the product's row held, both see what is there before either commits."""
    with unit_of_work("test") as session:
        make_product(session, storefront.shop.channel.id, status="draft")
    publish, strip = "UPDATE product SET status = 'published'", "DELETE FROM price"

    def together() -> list[str]:
        ended = []
        with get_engine().connect() as one, get_engine().connect() as other:
            for connection, statement in ((one, publish), (other, strip)):
                for name in ("actor", "request_id"):
                    connection.execute(text(f"SELECT set_config('comptoir.{name}', 't', true)"))
                connection.execute(text(statement))
            with ThreadPoolExecutor(1) as pool:
                one.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # it has looked, and has not committed
                second = pool.submit(other.commit)
                wait_until(lambda: second.done() or is_somebody_waiting(), 10, "the second one looks, or waits")
                one.commit()
                ended.append("refused" if second.exception(10) else "done")
        return ended

    assert together() == ["refused"]
    with unit_of_work("test") as session:
        session.execute(text("UPDATE product SET status = 'draft'"))
        source = session.scalar(text("SELECT pg_get_functiondef('comptoir_demand_publishable'::regproc)"))
        session.execute(text(str(source).replace("FOR SHARE", "")))
    assert together() == ["done"], "the control: published, and without a price"


def is_somebody_waiting() -> bool:
    """Whether a transaction waits for another one's lock."""
    with unit_of_work("test") as session:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(session.scalar(text(waiting)))


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
    action, details = audited(product.id)[-1]
    assert (action, details["tags"], sorted(details)) == (
        "product.update",
        {"before": ["a", "b"], "after": []},
        ["categories", "collection_id", "tags"],
    )


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
