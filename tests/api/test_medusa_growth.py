"""A shop of five hundred products and two thousand orders, measured on the importing process itself, under PROVE=1."""

import json
from collections.abc import Mapping

from tests.api.test_import_growth import run_measured
from tests.api.test_medusa_import import figures, medusa  # noqa: F401 - a fixture
from tests.factories.shop import MadeShop
from tests.medusa_shop.fake_api import KEY, serve_api
from tests.medusa_shop.fill import make_shop
from tests.proofs import is_proving, proof_size, record_proof

PRODUCTS, ORDERS = proof_size(2, 500), proof_size(3, 2_000)
# The list of problems is in memory, a page of documents, and what the interpreter takes for any command.
MOST_MEGABYTES = 300


def test_a_whole_shop_in_its_time_and_memory(
    medusa: str,  # noqa: F811
    shop: MadeShop,
    environment: dict[str, str],
) -> None:
    make_shop(PRODUCTS, ORDERS).write(medusa)
    measured: dict[str, float | int | str] = {"products": PRODUCTS, "orders": ORDERS}
    with serve_api(medusa) as api:
        ways: Mapping[str, tuple[str, ...]] = {
            "api_dry_run": ("--api", api.url, "--key", KEY, "--dry-run"),
            "database": ("--database", medusa),
            "database_again": ("--database", medusa),
            "api_again": ("--api", api.url, "--key", KEY),
        }
        for name, arguments in ways.items() if is_proving() else [*ways.items()][1:2]:
            done = run_measured(environment, "import", "medusa", *arguments, "--json")
            answer = json.loads(done.output)
            assert answer["is_sound"], done.output
            part = "before" if name.endswith("again") else "here"
            assert figures(answer, part) == figures(answer, "there")
            assert not [each for each in answer["problems"] if each["is_left_out"] or each["code"] == "changed_since"]
            measured[f"{name}_seconds"] = round(done.seconds, 1)
            measured[f"{name}_peak_megabytes"] = round(done.peak_kilobytes / 1024, 1)
            if is_proving():
                assert done.peak_kilobytes / 1024 < MOST_MEGABYTES, measured
            for (kind, unit), (number, amount) in figures(answer, "there").items():
                measured[f"{kind} {unit}".strip()] = f"{number} ({amount})"
    record_proof("medusa-import", measured)
