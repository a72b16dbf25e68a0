"""`make appliance`: a disposable server, deployed from the working tree; `make appliance-down` removes it.

The two fake vendors answer it while it is deployed; what ops need to work on it afterwards is printed at the end.
"""

import argparse
import shutil
import sys
import time

from tests.appliance.checkout import ROOT, Checkout
from tests.appliance.shop import Shop
from tests.appliance.vendors import running_vendors
from tests.testhost.appliance import OtherSuite, describe_reach, remove_appliance, render_reach, start_appliance
from tests.testhost.lab import Suite
from tests.testhost.places import SUITES
from tests.testhost.support import HostSupportMissing

FOLDER = ROOT / "var" / "appliance"
NAME = "shop"


def main(arguments: list[str]) -> int:
    """Exit status: 0 done, 1 refused with one sentence or the deploy failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.appliance", description=__doc__)
    parser.add_argument("verb", choices=("up", "down"))
    parser.add_argument("--suite", default="bookworm", choices=SUITES)
    chosen = parser.parse_args(arguments)
    try:
        return take_down() if chosen.verb == "down" else bring_up(chosen.suite)
    except (HostSupportMissing, OtherSuite) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1


def say(text: str) -> None:
    """A line at once, also through a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def take_down() -> int:
    """Remove the host and what this command kept beside it."""
    removed = remove_appliance()
    shutil.rmtree(FOLDER, ignore_errors=True)
    say(f"Enlevé / removed: {len(removed)}" if removed else "Rien à enlever. / Nothing to remove.")
    return 0


def bring_up(suite: Suite) -> int:
    """Boot or find the host, bring it the working tree as a release of its own, say how to reach it."""
    host = start_appliance(NAME, suite)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    checkout = Checkout.create(FOLDER / "checkout")
    tag = f"v0.0.{int(time.time())}"
    checkout.tag(tag)
    shop = Shop(host, checkout, FOLDER)
    shop.write_target()
    with running_vendors() as vendors, vendors.reachable_from(host):
        for verb, wanted in (("bootstrap", ""), ("deploy", tag)):
            say(f"make {verb} …")
            done = shop.make(verb, wanted)
            say(done.output if done.code else done.output.splitlines()[-1])
            if done.code:
                return 1
    say(render_reach(describe_reach(host)))
    say(f"  https://{host.address}/health   (curl --cacert {FOLDER / 'ca.crt'})")
    (FOLDER / "ca.crt").write_text(shop.authority())
    say(f"  COMPTOIR_TARGET={FOLDER / 'target.toml'} make audit ENV=rehearsal")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
