"""What a product must be before it is written."""

import dataclasses

import pytest

from app.catalogue.errors import InvalidProduct
from app.catalogue.rules import NewOption, NewProduct, NewVariant, check_category_handle, check_new_product

BLACK = NewVariant("Noir", {"Couleur": "Noir"})
GOOD = NewProduct("Aura", "aura", (BLACK,), (NewOption("Couleur", ("Noir", "Vert")),))


@pytest.mark.parametrize("handle", ["aura", "aura-2", "etui-aura", "a.b_c", "2"])
def test_a_handle_is_plain_words(handle: str) -> None:
    check_new_product(dataclasses.replace(GOOD, handle=handle))


@pytest.mark.parametrize("handle", ["", "Aura", "étui", "a b", "a/b", "-a", "a-", "a--b", "a\n", "../x"])
def test_another_handle_is_refused(handle: str) -> None:
    with pytest.raises(InvalidProduct, match="Invalid product handle"):
        check_new_product(dataclasses.replace(GOOD, handle=handle))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": " "}, "A product has a title"),
        ({"status": "rejected"}, "Product status 'rejected' is not one of draft, published, archived"),
        ({"options": (NewOption("A", ("1",)), NewOption("A", ("2",)))}, "Two options have the same title"),
        ({"options": (NewOption("Couleur", ()),)}, "Option Couleur needs values, each of them once"),
        ({"options": (NewOption("Couleur", ("Noir", "Noir")),)}, "Option Couleur needs values, each of them once"),
        ({"variants": (NewVariant("Noir"),)}, "Variant Noir needs one value for each of: Couleur"),
        (
            {"variants": (NewVariant("Noir", {"Couleur": "Noir", "Taille": "M"}),)},
            "Variant Noir needs one value for each of: Couleur",
        ),
        ({"variants": (NewVariant("Rose", {"Couleur": "Rose"}),)}, "Option value Rose does not exist for variant Rose"),
        ({"variants": (BLACK, BLACK)}, "Variant Noir has the same options as another one"),
        (
            {"variants": (dataclasses.replace(BLACK, allows_backorder=True),)},
            "Variant Noir cannot be sold without pieces: backorders are not offered",
        ),
    ],
)
def test_a_product_that_contradicts_itself_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidProduct) as refused:
        check_new_product(dataclasses.replace(GOOD, **change))  # type: ignore[arg-type]
    assert refused.value.message == message


def test_a_category_handle_may_be_a_path() -> None:
    check_category_handle("lunettes/connectees")
    with pytest.raises(InvalidProduct):
        check_category_handle("lunettes//connectees")
