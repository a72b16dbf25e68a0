"""What to do about Stripe's endpoint, from what Stripe lists and which secret is in force (docs/decisions/0025).

Stripe lets address, events and state of an endpoint be changed; its version is chosen at its creation, and its secret
said only then. So an endpoint that we make carries a mark of its secret, by which it is known again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from app.gateways.stripe import Endpoint

MARK = "comptoir_secret"
RETIRED = "comptoir_retired"
# Enough to know a secret of 190 random bits again, and nothing to sign with.
MARK_LENGTH = 32


@dataclass(frozen=True)
class WantedEndpoint:
    """Where events must come (the first of `urls`; the others are its aliases), which, and in which version."""

    urls: tuple[str, ...]
    event_types: tuple[str, ...]
    api_version: str


@dataclass(frozen=True)
class Marks:
    """Of the secret in force, the one before it, and the one that waits in the private file."""

    current: str
    previous: str = ""
    handed_over: str = ""


@dataclass(frozen=True)
class Repair:
    """What to do: `kept` is the endpoint whose secret is in force, put right as far as Stripe allows.

    `is_new_needed`: another one has to be made; `awaited` was made already, its secret is not in force yet.
    `superseded` are to be switched off, once every process knows the secret of the one that is kept.
    """

    kept: Endpoint | None = None
    is_new_needed: bool = False
    awaited: Endpoint | None = None
    superseded: tuple[Endpoint, ...] = ()


def compute_mark(secret: str) -> str:
    """What an endpoint carries of its secret; empty for none."""
    return hashlib.sha256(secret.encode()).hexdigest()[:MARK_LENGTH] if secret else ""


def decide_repair(endpoints: Sequence[Endpoint], wanted: WantedEndpoint, marks: Marks) -> Repair:
    """Make none while one serves as it must; never switch one off before the secret of another is in force.

    Source: payments §2.1; runbook S3-010, S3-020.
    """
    ours = list_ours(endpoints, wanted.urls, marks)
    kept = _find_in_force(ours, marks)
    others = tuple(each for each in ours if each is not kept and each.is_enabled)
    if kept is not None and kept.api_version == wanted.api_version:
        if mark_of(kept) == marks.current:
            return Repair(kept, superseded=others)
        if not others:
            return Repair(kept)
    made = (each for each in others if marks.handed_over and mark_of(each) == marks.handed_over)
    awaited = next((each for each in made if each.api_version == wanted.api_version), None)
    return Repair(kept, is_new_needed=awaited is None, awaited=awaited)


def list_ours(endpoints: Sequence[Endpoint], urls: Sequence[str], marks: Marks | None = None) -> list[Endpoint]:
    """Those with our address or a secret that we know, without those that we switched off ourselves."""
    known = {marks.current, marks.previous, marks.handed_over} - {""} if marks else set()
    return [
        each
        for each in endpoints
        if RETIRED not in each.metadata and (each.url.rstrip("/") in urls or mark_of(each) in known)
    ]


def mark_of(endpoint: Endpoint) -> str:
    """The mark of its secret; empty for one that somebody made by hand."""
    return endpoint.metadata.get(MARK, "")


def _find_in_force(ours: Sequence[Endpoint], marks: Marks) -> Endpoint | None:
    """By its mark (the previous one is left of a secret that was rolled at Stripe), or the only one made by hand."""
    for mark in filter(None, (marks.current, marks.previous)):
        marked = [each for each in ours if mark_of(each) == mark]
        if marked:
            return marked[0]
    by_hand = [each for each in ours if not mark_of(each)]
    enabled = [each for each in by_hand if each.is_enabled]
    return next((found[0] for found in (enabled, by_hand) if len(found) == 1), None)
