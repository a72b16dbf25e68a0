"""The bench's own servers: Debian's PostgreSQL and Redis, one web worker as in production, the empty application."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg.abc import Params

from app.dev.family import pid_file_of
from app.dev.guard import read_postmaster
from app.dev.postgres import Cluster, free_port, get_bin_dir, start_cluster
from app.dev.redis import RedisServer, get_binary, start_redis
from bench.machine import LOAD_CORE, SERVER_CORE, Meter, pinned
from bench.wire import Client, WrongAnswer
from infra.inventory.group_data.all import postgresql_at_start, postgresql_live

ROOT = Path(__file__).parents[1]
DATABASE = "comptoir"
START_SECONDS = 60.0
STOREFRONT = "https://www.bench.example"
# The server's own: a laptop's 32 MB and a rotating disk's page costs give another machine's figures and plans.
POSTGRES = {
    name: (postgresql_at_start | postgresql_live)[name].strip("'")
    for name in (
        "shared_buffers",
        "max_connections",
        "shared_preload_libraries",
        "effective_cache_size",
        "work_mem",
        "maintenance_work_mem",
        "max_parallel_workers_per_gather",
        "max_wal_size",
        "wal_compression",
        "random_page_cost",
        "jit",
    )
}


@dataclass(frozen=True)
class Database:
    """A database of the bench, as its superuser."""

    cluster: Cluster
    name: str = DATABASE

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        """A connection whose statements are not counted; committed at the end."""
        with psycopg.connect(self.cluster.dsn(self.name)) as connection:
            connection.execute("SET pg_stat_statements.track = 'none'")
            yield connection

    def read(self, query: str, values: Params | None = None) -> list[tuple[object, ...]]:
        """Rows."""
        with self.connect() as connection:
            return connection.execute(query.encode(), values).fetchall()

    def write(self, *statements: str) -> None:
        """Statements in one signed transaction: the guards of money and stock ask who writes."""
        with self.connect() as connection:
            sign(connection)
            for statement in statements:
                connection.execute(statement.encode())

    def set_server(self, name: str, value: str) -> None:
        """A server setting, from now on."""
        with psycopg.connect(self.cluster.dsn(self.name), autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
            connection.execute("SELECT pg_reload_conf()")


def sign(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Say who writes, as the product's own transactions do."""
    connection.execute(
        "SELECT set_config('comptoir.actor', 'bench', true), set_config('comptoir.request_id', 'bench', true)"
    )


@dataclass
class Servers:
    """Everything that runs on the server's core, and where."""

    folder: Path
    database: Database
    redis: RedisServer
    environment: dict[str, str]
    web: "subprocess.Popen[bytes]"
    web_port: int
    calibrator_pid: int
    calibrator_port: int
    boot_seconds: float

    @property
    def postmaster_pid(self) -> int:
        """The database server's first process."""
        pid = read_postmaster(pid_file_of(self.database.cluster))
        if pid is None:
            raise WrongAnswer("PostgreSQL has stopped")
        return pid

    def meter(self) -> Meter:
        """The clocks of the web worker, PostgreSQL and Redis."""
        meter = Meter(self.web.pid, self.postmaster_pid, self.redis.process.pid)
        meter.look_for_backends()
        return meter

    @contextmanager
    def beside(self, name: str) -> Iterator["Servers"]:
        """The same servers with a web worker on another database, a copy of this one as it is now."""
        stop(self.web)
        self.database.cluster.create_database(name, self.database.name)
        self.web, self.boot_seconds = start_web(self.environment, self.web_port, self.folder)
        environment = self.environment | {"DATABASE_URL": self.database.cluster.url(name)}
        other = replace(
            self, database=Database(self.database.cluster, name), environment=environment, web_port=free_port()
        )
        other.web, other.boot_seconds = start_web(environment, other.web_port, self.folder)
        try:
            yield other
        finally:
            stop(other.web)

    def restart_web(self) -> None:
        """A new worker, as after a release: nothing cached, memory as after boot."""
        stop(self.web)
        self.web, self.boot_seconds = start_web(self.environment, self.web_port, self.folder)


