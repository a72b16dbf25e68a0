"""The shop and the SDK, once for all flows of a test process."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.dev.postgres import Cluster
from app.dev.redis import RedisServer
from tests.sdk.node import install_packages
from tests.sdk.shop import OpenShop, open_shop
from tests.services import TEMPLATE


@pytest.fixture(scope="session")
def sdk_home() -> Path:
    """The folder where the SDK is installed."""
    return install_packages()


@pytest.fixture(scope="module")
def shop(postgres: Cluster, redis_server: RedisServer) -> Iterator[OpenShop]:
    """An open shop with a database of its own; flows meet in it as visitors do."""
    name = f"t_{secrets.token_hex(6)}"
    postgres.create_database(name, TEMPLATE)
    with open_shop(postgres.url(name), redis_server.url) as shop:
        yield shop
    postgres.drop_database(name)
