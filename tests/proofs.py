"""Full-size proofs: the same scenario small in `make test` and full in `make prove`, which keeps what it measured.

A proof is a test that calls `record_proof`. `make prove` runs those files with PROVE=1.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROOFS = ROOT / "docs" / "proofs"


def is_proving() -> bool:
    """Whether this run is `make prove`."""
    return os.environ.get("PROVE") == "1"


def proof_size(small: int, full: int) -> int:
    """How many times to do it: `small` in `make test`, `full` in `make prove`."""
    return full if is_proving() else small


def record_proof(name: str, figures: Mapping[str, float | int | str]) -> None:
    """When proving, keep the figures in docs/proofs/NAME.json with the command that repeats them, commit and date."""
    if not is_proving():
        return
    test = os.environ["PYTEST_CURRENT_TEST"].split(" ")[0]
    content = {
        "name": name,
        "figures": dict(figures),
        "command": f"PROVE=1 .venv/bin/pytest {test}",
        "commit": current_commit(),
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cores": os.cpu_count(),
    }
    PROOFS.mkdir(parents=True, exist_ok=True)
    (PROOFS / f"{name}.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def current_commit() -> str:
    """The commit that was measured, marked when the tree had changes of code beside it."""
    commit = git("rev-parse", "HEAD")
    changed = git("status", "--porcelain", "--", ".", ":!docs/proofs")
    return f"{commit} + local changes" if changed else commit


def git(*arguments: str) -> str:
    """What git says; this is a checkout, since proofs are committed."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
