"""Looks at the tree, the keys and the host, touches nothing, and stops with one sentence per thing that is wrong."""

import os
from pathlib import Path

from pyinfra import config, host, logger
from pyinfra.api.exceptions import PyinfraError

from infra.deploys.facts.host_report import read_report
from infra.findings import Finding, check_keys, check_report
from infra.source import UnusableSource, find_source
from infra.target import ROOT

config.SUDO = True


def look_at_source() -> Finding:
    """The tag to release, or why there is none."""
    wanted = os.environ.get("COMPTOIR_TAG", "")
    try:
        source = find_source(ROOT, wanted, is_snapshot_allowed=host.data.comptoir_env != "production")
    except UnusableSource as problem:
        return Finding("source", "failure", str(problem), wanted)
    ahead = f", {source.commits_ahead} commit(s) après / commits later" if source.commits_ahead else ""
    return Finding("source", "ok", f"Version : {source.release}{ahead}. / Release.", source.release)


def look() -> None:
    """Print every finding; raise if one of them forbids to go on."""
    is_production = host.data.comptoir_env == "production"
    findings = [
        look_at_source(),
        *check_keys(Path(host.data.secrets_file), host.data.site, is_production=is_production),
        *check_report(read_report()),
    ]
    for finding in findings:
        (logger.info if finding.status == "ok" else logger.warning)(finding.line())
    failures = [finding.line() for finding in findings if finding.status == "failure"]
    if failures:
        raise PyinfraError("rien n'a été touché / nothing was touched\n" + "\n".join(failures))


look()
