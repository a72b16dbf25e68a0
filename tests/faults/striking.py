"""What may fail at a moment of money: the vendors, the ways of Stripe's news, and what the product stands on."""

import json
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import psycopg
import redis
from psycopg import sql

from app.dev.fake_stripe.delivery import sign
from app.dev.postgres import Cluster, start_cluster
from app.dev.redis import RedisServer, start_redis
from tests.faults.machine import Machine
from tests.faults.stories import Moment, Strike
from tests.shop_front import Vendor
from tests.stripe_news import PATH
from tests.waiting import wait_until

DATABASE = "comptoir_test"
AWAY_SECONDS = 1.5
HANGS_SECONDS = 15.0  # longer than any call of ours waits
# The middle of the work: what has begun is not committed, or is and has not been answered.
DIES_AT = 7
MAILING = "send_transac_email"
BREAKER = "comptoir:breaker:*"
MONEY_TABLES = ("payment_session", "payment_event", "payment", "refund", "message", '"order"', "procrastinate_jobs")
DISK_FULL = """
CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$
"""


@dataclass
class Ground:
    """What the product stands on, of this test alone, so that it may be taken away."""

    postgres: Cluster
    redis: RedisServer
    folder: Path
    threads: list[threading.Thread] = field(default_factory=list)

    def meanwhile(self, act: Callable[[], None]) -> None:
        """While the story goes on."""
        self.threads.append(threading.Thread(target=act))
        self.threads[-1].start()

    def heal(self) -> None:
        """Until everything stands again."""
        for thread in self.threads:
            thread.join(timeout=60)
        self.threads.clear()
        if self.redis.process.poll() is not None:
            self.redis = start_redis(self.folder / "redis.log", port=self.redis.port)
        wait_until(self.is_answering, 30, "PostgreSQL answers")
        with redis.Redis.from_url(self.redis.url) as client:  # half a minute passes
            for key in client.scan_iter(BREAKER):
                client.delete(key)

    def is_answering(self) -> bool:
        """Whether the database takes connections."""
        try:
            psycopg.connect(self.postgres.dsn(DATABASE), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def restart_postgres(self) -> None:
        """As `systemctl restart` does: every connection is closed."""
        self.meanwhile(self._restart)

    def _restart(self) -> None:
        self.postgres.stop()
        start_cluster(self.folder, port=self.postgres.port)

    def crash_postgres(self) -> None:
        """One of its processes is killed; the server throws everybody out and repairs itself."""
        victim = psycopg.connect(self.postgres.dsn(), autocommit=True)
        os.kill(victim.info.backend_pid, signal.SIGKILL)
        victim.close()

    def refuse_connections(self) -> None:
        """Who is in is thrown out, and nobody comes in for a while."""
        self._allow(False)
        self.meanwhile(self._accept_again)

    def _accept_again(self) -> None:
        threading.Event().wait(AWAY_SECONDS)
        self._allow(True)

    def _allow(self, is_open: bool) -> None:
        with psycopg.connect(self.postgres.dsn(), autocommit=True) as administration:
            statement = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
            administration.execute(statement.format(sql.Identifier(DATABASE), sql.SQL(str(is_open).lower())))
            if not is_open:
                thrown = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                administration.execute(thrown, [DATABASE])

    def fill_disk(self) -> None:
        """Nothing more can be written of money for a while."""
        self._each_table("CREATE TRIGGER disk_is_full BEFORE INSERT OR UPDATE ON {} EXECUTE FUNCTION disk_is_full()")
        self.meanwhile(self._empty_disk)

    def _empty_disk(self) -> None:
        threading.Event().wait(AWAY_SECONDS)
        self._each_table("DROP TRIGGER disk_is_full ON {}")

    def _each_table(self, statement: str) -> None:
        with psycopg.connect(self.postgres.dsn(DATABASE), autocommit=True) as database:
            if statement.startswith("CREATE"):
                database.execute("DROP FUNCTION IF EXISTS disk_is_full")
                database.execute(DISK_FULL)
            for table in MONEY_TABLES:
                database.execute(sql.SQL(statement.format(table)))

    def kill_redis(self) -> None:
        """It stays away until the story is over."""
        self.redis.process.kill()
        self.redis.process.wait()


@dataclass(frozen=True)
class Scene:
    """Where a fault strikes."""

    machine: Machine
    ground: Ground
    moment: Moment

    @property
    def vendor(self) -> Vendor:
        """Whom the moment calls."""
        return self.machine.brevo if self.moment.calls == MAILING else self.machine.stripe


@dataclass(frozen=True)
class Fault:
    """`needs`: a `call` of a vendor, of `stripe`, its `news`, or nothing in particular."""

    name: str
    needs: str
    strike: Callable[[Scene], Strike]

    def fits(self, moment: Moment) -> bool:
        """Whether it can meet this moment."""
        calls_stripe = bool(moment.calls) and moment.calls != MAILING
        kinds = {"call": bool(moment.calls), "stripe": calls_stripe, "news": moment.delivers, "": True}
        return kinds[self.needs]


def of_vendor(name: str, kind: str, when: str = "before", times: int = 2, needs: str = "call") -> Fault:
    """The vendor's next calls of the moment go wrong: two of them, so that a repeat of the package is not enough."""

    def strike(scene: Scene) -> Strike:
        def now() -> None:
            more = {"seconds": HANGS_SECONDS} if kind == "hang" else {}
            scene.vendor.break_down(scene.moment.calls, kind, when=when, times=times, **more)

        def has_hit() -> bool:
            return all(cast("int", left["times"]) < times for left in scene.vendor.get("/_test/faults"))

        return Strike(now, bring_once(scene.machine), has_hit)

    return Fault(name, needs, strike)


def of_ground(name: str, act: Callable[[Ground], None]) -> Fault:
    """Something that the product stands on goes away."""
    return Fault(name, "", lambda scene: Strike(lambda: act(scene.ground), bring_once(scene.machine)))


def of_news(name: str, bring: Callable[[Machine, str], None]) -> Fault:
    """Stripe's news comes in another way than once, in time and in order."""

    def strike(scene: Scene) -> Strike:
        return Strike(lambda: None, lambda event_id: bring(scene.machine, event_id))

    return Fault(name, "news", strike)


def bring_once(machine: Machine) -> Callable[[str], None]:
    """As it should be: this event, then what else there is."""

    def bring(event_id: str) -> None:
        machine.deliver(event_id)
        machine.bring_the_rest()

    return bring


def bring_often(machine: Machine, event_id: str) -> None:
    machine.deliver(event_id, 6)
    machine.bring_the_rest()


def bring_backwards(machine: Machine, event_id: str) -> None:
    machine.hold()
    machine.deliver(event_id)
    machine.bring_the_rest()
    machine.release("reversed")


def bring_late(machine: Machine, event_id: str) -> None:
    machine.bring_the_rest(but=event_id)
    machine.settle()
    machine.deliver(event_id)


def bring_forged(machine: Machine, event_id: str) -> None:
    """First by somebody who does not know the secret, then by Stripe."""
    body = json.dumps(machine.stripe.read_event(event_id)).encode()
    forged = {"Stripe-Signature": sign(body, ["whsec_of_somebody_else"])}
    assert machine.buyer.http.post(PATH, content=body, headers=forged).status_code == 400
    bring_once(machine)(event_id)


def bring_of_other_mode(machine: Machine, event_id: str) -> None:
    """The same thing happened in Stripe's other mode as well, and our endpoint hears of it."""
    machine.put_twin(event_id, livemode=True)
    bring_once(machine)(event_id)


def bring_twins(machine: Machine, event_id: str) -> None:
    """Stripe made two events of one fact."""
    machine.put_twin(event_id)
    bring_once(machine)(event_id)


def kill_at_work(scene: Scene) -> Strike:
    """The process dies in the middle of what it does at this moment."""
    machine = scene.machine
    return Strike(
        now=lambda: machine.arm(scene.moment.work, DIES_AT),
        bring=bring_once(machine),
        has_hit=lambda: machine.killed_at() == DIES_AT,
    )


FAULTS = (
    of_vendor("vendor refuses the connection", "refuse"),
    of_vendor("vendor hangs", "hang", times=1),
    of_vendor("vendor answers 429", "rate_limit"),
    of_vendor("vendor answers 401", "unauthorized", times=1),
    of_vendor("Stripe answers 409", "conflict", needs="stripe"),
    of_vendor("vendor answers 500 after executing", "error", "after", times=1),
    of_vendor("vendor answers 502 in HTML", "bad_gateway"),
    of_vendor("connection cut after executing", "refuse", "after"),
    of_vendor("answer cut in half", "truncate", "after", times=1),
    of_news("webhook six times at once", bring_often),
    of_news("webhooks in reversed order", bring_backwards),
    of_news("webhook delayed", bring_late),
    of_news("webhook lost", lambda _machine, _event_id: None),
    of_news("webhook with a wrong secret first", bring_forged),
    of_news("webhook of the other mode too", bring_of_other_mode),
    of_news("two events of one fact", bring_twins),
    of_ground("PostgreSQL restarted", Ground.restart_postgres),
    of_ground("PostgreSQL crashes", Ground.crash_postgres),
    of_ground("PostgreSQL refuses connections", Ground.refuse_connections),
    of_ground("disk full", Ground.fill_disk),
    of_ground("Redis killed", Ground.kill_redis),
    Fault("process killed", "", kill_at_work),
)
