"""What the API tests share: a shop that sells in France, seen by its storefront."""

import pytest
from fastapi.testclient import TestClient

from app.core.db import unit_of_work
from tests.factories.account import Person
from tests.factories.shop import MadeShop, make_shop
from tests.factories.storefront import Storefront


@pytest.fixture
def shop(environment: dict[str, str]) -> MadeShop:
    """A region, a channel, a key, VAT rates; nothing to sell yet."""
    with unit_of_work("test") as session:
        return make_shop(session)


@pytest.fixture
def storefront(client: TestClient, shop: MadeShop) -> Storefront:
    """The shop's site."""
    return Storefront(client, shop)


@pytest.fixture
def person(client: TestClient, shop: MadeShop) -> Person:
    """A visitor of the shop's site, without an account as yet."""
    return Person(client, shop.headers)
