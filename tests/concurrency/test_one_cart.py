"""One cart, many clicks: no piece is lost, no line is doubled; one address is one guest."""

from collections import Counter

import pytest
from sqlalchemy import func, select

from app.carts.models import Cart, CartLine
from app.carts.service import CartChanges, create_cart
from app.carts.update_lines import NewLine, add_line
from app.core.db import unit_of_work
from app.customers.models import Customer
from tests.concurrency.buyers import run_together, without_row_locks
from tests.factories.catalogue import make_product
from tests.factories.shop import MadeShop, make_shop

CLICKS = 10


@pytest.fixture
def shop(environment: dict[str, str]) -> MadeShop:
    """A shop with one product of which there is plenty."""
    with unit_of_work("test") as session:
        return make_shop(session)


@pytest.fixture
def variant_id(shop: MadeShop) -> str:
    """What is clicked on."""
    with unit_of_work("test") as session:
        return make_product(session, shop.channel.id, stock=1_000).variants[0].id


@pytest.fixture
def cart_id(shop: MadeShop) -> str:
    """An empty cart."""
    with unit_of_work("test") as session:
        return create_cart(session, shop.channel.id, CartChanges()).cart.id


def click(cart_id: str, variant_id: str) -> str:
    """Put one piece into the cart."""
    with unit_of_work("test") as session:
        add_line(session, cart_id, NewLine(variant_id, 1))
    return "added"


def quantities(cart_id: str) -> list[int]:
    """The quantity of each line."""
    with unit_of_work("test") as session:
        return list(session.scalars(select(CartLine.quantity).where(CartLine.cart_id == cart_id)))


def test_clicks_at_once_add_up_on_one_line(cart_id: str, variant_id: str) -> None:
    assert run_together(CLICKS, lambda _: click(cart_id, variant_id)) == Counter(added=CLICKS)
    assert quantities(cart_id) == [CLICKS]


def test_control_without_the_lock_lines_are_doubled(cart_id: str, variant_id: str) -> None:
    with without_row_locks(CLICKS):
        assert run_together(CLICKS, lambda _: click(cart_id, variant_id)) == Counter(added=CLICKS)
    assert len(quantities(cart_id)) > 1


def test_one_address_is_one_guest(shop: MadeShop) -> None:
    def create(_number: int) -> str:
        with unit_of_work("test") as session:
            contents = create_cart(session, shop.channel.id, CartChanges(email="jeanne@example.com"))
            return str(contents.cart.customer_id)

    assert list(run_together(CLICKS, create).values()) == [CLICKS]
    with unit_of_work("test") as session:
        assert session.scalar(select(func.count()).select_from(Customer)) == 1
        assert session.scalar(select(func.count()).select_from(Cart)) == CLICKS
