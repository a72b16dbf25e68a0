"""GET /store/product-categories: the starter's menu."""

from app.catalogue.models import ProductCategory
from app.catalogue.service import create_category
from app.core.db import unit_of_work
from tests.factories.catalogue import make_product
from tests.factories.storefront import Storefront


def make_shelves(storefront: Storefront) -> dict[str, str]:
    """Glasses, with sunglasses below; accessories; one shelf switched off."""
    with unit_of_work("test") as session:
        glasses = create_category(session, "Lunettes", "lunettes", rank=0)
        sun = create_category(session, "Soleil", "lunettes/soleil", parent_category_id=glasses.id, rank=1)
        other = create_category(session, "Accessoires", "accessoires", rank=2)
        hidden = create_category(session, "Cachée", "cachee", rank=3)
        session.get_one(ProductCategory, hidden.id).is_active = False
        make_product(session, storefront.shop.channel.id, category_ids=(glasses.id, sun.id))
        make_product(
            session, storefront.shop.channel.id, handle="brouillon", status="draft", category_ids=(glasses.id,)
        )
    return {"glasses": glasses.id, "sun": sun.id, "other": other.id, "hidden": hidden.id}


def test_the_menu_shows_active_shelves_with_their_family(storefront: Storefront) -> None:
    ids = make_shelves(storefront)
    body = storefront.get(
        "/product-categories",
        fields="*category_children, *products, *parent_category, *parent_category.parent_category",
        limit=100,
    ).json()
    assert (body["count"], body["limit"]) == (3, 100)
    glasses, sun, other = body["product_categories"]
    assert (glasses["id"], glasses["handle"], glasses["parent_category"]) == (ids["glasses"], "lunettes", None)
    assert [child["name"] for child in glasses["category_children"]] == ["Soleil"]
    assert sun["parent_category_id"] == ids["glasses"]
    assert sun["parent_category"]["name"] == "Lunettes"
    assert sun["parent_category"]["parent_category"] is None
    assert (other["category_children"], other["products"]) == ([], [])


def test_no_draft_stands_on_a_shelf(storefront: Storefront) -> None:
    make_shelves(storefront)
    glasses = storefront.get("/product-categories", handle="lunettes", fields="*products").json()["product_categories"][
        0
    ]
    assert [product["handle"] for product in glasses["products"]] == ["aura"]
    product = storefront.get("/products", fields="*categories").json()["products"][0]
    assert {category["handle"] for category in product["categories"]} == {"lunettes", "lunettes/soleil"}


def test_shelves_are_filtered(storefront: Storefront) -> None:
    ids = make_shelves(storefront)

    def names(**params: str | int | list[str]) -> list[str]:
        body = storefront.get("/product-categories", **params).json()
        return [category["name"] for category in body["product_categories"]]

    assert names(handle="lunettes/soleil") == ["Soleil"]
    assert names(parent_category_id="null") == ["Lunettes", "Accessoires"]
    assert names(parent_category_id=ids["glasses"]) == ["Soleil"]
    assert names(q="access") == ["Accessoires"]
    assert names(order="-name", limit=2) == ["Soleil", "Lunettes"]
    assert names(limit=0) == []
    assert names(id=[ids["other"], ids["hidden"]]) == ["Accessoires"]


def test_products_of_a_shelf(storefront: Storefront) -> None:
    ids = make_shelves(storefront)
    body = storefront.get("/products", category_id=[ids["sun"]]).json()
    assert [product["handle"] for product in body["products"]] == ["aura"]
    assert storefront.get("/products", category_id=ids["other"]).json()["count"] == 0


def test_one_shelf(storefront: Storefront) -> None:
    ids = make_shelves(storefront)
    answer = storefront.get(f"/product-categories/{ids['sun']}")
    assert answer.json()["product_category"]["handle"] == "lunettes/soleil"
    for category_id in ("pcat_x", ids["hidden"]):
        missing = storefront.get(f"/product-categories/{category_id}")
        assert (missing.status_code, missing.json()["type"]) == (404, "not_found")


Shelf = dict[str, list[dict[str, list[dict[str, object]]]]]


def make_tree(storefront: Storefront) -> dict[str, str]:
    """Four shelves, each in the one before; one of them internal, with a shelf in it."""
    ids: dict[str, str] = {}
    with unit_of_work("test") as session:
        parent: str | None = None
        for handle in ("a", "a/b", "a/b/c", "a/b/c/d"):
            parent = create_category(session, handle.upper(), handle, parent_category_id=parent).id
            ids[handle] = parent
        secret = create_category(session, "Réserve", "reserve", parent_category_id=ids["a"], is_internal=True)
        create_category(session, "Fond", "fond", parent_category_id=secret.id, details={"icon": "box"})
    return ids


def trail(category: dict[str, object] | None) -> list[object]:
    """The handles from a category up, and whether the last one says what it stands in."""
    if category is None:
        return [None]
    above = category.get("parent_category", "not said")
    return [category["handle"], *(trail(above) if isinstance(above, dict) or above is None else [above])]


def test_shelves_above_as_far_as_asked(storefront: Storefront) -> None:
    ids = make_tree(storefront)

    def up(**params: str) -> list[object]:
        return trail(storefront.get(f"/product-categories/{ids['a/b/c/d']}", **params).json()["product_category"])

    assert up() == ["a/b/c/d", "a/b/c", "not said"]
    assert up(fields="*parent_category.parent_category") == ["a/b/c/d", "a/b/c", "a/b", "not said"]
    assert up(include_ancestors_tree="true") == ["a/b/c/d", "a/b/c", "a/b", "a", None]
    assert up(include_ancestors_tree="true", fields="handle") == ["a/b/c/d", "a/b/c", "a/b", "a", None]
    assert up(fields="handle") == ["a/b/c/d", "not said"]


def test_shelves_below_as_far_as_asked(storefront: Storefront) -> None:
    ids = make_tree(storefront)

    def down(**params: str) -> list[Shelf]:
        answer = storefront.get(f"/product-categories/{ids['a']}", **params).json()
        shown: list[Shelf] = answer["product_category"]["category_children"]
        return shown

    (child,) = down()
    assert "category_children" not in child
    assert str(child["handle"]) == "a/b"
    (child,) = down(fields="id,category_children.category_children.handle")
    assert child == {"id": ids["a/b"], "category_children": [{"id": ids["a/b/c"], "handle": "a/b/c"}]}
    (child,) = down(include_descendants_tree="true")
    assert child["category_children"][0]["category_children"][0]["handle"] == "a/b/c/d"
    assert child["category_children"][0]["category_children"][0]["category_children"] == []


def test_an_internal_shelf_is_nowhere(storefront: Storefront) -> None:
    make_tree(storefront)
    body = storefront.get("/product-categories", order="handle", include_ancestors_tree="true").json()
    assert [category["handle"] for category in body["product_categories"]] == ["a", "a/b", "a/b/c", "a/b/c/d", "fond"]
    orphan = body["product_categories"][-1]
    assert (orphan["parent_category"], orphan["metadata"]) == (None, {"icon": "box"})
    assert storefront.get("/product-categories", q="reserve").json()["count"] == 0


def test_a_loop_of_shelves_ends(storefront: Storefront) -> None:
    ids = make_tree(storefront)
    with unit_of_work("test") as session:
        session.get_one(ProductCategory, ids["a"]).parent_category_id = ids["a/b/c/d"]
    for name in ("include_ancestors_tree", "include_descendants_tree"):
        answer = storefront.get("/product-categories", **{name: "true"})
        assert (answer.status_code, answer.json()["count"]) == (200, 5)
