"""`make up` on an empty folder: ready, and everything that `up.json` promises answers."""

import os
import re
import stat
import subprocess
import sys

import psycopg

from tests.up.command import ROOT, Contract, Instance, get


def test_last_line_is_the_one_that_scripts_wait_for(shop: Instance) -> None:
    assert shop.text.splitlines()[-1] == f"Comptoir is ready: http://127.0.0.1:{shop.port}"


def test_it_prints_address_login_and_key(shop: Instance) -> None:
    contract = shop.contract
    assert contract["url"] in shop.text
    assert f"{contract['admin_email']}   {contract['admin_password']}\n" in shop.text
    assert contract["publishable_key"] in shop.text


def test_the_curl_that_it_prints_lists_products(shop: Instance) -> None:
    found = re.search(r"curl -H '([^:]+): ([^']+)' http://127\.0\.0\.1:\d+(\S+)", shop.text)
    assert found is not None
    status, body = get(shop.url, found[3], {found[1]: found[2]})
    assert status == 200, body
    assert b'"products"' in body


def test_up_json_names_everything_and_only_its_owner_reads_it(shop: Instance) -> None:
    assert set(shop.contract) == set(Contract.__annotations__)
    assert shop.contract["url"] == shop.url
    assert stat.S_IMODE(os.stat(shop.data / "up.json").st_mode) == 0o600
    assert stat.S_IMODE(os.stat(shop.data / "memory.json").st_mode) == 0o600


def test_everything_it_needs_is_ready(shop: Instance) -> None:
    assert get(shop.url, "/health/ready")[0] == 200


def test_the_database_is_at_the_last_migration(shop: Instance) -> None:
    address = shop.contract["database_url"].replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert row is not None
    command = [sys.executable, "-m", "alembic", "heads"]
    heads = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert heads == f"{row[0]} (head)\n"


def test_it_shows_what_it_does_and_what_it_took(first_run: Instance, shop: Instance) -> None:
    assert len(steps_of(first_run)) == 4
    assert steps_of(shop) == [line for line in steps_of(shop) if "schema" not in line]
    assert len(steps_of(shop)) == 3


def steps_of(instance: Instance) -> list[str]:
    return [line for line in instance.text.splitlines() if re.search(r"\.\.\. \d+,\d s$", line)]
