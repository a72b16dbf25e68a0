"""Boot a disposable server by hand: `python -m tests.testhost up`, `down`, `packages`."""

import argparse
import json
import sys
from dataclasses import asdict

from tests.testhost.appliance import OtherSuite, describe_reach, remove_appliance, render_reach, start_appliance
from tests.testhost.places import SUITES
from tests.testhost.support import HOST_PACKAGES, HostSupportMissing


def main(arguments: list[str]) -> int:
    """Exit status: 0 done, 1 refused with one sentence, 2 wrong use."""
    chosen = _parser().parse_args(arguments)
    try:
        sys.stdout.write(_carry_out(chosen))
    except (HostSupportMissing, OtherSuite) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    return 0


def _carry_out(chosen: argparse.Namespace) -> str:
    if chosen.verb == "packages":
        return " ".join(HOST_PACKAGES) + "\n"
    if chosen.verb == "down":
        removed = remove_appliance()
        return f"Removed ({len(removed)} pieces).\n" if removed else "Nothing to remove.\n"
    reach = describe_reach(start_appliance(chosen.name, chosen.suite))
    return json.dumps(asdict(reach)) + "\n" if chosen.json else render_reach(reach)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.testhost", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="boot a host that stays after this command, and say how to reach it")
    up.add_argument("--name", default="shop")
    up.add_argument("--suite", default="bookworm", choices=SUITES)
    up.add_argument("--json", action="store_true", help="how to reach it, for a script")
    verbs.add_parser("down", help="remove every host that `up` made")
    verbs.add_parser("packages", help="the Debian packages that this machine needs to run test hosts")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
