"""Prepares the database of `make up`: the newest schema, then the demo shop. Run as a process of its own.

The admin's password comes on standard input. Standard output is one JSON object: what the demo shop holds, for `up.json`.
"""

import json
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config

ROOT = Path(__file__).parents[2]


def migrate() -> None:
    """Bring the database to the last migration; nothing to do if it is there."""
    command.upgrade(Config(toml_file=ROOT / "pyproject.toml"), "head")


def main() -> int:
    """Both steps; each does nothing where nothing is left to do."""
    migrate()
    json.dump({"publishable_key": "pk_todo"}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
