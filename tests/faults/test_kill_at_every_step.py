"""`kill -9` at every step of a webhook and of a mail: whatever the moment, everything happens exactly once.

First the work runs once and lists its moments; then it runs once for each of them and dies there. Stripe brings the
event again, the worker takes the job back. `make test` visits the moments around commits and calls, `make prove` all.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.faults.machine import Machine
from tests.proofs import is_proving, record_proof

WEBHOOK = "POST /stripe/webhook"
MOST_IN_SMALL = 8
Begin = Callable[[Machine], Callable[[], None]]


@dataclass(frozen=True)
class Kind:
    """A piece of work, and how it is brought about: what comes before it, and what begins it."""

    name: str
    work: str
    prepare: Begin


def prepare_paid_intent(machine: Machine) -> Callable[[], None]:
    """A cart of two pieces is paid, its browser is gone, Stripe has not yet said so."""
    attempt = machine.buyer.open_session(machine.buyer.fill_cart(2))
    machine.stripe.pay(attempt.intent_id, deliver=False)
    event_id = machine.event_about(attempt.intent_id, "payment_intent.succeeded")
    return lambda: machine.deliver(event_id)


KINDS = (
    Kind("webhook-payment", WEBHOOK, prepare_paid_intent),
    Kind("mail", "notifications.send", prepare_paid_intent),
)


def choose(moments: list[str]) -> list[int]:
    """All of them when proving, else the ones beside a commit or a call and some others, as a quick run can afford."""
    everything = list(range(1, len(moments) + 1))
    if is_proving():
        return everything
    decisive = [at for at in everything if any(word in moments[at - 1] for word in ("commit", "call", "written off"))]
    others = [at for at in everything if at not in decisive]
    left = max(0, MOST_IN_SMALL - len(decisive))
    return sorted(thin_out(decisive, MOST_IN_SMALL) + thin_out(others, left))


def thin_out(moments: list[int], most: int) -> list[int]:
    """So many of them at most, spread evenly."""
    step = max(1, -(-len(moments) // most)) if most else len(moments) + 1
    return moments[step - 1 :: step]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_dying_at_any_moment_loses_nothing_and_doubles_nothing(machine: Machine, kind: Kind) -> None:
    moments = live(machine, kind, 0)
    assert machine.killed_at() is None
    chosen = choose(moments)
    for moment in chosen:
        live(machine, kind, moment)
        assert machine.killed_at() == moment, machine.moments()
    record_proof(
        f"kill-{kind.name}",
        {
            "moments": len(moments),
            "kills": len(chosen),
            # The books disagreed otherwise, and the test failed.
            "effects_lost": 0,
            "effects_doubled": 0,
            **{f"{place:03d}": what for place, what in enumerate(moments, 1)},
        },
    )


def live(machine: Machine, kind: Kind, dies_at: int) -> list[str]:
    """One life of the work, to its end or to its death and through everything that mends it; gives its moments."""
    begin = kind.prepare(machine)
    machine.arm(kind.work, dies_at)
    begin()
    machine.settle()
    faults = machine.find_faults()
    assert faults == [], f"{kind.name}, moment {dies_at}: {machine.moments()[-1:]}"
    moments = machine.moments()
    assert moments, "the work was never seen"
    return moments
