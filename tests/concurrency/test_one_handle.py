"""Two people make the same product, tag or category at once: one wins, the other reads that it is taken."""

from app.catalogue.change_groups import create_shelf
from app.catalogue.errors import HandleTaken, SkuTaken
from app.catalogue.rules import NewProduct, NewVariant
from app.catalogue.service import create_product, create_tag
from app.core.db import unit_of_work
from app.core.errors import Refusal
from tests.concurrency.buyers import run_together
from tests.factories.shop import make_shop
from tests.shop_front import read_rows

AT_ONCE = 4


def test_of_those_who_need_one_handle_or_sku_at_once_one_has_it(environment: dict[str, str]) -> None:
    with unit_of_work("test") as session:
        channel = (make_shop(session).channel.id,)

    def make(number: int, handle: str, sku: str) -> str:
        try:
            with unit_of_work("test") as session:
                new = NewProduct("Aura", handle, (NewVariant("Noir", sku=sku),), sales_channel_ids=channel)
                create_product(session, new)
        except Refusal as refusal:
            return f"{type(refusal).__name__} {refusal.message}"
        return "made"

    same_handle = run_together(AT_ONCE, lambda number: make(number, "aura", f"A-{number}"))
    taken = f"{HandleTaken.__name__} Product with handle: aura, already exists."
    assert same_handle == {"made": 1, taken: AT_ONCE - 1}
    same_sku = run_together(AT_ONCE, lambda number: make(number, f"nova-{number}", "NOVA"))
    assert same_sku == {"made": 1, f"{SkuTaken.__name__} Product variant with sku: NOVA, already exists.": AT_ONCE - 1}
    assert read_rows("SELECT count(*) FROM product") == [(2,)]


def test_those_who_need_one_tag_at_once_have_the_same(environment: dict[str, str]) -> None:
    def tag(_number: int) -> str:
        with unit_of_work("test") as session:
            return create_tag(session, "nouveau").id

    assert sorted(run_together(AT_ONCE, tag).values()) == [AT_ONCE]
    assert read_rows("SELECT count(*) FROM product_tag") == [(1,)]


def test_shelves_that_are_made_at_once_stand_on_places_of_their_own(environment: dict[str, str]) -> None:
    with unit_of_work("test") as session:
        first = create_shelf(session, {"name": "Tout", "handle": "tout"}).id

    def shelve(number: int) -> str:
        with unit_of_work("test") as session:
            columns = {"name": "A", "handle": f"a-{number}", "parent_category_id": first, "rank": 0}
            return str(create_shelf(session, columns).rank)

    run_together(AT_ONCE, shelve)
    ranks = read_rows("SELECT rank FROM product_category WHERE parent_category_id = :id ORDER BY rank", id=first)
    assert ranks == [(place,) for place in range(AT_ONCE)]
