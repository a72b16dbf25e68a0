"""`python -m infra VERB`: what `make bootstrap`, `make deploy`, `make rollback` and `make audit` run, summed up.

Each verb is one plain pyinfra line, which works as well without this program:
`pyinfra -y infra/inventory/production.py infra/deploys/site.py`.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from infra.audit import run_audit
from infra.report import Report, read_report
from infra.target import ROOT, UnusableTarget, read_target, target_file

DEPLOYS = {"bootstrap": "bootstrap.py", "deploy": "site.py", "rollback": "rollback.py", "preflight": "preflight.py"}
INVENTORIES = ("production", "staging", "rehearsal")

NEW_TARGET = """# Written by make bootstrap; see example.toml for everything that may stand here.
domain = "{domain}"
addresses = ["{host}"]
tls = "own-authority"

[ssh]
user = "deploy"
key = "{key}"

[site]
BREVO_SENDER_EMAIL = "boutique@{domain}"
BREVO_SENDER_NAME = "Boutique"
"""


def write_target(path: Path, host: str, domain: str, key: str) -> None:
    """Write the first target file from what `make bootstrap` was told."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(NEW_TARGET.format(host=host, domain=domain or host, key=key))
    path.chmod(0o600)


def run_pyinfra(inventory: str, deploy: str, environment: dict[str, str]) -> tuple[int, Report]:
    """Run one deploy; progress goes to the terminal as it comes, the results come back as a report."""
    command = [
        *(sys.executable, "-m", "pyinfra", "--json", "-y"),
        *(f"infra/inventory/{inventory}.py", f"infra/deploys/{deploy}"),
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    start = done.stdout.find("{")
    report = read_report(done.stdout[start:] if start >= 0 else "")
    return done.returncode, report


def environment_of(options: argparse.Namespace) -> dict[str, str]:
    """What the deploys read: the tag, the window, and root for the first visit."""
    environment = dict(os.environ)
    if options.tag:
        environment["COMPTOIR_TAG"] = options.tag
    if options.verb == "bootstrap":
        environment["COMPTOIR_SSH_USER"] = "root"
    return environment


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line behind the Makefile."""
    parser = argparse.ArgumentParser(prog="python -m infra", description=__doc__)
    parser.add_argument("verb", choices=sorted((*DEPLOYS, "audit")))
    parser.add_argument("--inventory", default="production", choices=INVENTORIES)
    parser.add_argument("--tag", default="", help="étiquette à livrer / tag to release")
    parser.add_argument("--host", default="", help="première visite : adresse du serveur / address of the server")
    parser.add_argument("--domain", default="", help="première visite : nom public / public name")
    parser.add_argument("--key", default="~/.ssh/id_ed25519", help="clé SSH / SSH key")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Exit status: 0 done, 1 refused or failed, 2 wrong use."""
    options = parse(arguments)
    path = target_file(options.inventory)
    if options.host and not path.exists():
        write_target(path, options.host, options.domain, options.key)
    started = time.monotonic()
    try:
        target = read_target(options.inventory)
    except UnusableTarget as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    if options.verb == "audit":
        return run_audit(target)
    code, report = run_pyinfra(options.inventory, DEPLOYS[options.verb], environment_of(options))
    for name in report.changes:
        sys.stdout.write(f"  {name}\n")
    sys.stdout.write(f"{options.verb}: {report.sentence(time.monotonic() - started)}\n")
    return 0 if code == 0 and report.is_success else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
