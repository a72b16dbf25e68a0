"""French for people, English when LANG asks for it (design §5)."""

import os


def speaks_english() -> bool:
    """Whether the caller's locale is an English one; French otherwise, the C locale included."""
    chosen = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return chosen.lower().startswith("en")


def french_or_english(french: str, english: str) -> str:
    """The text for this caller. Help texts are chosen when their module is imported."""
    return english if speaks_english() else french
