"""A migration stands alone: dated file name, no code of a domain, a way back."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import Module, imports, module_functions, modules, parse, refuse

FILE_NAME = re.compile(r"^\d{8}_\d{4}_[a-z0-9]+(_[a-z0-9]+)*$")
VERSIONS = "app/migrations/versions/"


def misnamed(module: Module) -> Iterator[str]:
    if module.name != "__init__" and not FILE_NAME.match(module.name):
        yield module.path


def imports_of_the_product(module: Module) -> Iterator[str]:
    for node, name in imports(module):
        if name.split(".")[0] == "app":
            yield f"{module.at(node)} imports {name}"


def ways_back_missing(module: Module) -> Iterator[str]:
    if module.name == "__init__":
        return
    named = {function.name: function for function in module_functions(module)}
    for name in ("upgrade", "downgrade"):
        body = named[name].body if name in named else []
        if all(isinstance(line, ast.Pass | ast.Raise | ast.Expr) and not is_call(line) for line in body):
            yield f"{module.path}: {name}() does nothing"


def is_call(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Call)


def migrations() -> list[Module]:
    return [module for module in modules("app") if module.path.startswith(VERSIONS)]


def test_a_migration_is_named_by_date_time_and_slug() -> None:
    refuse(
        [finding for module in migrations() for finding in misnamed(module)],
        "Let `alembic revision -m` name the file YYYYMMDD_HHMM_slug.py:",
    )


def test_a_migration_imports_nothing_of_the_product() -> None:
    refuse(
        [finding for module in migrations() for finding in imports_of_the_product(module)],
        "Write the table or the statement out: today's models will have moved on when this runs again:",
    )


def test_a_migration_goes_up_and_down() -> None:
    refuse(
        [finding for module in migrations() for finding in ways_back_missing(module)],
        "Write both directions; the suite runs both, on data:",
    )


def test_the_rules_see_a_faulty_migration() -> None:
    assert list(misnamed(parse(f"{VERSIONS}add_orders.py", ""))) == [f"{VERSIONS}add_orders.py"]
    assert list(misnamed(parse(f"{VERSIONS}20261121_0810_orders.py", ""))) == []
    assert len(list(imports_of_the_product(parse(f"{VERSIONS}x.py", "from app.orders.models import Order")))) == 1
    assert list(imports_of_the_product(parse(f"{VERSIONS}x.py", "from alembic import op"))) == []
    one_way = "def upgrade():\n    op.drop_table('x')\ndef downgrade():\n    pass"
    assert list(ways_back_missing(parse(f"{VERSIONS}x.py", one_way))) == [f"{VERSIONS}x.py: downgrade() does nothing"]
    both = "def upgrade():\n    op.drop_table('x')\ndef downgrade():\n    op.create_table('x')"
    assert list(ways_back_missing(parse(f"{VERSIONS}x.py", both))) == []
