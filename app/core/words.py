"""What people read, in both languages of the house."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """The same in French and in English."""

    fr: str
    en: str
