"""PostgreSQL closed the connections that wait in the pool: nobody notices."""

import psycopg
from sqlalchemy import text

from app.core.db import unit_of_work
from tests.factories.storefront import Storefront
from tests.waiting import wait_until

OURS = "FROM pg_stat_activity WHERE application_name = 'comptoir' AND datname = current_database()"


def test_a_closed_connection_is_replaced_before_its_use(storefront: Storefront, database_url: str) -> None:
    assert storefront.get("/regions").status_code == 200
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as admin:
        for _ in range(3):
            (closed,) = admin.execute(f"SELECT count(pg_terminate_backend(pid)) {OURS}").fetchone() or (0,)
            assert closed > 0
            wait_until(lambda: not admin.execute(f"SELECT {OURS}").fetchall(), 10, "the connections are closed")
            answers = [storefront.get("/regions").status_code for _ in range(5)]
            assert answers == [200] * 5


def test_a_connection_that_the_driver_closed_is_replaced_too(environment: dict[str, str]) -> None:
    with unit_of_work("test") as session:
        session.scalar(text("SELECT 1"))
        kept = session.connection().connection.driver_connection
    assert isinstance(kept, psycopg.Connection)
    kept.close()
    with unit_of_work("test") as session:
        assert session.scalar(text("SELECT 1")) == 1
        assert session.connection().connection.driver_connection is not kept
