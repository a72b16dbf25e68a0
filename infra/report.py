"""What a run of pyinfra did, from its `--json` answer: how many changes, which, how long; and what failed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """The names of the operations that changed something and of those that failed."""

    changes: tuple[str, ...]
    errors: tuple[str, ...]

    @property
    def is_success(self) -> bool:
        """True if nothing failed."""
        return not self.errors

    def sentence(self, seconds: float) -> str:
        """One line for a person: `0 changement / 0 changes`."""
        count = len(self.changes)
        french = "changement" if count < 2 else "changements"
        english = "change" if count == 1 else "changes"
        outcome = "" if self.is_success else f", ÉCHEC / FAILED: {', '.join(self.errors)}"
        return f"{count} {french} / {count} {english}, {seconds:.0f} s{outcome}"


def read_report(answer: str) -> Report:
    """Read the answer of `pyinfra --json -y`; an answer without results is a run that never began."""
    payload = json.loads(answer) if answer.strip() else {}
    results = payload.get("results") if isinstance(payload, dict) else None
    if not isinstance(results, Mapping):
        return Report((), ("pyinfra",))
    operations = results["operations"]
    return Report(
        changes=tuple(item["name"] for item in operations if item["success"]),
        errors=tuple(item["name"] for item in operations if item["error"]),
    )
