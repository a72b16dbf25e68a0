"""Runs the production checklist through whatever can run a command on the host."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.ops.checks.model import PRELUDE, Check
from app.ops.rules import ProbeResult, Status, Verdict, decide_verdict

Runner = Callable[[str], ProbeResult]
"""Runs a shell script as root on the host: a subprocess there, an SSH session from outside."""


@dataclass(frozen=True)
class CheckResult:
    """One line of the audit's report, as `comptoir audit --json` prints it (design §5)."""

    check: Check
    verdict: Verdict

    def as_json(self) -> dict[str, object]:
        """The contract's fields; `fix` is empty unless there is something to fix."""
        is_failed = self.verdict.status is Status.FAILED
        return {
            "id": self.check.id,
            "rows": list(self.check.rows),
            "status": self.verdict.status.value,
            "message": ("Non tenu : " if is_failed else "") + self.check.promise,
            "value": self.verdict.value,
            "fix": self.check.fix if is_failed else "",
        }


def run_check(check: Check, run: Runner) -> CheckResult:
    """Run one check's probe and judge what it printed."""
    return CheckResult(check, decide_verdict(check.judge, run(PRELUDE + check.probe)))


def run_checks(checks: Iterable[Check], run: Runner) -> Iterable[CheckResult]:
    """Run the list in order, giving each result as soon as it is there."""
    for check in checks:
        yield run_check(check, run)