@contextmanager
def started(more: Mapping[str, str] | None = None) -> Iterator[Servers]:
    """Start all of it, on a database with the newest schema; stop and remove it at the end."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="comptoir-bench-"))
        folder.chmod(0o755)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        with pinned(SERVER_CORE):
            cluster = start_cluster(folder, bin_dir=debian_postgres(), settings=POSTGRES)
            stack.callback(cluster.stop)
            redis = start_redis(folder / "redis.log", binary=debian_redis())
            stack.callback(redis.stop)
        database = prepare_database(cluster)
        environment = settings_of(cluster.url(DATABASE), redis.url, folder) | dict(more or {})
        migrate(environment)
        stack.enter_context(vendor(environment, folder))
        calibrator_port, web_port = free_port(), free_port()
        calibrator = spawn(["bench.calibrator", "--port", str(calibrator_port)], environment, folder / "calibrator.log")
        stack.callback(stop, calibrator)
        wait_for(calibrator_port, "/hello", calibrator, folder / "calibrator.log")
        web, boot_seconds = start_web(environment, web_port, folder)
        servers = Servers(
            folder, database, redis, environment, web, web_port, calibrator.pid, calibrator_port, boot_seconds
        )
        stack.callback(lambda: stop(servers.web))
        yield servers


@contextmanager
def vendor(environment: Mapping[str, str], folder: Path) -> Iterator[None]:
    """A stand-in for Stripe, on the load's core: its work is not the shop's."""
    port = urlsplit(environment["STRIPE_API_BASE"]).port or 0
    log = folder / "fake_stripe.log"
    process = spawn(["app.dev.fake_stripe", "--port", str(port)], environment, log, LOAD_CORE)
    try:
        wait_for(port, "/_test/requests", process, log)
        yield
    finally:
        stop(process)


def debian_postgres() -> Path:
    """The distribution's executables; the embedded ones of `make up` are another build."""
    found = get_bin_dir()
    if not found.is_relative_to("/usr/lib/postgresql"):
        print("!! no PostgreSQL of the distribution here: measured with the embedded one", file=sys.stderr)
    return found


def debian_redis() -> Path:
    """The same of Redis."""
    found = get_binary()
    if not found.is_relative_to("/usr/bin"):
        print("!! no Redis of the distribution here: measured with the embedded one", file=sys.stderr)
    return found


def prepare_database(cluster: Cluster) -> Database:
    """An empty database; statements are counted only while somebody asks."""
    cluster.create_database(DATABASE)
    with psycopg.connect(cluster.dsn(DATABASE), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
    database = Database(cluster)
    database.set_server("pg_stat_statements.track", "none")
    return database


def settings_of(database_url: str, redis_url: str, folder: Path) -> dict[str, str]:
    """Production's settings with test keys: `rehearsal` relaxes nothing that costs or saves time."""
    return {
        "PATH": os.environ["PATH"],
        "COMPTOIR_ENV": "rehearsal",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PUBLIC_URL": "https://api.bench.example",
        "UPLOADS_DIR": str(folder / "uploads"),
        "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(16)}",
        "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(24)}",
        "STRIPE_API_BASE": f"http://127.0.0.1:{free_port()}",
        "BREVO_API_KEY": f"xkeysib-{secrets.token_hex(24)}",
        "BREVO_WEBHOOK_TOKEN": secrets.token_hex(32),
        "BREVO_SENDER_EMAIL": "boutique@bench.example",
        "STORE_CORS": STOREFRONT,
        "ADMIN_CORS": "https://api.bench.example",
        "AUTH_CORS": f"{STOREFRONT},https://api.bench.example",
        "JWT_SECRET": secrets.token_hex(32),
        "COOKIE_SECRET": secrets.token_hex(32),
        "MANUAL_PAYMENT": "true",
        # The limits are not what is measured here: the load is one storefront's server, and Stripe has much to say.
        "RATE_LIMIT_WEBHOOK_MAX": "100000000",
        "RATE_LIMIT_WEBHOOK_REASON": "what is measured is the work, not its limit",
        "TRUSTED_STOREFRONTS": "127.0.0.1/32",
    }


def migrate(environment: Mapping[str, str]) -> None:
    """The newest schema, as a release brings it."""
    subprocess.run([sys.executable, "-m", "alembic", "upgrade", "head"], cwd=ROOT, env=environment, check=True)


def start_web(environment: Mapping[str, str], port: int, folder: Path) -> tuple["subprocess.Popen[bytes]", float]:
    """One web worker, and how long it took to its first answer."""
    began = time.perf_counter()
    web = spawn(["app.serve", "--port", str(port)], environment, folder / "web.log")
    wait_for(port, "/health", web, folder / "web.log")
    return web, time.perf_counter() - began


def spawn(
    module: list[str], environment: Mapping[str, str], log: Path, core: int = SERVER_CORE
) -> "subprocess.Popen[bytes]":
    """A Python program of ours on one core; its log goes to a file, as under supervisor."""
    with pinned(core), log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End it, politely and then not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(port: int, path: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until it answers 200; raises with the end of its log if it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        client = Client(port)
        try:
            client.get(path)
        except (OSError, WrongAnswer):
            time.sleep(0.01)
        else:
            return
        finally:
            client.close()
    raise WrongAnswer(f"no answer from {path}: {log.read_text(errors='replace')[-1500:]}")
