"""`python -m app.dev.contract show|diff|refresh`: look at the derived contract, or accept what an upgrade changed."""

import difflib
import json
import sys

from app.dev.contract.judge import brevo_operations, stripe_operations, stripe_resources
from app.dev.contract.snapshot import REFRESH, SNAPSHOT, render


def main(arguments: list[str]) -> int:
    """Exit 0 when the snapshot is current (or was just made so), 1 when it is not, 2 on wrong use."""
    match arguments:
        case ["refresh"]:
            SNAPSHOT.write_text(render(), encoding="utf-8")
            return 0
        case ["diff"]:
            return _print_difference()
        case ["show", name]:
            return _print_schema(name)
    print("usage: python -m app.dev.contract refresh | diff | show NAME (payment_intents.create, charge, ...)")
    return 2


def _print_difference() -> int:
    before, after = SNAPSHOT.read_text(encoding="utf-8").splitlines(), render().splitlines()
    lines = list(difflib.unified_diff(before, after, "committed", "installed", n=0, lineterm=""))
    print("\n".join([*lines, f"to accept: {REFRESH}"] if lines else ["the snapshot is current"]))
    return 1 if lines else 0


def _print_schema(name: str) -> int:
    operation = (stripe_operations() | brevo_operations()).get(name)
    schema = operation.request if operation else stripe_resources().get(name)
    if schema is None:
        print(f"{name} is not in app/dev/contract/operations.py")
        return 2
    print(json.dumps(schema, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
