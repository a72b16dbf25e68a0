"""Real PostgreSQL and Redis for a test process, and a fresh migrated database for each test that asks.

Cloning a migrated template takes some 40 ms where files are memory (half a second on a busy disk), so that tests commit
for real and still know nothing of each other. The databases of one test process follow each other under one name: what
the process may keep (its engine and the statements that it has built, its application) stays, and is what a web process
keeps.
"""

import base64
import fcntl
import hashlib
import hmac
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql

from app.core.db import get_engine, session_factory
from app.core.ratelimit import get_limiter
from app.core.settings import Settings, get_settings
from app.core.shared_redis import get_shared_redis
from app.dev.postgres import SUPERUSER, Cluster, PostgresUnavailable, start_cluster
from app.dev.redis import RedisServer, start_redis
from app.payments.breaker import get_local_state
from app.worker.queue import get_queue

ROOT = Path(__file__).parents[1]
TEMPLATE = "comptoir_template"
OF_THE_TEST = "comptoir_test"
# Copying the files costs the server half of what writing every page to its log does, which is its choice from 15 on.
BY_FILES_SINCE = 150_000
PREFIX = "comptoir-test-"
OWNER = "owner.pid"
CLEARING = "comptoir-test.clearing"
# Files in memory, where a system has them and a cluster has room: containers often give it 64 MB.
MEMORY = Path("/dev/shm")  # noqa: S108
MEMORY_NEEDED_BYTES = 2 << 30
# A log that is recycled early; the databases of the tests are small.
SMALL = {"max_wal_size": "96MB", "min_wal_size": "32MB"}

# What the processes under test run with; tests add to it through `environment`.
ENVIRONMENT = {
    "COMPTOIR_ENV": "development",
    "STRIPE_SECRET_KEY": "sk_test_of_the_tests",
    "STRIPE_WEBHOOK_SECRET": "whsec_of_the_tests",
    "BREVO_API_KEY": "key-of-the-tests",
    "BREVO_WEBHOOK_TOKEN": "brevo-webhook-token-of-the-tests-0123456789",
    "JWT_SECRET": "jwt-secret-of-the-tests-0123456789",
    "COOKIE_SECRET": "cookie-secret-of-the-tests-0123456789",
    "STORE_CORS": "http://boutique.test",
    "ADMIN_CORS": "http://admin.test",
    "AUTH_CORS": "http://boutique.test,http://admin.test",
    "MANUAL_PAYMENT": "true",
}


@pytest.fixture(scope="session")
def service_home() -> Iterator[Path]:
    """A folder that the unprivileged database user reaches; what a killed run left is cleared first."""
    clear_abandoned_homes()
    home = Path(tempfile.mkdtemp(prefix=PREFIX, dir=places()[0]))
    home.chmod(0o755)
    (home / OWNER).write_text(str(os.getpid()))
    yield home
    shutil.rmtree(home, ignore_errors=True)


def places() -> list[Path]:
    """Where servers may keep their files, the best first."""
    places = [Path(tempfile.gettempdir())]
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
        room = os.statvfs(MEMORY)
        fits = room.f_bavail * room.f_frsize >= MEMORY_NEEDED_BYTES and not room.f_flag & os.ST_NOEXEC
        places.insert(0 if fits else 1, MEMORY)
    return places


def clear_abandoned_homes() -> None:
    """Stop the servers of test runs that were killed, and remove their folders; one worker at a time."""
    with (Path(tempfile.gettempdir()) / CLEARING).open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        for home in (found for place in places() for found in place.glob(f"{PREFIX}*")):
            clear_abandoned_home(home)


def clear_abandoned_home(home: Path) -> None:
    """Leaves the folder of a run that lives alone."""
    with suppress(OSError, ValueError):
        if Path(f"/proc/{int((home / OWNER).read_text())}").exists():
            return
        with suppress(PostgresUnavailable):
            if (home / "postgres.path").exists():
                start_cluster(home, durable=False).stop()  # starting repairs, then it stops like any other
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(service_home: Path) -> Iterator[Cluster]:
    """A private cluster, with a migrated template in it."""
    cluster = start_cluster(service_home, durable=False, settings=SMALL)
    try:
        set_quick_password(cluster)
        cluster.create_database(TEMPLATE)
        migrate(cluster.url(TEMPLATE))
        yield cluster
    finally:
        cluster.stop()


def set_quick_password(cluster: Cluster) -> None:
    """The same password, proved in 1 round instead of 4,096: it is random, and each test opens a dozen connections."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", cluster.password.encode(), salt, 1)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    in_text = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    verifier = "SCRAM-SHA-256$1:{}${}:{}".format(*in_text)
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        change = sql.SQL("ALTER ROLE {} PASSWORD {}")
        connection.execute(change.format(sql.Identifier(SUPERUSER), sql.Literal(verifier)))


@pytest.fixture(scope="session")
def redis_server(service_home: Path) -> Iterator[RedisServer]:
    """A private Redis of this test process."""
    server = start_redis(service_home / "redis.log")
    yield server
    server.stop()


def migrate(database_url: str, revision: str = "head", direction: str = "upgrade") -> None:
    """Run the migrations as a release does."""
    environment = {**os.environ, "DATABASE_URL": database_url}
    command = [sys.executable, "-m", "alembic", direction, revision]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def administration(postgres: Cluster) -> Iterator[psycopg.Connection]:
    """The connection that makes and drops the databases of the tests."""
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        yield connection


@pytest.fixture
def database_url(postgres: Cluster, administration: psycopg.Connection) -> Iterator[str]:
    """A database of this test alone."""
    name = sql.Identifier(OF_THE_TEST)
    clone = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(TEMPLATE))
    by_files = sql.SQL(" STRATEGY FILE_COPY" if administration.info.server_version >= BY_FILES_SINCE else "")
    administration.execute(clone + by_files)
    yield postgres.url(OF_THE_TEST)
    administration.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """An empty Redis."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
def environment(
    service_home: Path, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """The settings' environment, set for this process and to be given to child processes."""
    # Made by whoever keeps the first file in it.
    uploads = service_home / "files" / secrets.token_hex(4) / "uploads"
    values = {**ENVIRONMENT, "DATABASE_URL": database_url, "REDIS_URL": redis_url, "UPLOADS_DIR": str(uploads)}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    forget_process_state()
    yield values
    forget_process_state()


def forget_process_state() -> None:
    """Forget what a process keeps from its first use, so that the next use reads the environment again.

    The engine stays while it leads to the same address, without its connections: the statements it has built are dear.
    """
    for cached in (get_settings, get_queue, get_limiter, get_shared_redis, get_local_state):
        cached.cache_clear()
    if not get_engine.cache_info().currsize:
        return
    get_engine().dispose()  # else its connections are found open by the garbage collector, in another test
    if get_engine().url.render_as_string(hide_password=False) != os.environ.get("DATABASE_URL"):
        get_engine.cache_clear()
        session_factory.cache_clear()


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    """The settings of `environment`, checked."""
    return get_settings()
