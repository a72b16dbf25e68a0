"""Alembic's entry: the URL comes from DATABASE_URL, run as the owner of the schema (`alembic upgrade head`)."""

import os
from pathlib import Path

from alembic import context
from sqlalchemy import create_engine, pool, text

URL_VARIABLE = "DATABASE_URL"
# What logins may do with what there is now: said again after every upgrade.
PRIVILEGES = [Path(__file__).parent / "sql" / name for name in ("hide_secrets.sql", "keep_journal.sql")]


def run_migrations() -> None:
    """One transaction for the whole run: a migration that fails leaves nothing half done."""
    url = os.environ.get(URL_VARIABLE)
    if not url:
        raise SystemExit(f"{URL_VARIABLE} manque / is missing")
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            # Two releases at once on one database: the second waits here, then finds nothing to do.
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('comptoir.migrations'))"))
            context.run_migrations()
            for script in PRIVILEGES:
                connection.execute(text(script.read_text()))
    engine.dispose()


def print_migrations() -> None:
    """`alembic upgrade head --sql`: what the linter of migrations reads."""
    context.configure(url="postgresql+psycopg://", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    print_migrations()
else:
    run_migrations()
