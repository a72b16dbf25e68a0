"""Migrations run up and down, and give the tables that the models name."""

import os
import secrets
import subprocess
from pathlib import Path

import psycopg

from app.dev.postgres import Cluster
from tests.services import migrate

VERSIONS = Path(__file__).parents[2] / "app" / "migrations" / "versions"
LEFT = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')
UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'c')
"""


def dump(cluster: Cluster, database: str) -> str:
    """The schema as pg_dump writes it."""
    command = [str(cluster.bin_dir / "pg_dump"), "--schema-only", "--no-owner", cluster.dsn(database)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=True)
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith(("--", "\\")))


def test_down_to_nothing_and_up_again_gives_the_same_schema(postgres: Cluster) -> None:
    name = f"m_{secrets.token_hex(4)}"
    postgres.create_database(name)
    try:
        migrate(postgres.url(name))
        first = dump(postgres, name)
        migrate(postgres.url(name), "base", "downgrade")
        with psycopg.connect(postgres.dsn(name)) as connection:
            left = {row[0] for row in connection.execute(LEFT).fetchall()}
        assert left == {"alembic_version"}
        migrate(postgres.url(name))
        assert dump(postgres, name) == first
    finally:
        postgres.drop_database(name)


def test_the_head_is_one(postgres: Cluster) -> None:
    revisions = [path.read_text() for path in VERSIONS.glob("2*.py")]
    with psycopg.connect(postgres.dsn("comptoir_template")) as connection:
        heads = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert len(heads) == 1
    assert sum(f'revision = "{heads[0][0]}"' in text for text in revisions) == 1
