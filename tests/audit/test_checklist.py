"""The production checklist, run from outside over SSH: the same list as `comptoir audit` on the host.

`make audit` calls it with `--hosts=ssh://...`; the appliance suite calls `make audit` against a deployed test host.
"""

import pytest
from testinfra.host import Host

from app.ops.checks import CHECKS
from app.ops.checks.model import Check
from app.ops.rules import ProbeResult, Status
from app.ops.service import run_check
from tests.rows import row


def run_over_ssh(host: Host, script: str) -> ProbeResult:
    """Run a probe on the host through the SSH session of the audit (`--sudo` makes it root's)."""
    done = host.run("bash -c %s", script)
    return ProbeResult(done.rc, done.stdout, done.stderr)


@pytest.mark.parametrize("check", [pytest.param(check, marks=row(*check.rows), id=check.id) for check in CHECKS])
def test_line_of_the_checklist_is_kept(host: Host, check: Check) -> None:
    result = run_check(check, lambda script: run_over_ssh(host, script))
    if result.verdict.status is Status.NOT_APPLICABLE:
        pytest.skip(f"not applicable here: {result.verdict.value}")
    assert result.verdict.status is Status.OK, f"{check.promise} [{result.verdict.value}] -> {check.fix}"
