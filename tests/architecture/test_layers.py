"""Imports go down the list of docs/decisions/0001-the-house.md, nowhere else."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.architecture.source import ROOT

# style: the list, top to bottom; `serve` and `migrations` are placed by docs/decisions/0001.
THE_LIST = """
cli dev serve
main worker
admin
store_api admin_api v1_api
runbook
stripe_events
checkout
ops privacy imports medusa_import
refunds
invoices
returns turnover
fulfilment bookings subscriptions
orders
carts
shipping promotions
pricing stock
catalogue customers staff
payments notifications
files shop
gateways migrations
core
"""


def lint(folder: Path, contract: str = "") -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    command += ["--contract", contract] if contract else []
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_imports_follow_the_contracts() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, f"Move the code down, pass it in, or enqueue it by name.\n{result.stdout}"


def test_the_contract_is_the_list() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract for contract in contracts if contract["id"] == "layers")
    written = [sorted(name.strip(" ()") for name in line.split("|")) for line in layers["layers"]]
    assert written == [sorted(line.split()) for line in THE_LIST.strip().splitlines()]
    assert layers["exhaustive"] is True, "A new package must take its line in the list."


def broken_copy(folder: Path, path: str, line: str) -> Path:
    """A copy of the product with one forbidden import in it."""
    shutil.copytree(ROOT / "app", folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    target = folder / path
    target.write_text(f"{line}\n{target.read_text() if target.exists() else ''}")
    return folder


def test_an_upward_import_is_caught(tmp_path: Path) -> None:
    result = lint(broken_copy(tmp_path, "app/shop/rogue.py", "import app.orders"), "layers")
    assert result.returncode != 0
    assert "app.shop is not allowed to import app.orders" in " ".join(result.stdout.split())


def test_a_vendor_outside_the_gateways_is_caught(tmp_path: Path) -> None:
    assert lint(broken_copy(tmp_path, "app/orders/rogue.py", "import stripe"), "vendors").returncode != 0


def test_an_impure_rule_is_caught(tmp_path: Path) -> None:
    assert lint(broken_copy(tmp_path, "app/shop/rules.py", "import sqlalchemy"), "rules").returncode != 0


def test_a_heavy_library_outside_jobs_is_caught(tmp_path: Path) -> None:
    assert lint(broken_copy(tmp_path, "app/shop/rogue.py", "import PIL"), "light").returncode != 0


def test_an_import_of_dev_is_caught(tmp_path: Path) -> None:
    assert lint(broken_copy(tmp_path, "app/worker/rogue.py", "import app.dev"), "dev").returncode != 0
