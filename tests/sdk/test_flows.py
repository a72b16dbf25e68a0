"""The unmodified SDK against the running shop. Each flow says which routes it calls, and is held to it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proofs import is_proving
from tests.rows import row
from tests.sdk.calls import FLOWS, Call, name_calls
from tests.sdk.node import run_flow
from tests.sdk.shop import OpenShop

# The name in package.json, and the version that it stands for.
SDKS = {"2.13.1": "@medusajs/js-sdk", "2.21.2": "js-sdk-newer"}


# The newer one differs where it keeps tokens, takes codes and reads answers; PROVE=1 runs every flow with both.
NEWER = (
    FLOWS
    if is_proving()
    else ("options", "cart", "promotions", "guest_purchase", "sign_up", "session", "tokens", "orders")
)
RUNS = [("2.13.1", flow) for flow in FLOWS] + [("2.21.2", flow) for flow in NEWER]


@row("S0-007")
@pytest.mark.parametrize(("version", "flow"), RUNS)
def test_a_storefront_goes_through(shop: OpenShop, sdk_home: Path, version: str, flow: str) -> None:
    shop.forget_attempts()
    before = len(shop.processes.log())
    done = run_flow(flow, {**shop.given, "sdk_home": str(sdk_home), "sdk_name": SDKS[version]})
    assert done.returncode == 0, f"{done.stderr}\n{failures_in(shop.processes.log()[before:])}"
    made = list(calls_in(done.stdout))
    assert name_calls(made) >= set(FLOWS[flow]), "The flow does not call what tests/sdk/calls.py says of it."
    assert [call for call in made if call.status >= 500] == []


def calls_in(output: str) -> Iterator[Call]:
    """The calls that a flow printed."""
    for line in output.splitlines():
        call = json.loads(line)
        yield Call(call["method"], call["path"], call["status"])


def failures_in(log: str) -> str:
    """What our own processes said went wrong meanwhile."""
    return "\n".join(line for line in log.splitlines() if '"level": "info"' not in line)
