"""The product as it runs, between the two fakes: a web process and a worker that can be told when to die."""

import json
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import cast

import time_machine
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core.clock import utc_now
from app.core.db import unit_of_work
from app.core.jobs import enqueue
from app.payments.event_types import HANDLED_EVENT_TYPES
from app.stripe_events.rules import YOUNG
from tests.command import run_command
from tests.faults.books import ask_api, find_faults, list_all
from tests.faults.moments import LIST, PLAN
from tests.processes import Processes
from tests.shop_front import Buyer, FakeBrevo, FakeStripe, Json, read_rows
from tests.waiting import wait_until

# A killed job is taken back within a round of the worker, and a delivery of Stripe comes again within four seconds.
SETTLE_SECONDS = 90.0
# What waits for its next try stops waiting: time itself is not under test.
NEXT_TRIES = (
    "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo' AND scheduled_at > now()",
    "UPDATE payment_event SET next_try_at = now() WHERE next_try_at > now()",
    "UPDATE message SET next_attempt_at = now() WHERE next_attempt_at > now() AND state = 'queued'",
    "UPDATE mail_gate SET opens_at = now() WHERE opens_at > now()",
)
# What runs each minute does not wait for the minute where it has something to do.
EACH_MINUTE = {
    "stripe_events.sweep": "SELECT EXISTS (SELECT FROM payment_event WHERE state IN ('failed', 'unmatched'))",
    "notifications.pump": "SELECT EXISTS (SELECT FROM message WHERE state = 'queued')",
}
WHICH = "SELECT task_name, status::text, attempts FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
UNFINISHED = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"


@dataclass
class Machine:
    """Everything a purchase needs, and the folder through which a process is told its end."""

    processes: Processes
    listener: socket.socket
    stripe: FakeStripe
    brevo: FakeBrevo
    buyer: Buyer
    folder: Path

    def arm(self, work: str, dies_at: int = 0) -> None:
        """Watch the next piece of such work, and have it die at this moment of it (0: only watch)."""
        (self.folder / LIST).write_text("")
        (self.folder / PLAN).write_text(json.dumps({"work": work, "dies_at": dies_at}))

    def moments(self) -> list[str]:
        """What the watched work came through."""
        return [str(line["what"]) for line in self._lines() if "moment" in line]

    def killed_at(self) -> int | None:
        """The moment at which it died."""
        return next((int(str(line["killed"])) for line in self._lines() if "killed" in line), None)

    def hold(self) -> None:
        """Stripe keeps its news to itself for now: they would race with the answers of its calls."""
        self.stripe.post("/_test/deliveries/hold")

    def release(self, order: str = "made") -> None:
        """It brings them, one after the other."""
        self.stripe.post("/_test/deliveries/release", order=order)

    def put_twin(self, event_id: str, **over: object) -> None:
        """Stripe brings a second event with the same content."""
        event = self.stripe.read_event(event_id)
        thing = cast("Json", event["data"])["object"]
        self.stripe.post("/_test/events", type=event["type"], object=thing, deliver=True, **over)

    def recover(self) -> None:
        """All that mends by itself: repeats, sweeper, and minutes later what looks for events that never came."""
        self.settle()
        with time_machine.travel(utc_now() + YOUNG + timedelta(minutes=1)):
            assert run_command("events", "reconcile").code == 0, "events were fetched and could not be applied"
        self.settle()

    def wait_for_work(self) -> None:
        """Until the watched job is over, or dead."""
        wait_until(lambda: self.killed_at() is not None or is_idle(), SETTLE_SECONDS, "the job ends")

    def bring_the_rest(self, but: str = "") -> None:
        """Stripe brings what it has kept to itself so far."""
        known = {but} | {str(event_id) for (event_id,) in wait_until(self._read_ledger, SETTLE_SECONDS, "the ledger")}
        for event in list_all(self.stripe, "events"):
            if event["type"] in HANDLED_EVENT_TYPES and event["id"] not in known:
                self.deliver(str(event["id"]))

    def _read_ledger(self) -> list[tuple[object, ...]]:
        with suppress(SQLAlchemyError):  # it may be what fails at this moment
            return [*read_rows("SELECT stripe_event_id FROM payment_event"), ("none",)]
        return []

    def deliver(self, event_id: str, times: int = 1) -> None:
        """Stripe brings an event, so many times at once."""
        self.stripe.post("/_test/deliveries", event=event_id, times=times)

    def settle(self) -> None:
        """Until Stripe has brought everything and no job is left, with nobody waiting for its time."""
        try:
            wait_until(self.is_settled, SETTLE_SECONDS, "everything is delivered and done")
        except AssertionError as never:
            raise AssertionError(f"{never}: {read_rows(WHICH)}") from None

    def is_settled(self) -> bool:
        """Whether nothing is under way any more."""
        return self.stripe.is_everything_delivered() and is_idle()

    def find_faults(self) -> list[str]:
        """What does not agree between the vendors' books and ours."""
        return find_faults(self.stripe, self.brevo)

    def event_about(self, thing_id: object, kind: str) -> str:
        """The id of the event by which Stripe tells this of a thing."""
        listed = ask_api(self.stripe, "/v1/events", type=kind, limit=100)["data"]
        assert isinstance(listed, list)
        return str(next(event["id"] for event in listed if event["data"]["object"]["id"] == thing_id))

    def _lines(self) -> list[Json]:
        return [json.loads(line) for line in (self.folder / LIST).read_text().splitlines()]


def is_idle() -> bool:
    """Whether no job is left and nothing waits for one, once nobody waits for its time any more."""
    with suppress(SQLAlchemyError), unit_of_work("test") as session:
        for statement in NEXT_TRIES:
            session.execute(text(statement))
        due = [name for name, query in EACH_MINUTE.items() if session.scalar(text(query))]
        is_done = session.scalar(text(UNFINISHED)) == 0
        for name in due if is_done else ():
            enqueue(session, name)
        return is_done and not due
    return False  # the database is away
