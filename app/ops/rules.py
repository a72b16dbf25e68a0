"""Judges of the audit: what a probe printed, in; a verdict with the measured value, out. What a sender may do."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a check ended; `not_applicable` is said aloud, never silently passed."""

    OK = "ok"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class ProbeResult:
    """What one probe gave on the host."""

    status: int
    output: str
    error: str


@dataclass(frozen=True)
class Verdict:
    """The judgement of one probe; `value` is what was measured, never a secret."""

    status: Status
    value: str


Judge = Callable[[ProbeResult], Verdict]

# A probe answers this word when its subject does not exist here (swap in a container, live keys in rehearsal).
NOT_APPLICABLE = "not-applicable"


def decide_verdict(judge: Judge, result: ProbeResult) -> Verdict:
    """Judge one probe: not applicable if it says so, failed if it could not run, else what the judge finds.

    A probe that fails proves nothing, so silence is never a pass (design §1: every checklist line is an audit).
    """
    if result.output.startswith(NOT_APPLICABLE):
        return Verdict(Status.NOT_APPLICABLE, result.output.removeprefix(NOT_APPLICABLE).strip(" :\n"))
    if result.status != 0:
        reason = result.error.strip() or result.output.strip()
        return Verdict(Status.FAILED, f"exit {result.status}: {reason[-200:]}")
    return judge(result)


def _verdict(is_kept: bool, value: str) -> Verdict:
    return Verdict(Status.OK if is_kept else Status.FAILED, value or "(nothing)")


def equals(expected: str) -> Judge:
    """The whole output, stripped, is `expected`."""
    return lambda result: _verdict(result.output.strip() == expected, result.output.strip())


def matches(pattern: str) -> Judge:
    """The whole output, stripped, matches the regular expression."""
    return lambda result: _verdict(
        re.fullmatch(pattern, result.output.strip(), re.DOTALL) is not None, result.output.strip()
    )


def at_least(bound: float) -> Judge:
    """The output is a number not below `bound`."""
    return lambda result: _verdict(_number(result) >= bound, result.output.strip())


def at_most(bound: float) -> Judge:
    """The output is a number not above `bound`."""
    return lambda result: _verdict(_number(result) <= bound, result.output.strip())


def each_line_is(expected: str) -> Judge:
    """There is at least one line, and every one is `expected`."""

    def judge(result: ProbeResult) -> Verdict:
        lines = result.output.split("\n") if result.output.strip() else []
        wrong = [line for line in lines if line.strip() and line.strip() != expected]
        return _verdict(bool(lines) and not wrong, "; ".join(wrong) or expected)

    return judge


def same_lines() -> Judge:
    """The output has at least two lines and they are all alike."""

    def judge(result: ProbeResult) -> Verdict:
        lines = result.output.split()
        return _verdict(len(lines) > 1 and len(set(lines)) == 1, " / ".join(lines))

    return judge


def _number(result: ProbeResult) -> float:
    found = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*", result.output)
    return float(found[1]) if found else float("nan")  # nan fails every comparison


SENDER_VERIFIED = "verified"


def compute_sender_standing(active: Mapping[str, bool], email: str) -> str:
    """`verified`, `unverified` or `unknown`, of the addresses that Brevo lists and whether it lets us use them.

    Source: runbook S0-149.
    """
    found = {each.lower(): is_active for each, is_active in active.items()}.get(email.lower())
    return "unknown" if found is None else SENDER_VERIFIED if found else "unverified"
