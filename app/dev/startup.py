"""From an empty folder to a shop that answers: the steps of `make up` in the order of need."""

import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from app.dev.environment import instance_settings, plain_environment
from app.dev.family import Database, Family, Running, pid_file_of, spawn
from app.dev.guard import wait_until
from app.dev.instance import ADMIN_EMAIL, Memory, Wishes, save_memory, write_json, write_private
from app.dev.postgres import Cluster, start_cluster
from app.dev.redis import start_redis
from app.dev.refusals import gave_up
from app.dev.screen import progress

ROOT = Path(__file__).parents[2]
DATABASE = "comptoir"
READY_SECONDS = 40.0
# What the prepared database depends on: a change of any of them runs the migrations and the demo shop again.
PREPARED_FROM = ("app/migrations", "app/dev/demo_shop", "app/dev/prepare.py", "requirements-up.lock")


@dataclass(frozen=True)
class Startup:
    """What the steps work with; `pipe` tells the guard which database server to stop after a crash of ours."""

    wishes: Wishes
    memory: Memory
    family: Family
    listener: socket.socket
    pipe: int

    def run(self) -> None:
        """Start everything; returns when the shop answers. Raises `StartRefused` and the servers' own refusals."""
        stripe, brevo = self._start_fake_stripe(), self._start_fake_brevo()
        with progress("base de données PostgreSQL / database"):
            cluster = self._start_database()
        with progress("cache Redis"):
            redis_url = self._start_redis()
        save_memory(self.wishes.data, self.memory)
        settings = instance_settings(self.wishes, self.memory, cluster.url(DATABASE), redis_url)
        environment = {**plain_environment(), **settings}
        self._prepare(environment)
        with progress("web, tâches de fond, faux Stripe, faux Brevo / web, worker, fakes"):
            web = self._start_program("web", ["app.serve", "--fd", "0"], environment, self.listener.fileno())
            self._start_program("worker", ["app.worker"], environment)
            self._wait_until_listening("fake_stripe", stripe)
            self._wait_until_listening("fake_brevo", brevo)
            self._wait_until_ready(web)
        lines = [f"{name}={value}" for name, value in settings.items()]
        write_private(self.wishes.data / "env", "\n".join(lines))
        write_json(self.wishes.data / "up.json", self._contract(cluster))

    def _start_fake_stripe(self) -> Running:
        deliver_to = ["--webhook-url", f"{self.wishes.url}/stripe/webhook"]
        signed_with = ["--webhook-secret", self.memory.secrets.webhook_secret]
        return self._start_fake("fake_stripe", [*deliver_to, *signed_with])

    def _start_fake_brevo(self) -> Running:
        return self._start_fake("fake_brevo", [])

    def _start_fake(self, name: str, options: list[str]) -> Running:
        state = ["--state-file", str(self.wishes.data / f"{name}.jsonl")]
        port = ["--port", str(self.memory.port(name))]
        return self._start_program(name, [f"app.dev.{name}", *port, *state, *options], plain_environment())

    def _start_program(
        self, name: str, module: list[str], environment: dict[str, str], stdin: int = subprocess.DEVNULL
    ) -> Running:
        command, log = [sys.executable, "-m", *module], self.wishes.log(name)
        return self.family.add(name, log, lambda: spawn(command, environment, log, ROOT, stdin))

    def _start_database(self) -> Cluster:
        data, ports = self.wishes.data, self.memory.ports

        def start() -> Database:
            return Database.of(start_cluster(data, port=ports.get("postgres")))

        database = self.family.add("PostgreSQL", data / "postgres" / "postgres.log", start)
        ports["postgres"] = database.cluster.port
        os.write(self.pipe, f"{pid_file_of(database.cluster)}\n".encode())
        if not database.cluster.has_database(DATABASE):
            database.cluster.create_database(DATABASE)
        return database.cluster

    def _start_redis(self) -> str:
        log, port = self.wishes.log("redis"), self.memory.port("redis")
        self.family.add("Redis", log, lambda: start_redis(log, port=port).process)
        return f"redis://127.0.0.1:{port}/0"

    def _prepare(self, environment: dict[str, str]) -> None:
        """Migrations and the demo shop, in a process of its own; nothing to do if nothing changed since last time."""
        digest = compute_digest(PREPARED_FROM)
        if self.memory.prepared == digest:
            return
        with progress("schéma de la base, boutique de démonstration / schema, demo shop"):
            self.memory.shop = run_preparation(environment, self.memory.secrets.admin_password, self.wishes)
        self.memory.prepared = digest
        save_memory(self.wishes.data, self.memory)

    def _wait_until_listening(self, name: str, fake: Running) -> None:
        port = self.memory.ports[name]
        if not wait_until(lambda: accepts(port) or fake.poll() is not None, READY_SECONDS) or not accepts(port):
            raise gave_up(name, self.wishes.log(name))

    def _wait_until_ready(self, web: Running) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not answers_ready(self.wishes.port):
            if web.poll() is not None or time.monotonic() > deadline:
                raise gave_up("web", self.wishes.log("web"))
            time.sleep(0.05)

    def _contract(self, cluster: Cluster) -> dict[str, object]:
        """`up.json`: what a storefront, a test or a script needs to talk to this instance."""
        return {
            "url": self.wishes.url,
            "admin_email": ADMIN_EMAIL,
            "admin_password": self.memory.secrets.admin_password,
            "webhook_secret": self.memory.secrets.webhook_secret,
            "fake_stripe_url": f"http://127.0.0.1:{self.memory.ports['fake_stripe']}",
            "fake_brevo_url": f"http://127.0.0.1:{self.memory.ports['fake_brevo']}",
            "database_url": cluster.url(DATABASE),
            **self.memory.shop,
        }


def run_preparation(environment: dict[str, str], admin_password: str, wishes: Wishes) -> dict[str, object]:
    """Run `app.dev.prepare`; what the demo shop holds, for `up.json`. The password goes through a pipe, not `ps`."""
    log = wishes.log("prepare")
    with log.open("ab") as errors:
        done = subprocess.run(
            [sys.executable, "-m", "app.dev.prepare", ADMIN_EMAIL],
            cwd=ROOT,
            env=environment,
            input=admin_password.encode(),
            stdout=subprocess.PIPE,
            stderr=errors,
            check=False,
        )
    if done.returncode != 0:
        raise gave_up("prepare", log)
    shop: dict[str, object] = json.loads(done.stdout)
    return shop


def compute_digest(places: tuple[str, ...]) -> str:
    """One digest of these files and of every file below these folders."""
    digest = hashlib.sha256()
    for place in places:
        root = ROOT / place
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file() and path.suffix != ".pyc":
                digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def accepts(port: int) -> bool:
    """Whether somebody listens on this loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def answers_ready(port: int) -> bool:
    """Whether the shop says that it and all it needs are there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
