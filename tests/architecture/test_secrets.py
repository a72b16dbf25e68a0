"""No secret in the tree (design §4.10). Invented values are allowed when they say that they are invented."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.architecture.source import ROOT, files, listed_by_git, refuse
from tests.rows import row

SHAPES = {
    "a live Stripe key": r"\b[sr]k_live_[A-Za-z0-9_]{8,}",
    "a Stripe test key": r"\b[sr]k_test_[A-Za-z0-9]{24,}",
    "a webhook secret": r"\bwhsec_[A-Za-z0-9+/=_-]{16,}",
    "a Brevo key": r"\bxkeysib-[A-Za-z0-9_-]{16,}",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16,}",
    "an access key": r"\bAKIA[0-9A-Z]{16}\b",
    "a forge token": r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,})",
    "a chat webhook": r"hooks\.slack\.com/services/T\w+/B\w+/\w{16,}",
}
INVENTED = re.compile(
    r"fake|test_|of_the_tests|example|demo|dummy|canary|invented|placeholder|somebody|xxxx|0000|1234", re.IGNORECASE
)
KEY_FILES = re.compile(r"(^|/)(\.env|env|id_(rsa|ed25519|ecdsa)|[^/]+\.(pem|p12|pfx|key|kdbx)|owner\.env|backup\.env)$")


def secrets(path: str, text: str) -> Iterator[str]:
    for what, shape in SHAPES.items():
        for match in re.finditer(shape, text):
            value = re.sub(r"^[sr]k_(live|test)_|^whsec_|^xkeysib-", "", match.group())
            if not INVENTED.search(value):
                line = text.count("\n", 0, match.start()) + 1
                yield f"{path}:{line} {what}"


def texts() -> Iterator[tuple[str, str]]:
    for path in files():
        try:
            yield path.as_posix(), (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


@row("S0-172", "S1-030")
def test_the_tree_holds_no_secret() -> None:
    refuse(
        [finding for path, text in texts() for finding in secrets(path, text)],
        "Revoke it at the vendor first, then take it out of the history; secrets live in /etc/comptoir only. "
        "An invented value says so in its text (fake, demo, canary):",
    )


@row("S0-139")
def test_the_tree_holds_no_key_file() -> None:
    refuse(
        [path.as_posix() for path in files() if KEY_FILES.search(path.as_posix())],
        "Key files and env files stay out of the tree; .env.example shows the names:",
    )


def added_lines_of_the_history() -> str:
    """Every line that a commit ever added, where there is a history (an archive of a release has none)."""
    if not listed_by_git():
        return ""
    command = ["git", "log", "--all", "--patch", "--unified=0", "--no-color", "--no-ext-diff", "--diff-filter=AM"]
    log = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=True).stdout
    return "\n".join(line for line in log.decode("utf-8", "replace").splitlines() if line.startswith("+"))


def test_the_history_holds_no_secret() -> None:
    refuse(
        list(secrets("the history, line", added_lines_of_the_history())),
        "Revoke it at the vendor at once: taking it out of the tree does not take it out of the history:",
    )


LETTERS = "aB3dE5gH7jK9mN2pQ4sT6vW8"


@pytest.mark.parametrize(
    "text",
    [
        f"sk_live_{LETTERS}",
        f"rk_live_{LETTERS}",
        f"sk_test_{LETTERS}",
        f"whsec_{LETTERS}",
        f"xkeysib-{LETTERS}",
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{LETTERS}",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        f"ghp_{LETTERS}{LETTERS}",
        f"hooks.slack.com/services/T01/B01/{LETTERS}",
    ],
)
def test_the_scanner_sees_each_kind(text: str) -> None:
    assert len(list(secrets("x", f"first line\n{text}\n"))) == 1


@pytest.mark.parametrize("text", ["sk_live_...", f"whsec_fake{LETTERS}", "sk_test_demo", "xkeysib-", "PRIVATE KEY"])
def test_the_scanner_leaves_names_and_invented_values(text: str) -> None:
    assert list(secrets("x", text)) == []


def test_key_files_are_seen() -> None:
    seen = [
        path
        for path in ("infra/host.pem", ".env", "a/id_ed25519", ".env.example", "app/keys.py")
        if KEY_FILES.search(path)
    ]
    assert seen == ["infra/host.pem", ".env", "a/id_ed25519"]
