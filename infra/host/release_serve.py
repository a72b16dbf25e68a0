"""Serving a release: migrations, a try on a spare port, the rolling restart, and a look through nginx."""

import http.client
import json
import re
import socket
import ssl
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from infra.host.release_places import CURRENT, ETC, LEASH, RELEASES, Refused, read_pairs, say

BACKUP = "/usr/local/sbin/comptoir-backup"
WEB_PORT = 9000
START_SECONDS = 30
READY_SECONDS = 20
RESTART_SECONDS = 180
OLDEST_READER = Path("app/migrations/OLDEST_READER")


def configured_domain() -> str:
    """The host name of PUBLIC_URL, which is the one nginx serves."""
    return read_pairs(ETC / "env").get("PUBLIC_URL", "").partition("://")[2].rstrip("/")


def take_backup() -> None:
    """A dump, read back, before the schema changes; without it nothing goes on."""
    say("takes a dump")
    done = subprocess.run([BACKUP], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"backup: {last_words(done)}")


def migrate(release: str) -> None:
    """Bring the schema to this release's head, as its owner; the lock timeout is the role's own."""
    say("migrates")
    target = RELEASES / release
    # The owner may read no file of secrets: what it needs is handed over, the database as itself.
    settings = {**read_pairs(ETC / "env"), **read_pairs(ETC / "owner.env")}
    command = [str(target / ".venv/bin/alembic"), "upgrade", "head"]
    done = run_as("comptoir_owner", command, target, settings)
    if done.returncode:
        raise Refused(f"migrations: {last_words(done)}")


def try_on_spare_port(release: str) -> None:
    """Start one web process of this release beside the live ones, and want two healthy answers of it."""
    say("tries it on a spare port")
    target, port = RELEASES / release, spare_port()
    command = [*LEASH, str(target / ".venv/bin/python"), "-m", "app.serve", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=target, env=service_environment(), user="comptoir", group="comptoir", extra_groups=[],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            wait_for(release, port, process)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()


def wait_for(release: str, port: int, process: subprocess.Popen[str]) -> None:
    """Until /health names the release and /health/db agrees; a process that ends is not waited for."""
    deadline = time.monotonic() + START_SECONDS
    answer = (0, "no answer")
    while time.monotonic() < deadline:
        if process.poll() is not None:
            words = (process.stderr.read() if process.stderr else "").strip().splitlines()[-1:]
            raise Refused(f"{release} ne démarre pas / does not start: {' '.join(words)[:300]}")
        answer = ask(port, "/health/db") if ask_version(port) == release else answer
        if answer[0] == 200:
            return
        time.sleep(0.1)
    raise Refused(f"{release} n'est pas sain en {START_SECONDS} s / is not healthy: {answer[0]} {answer[1][:300]}")


def rolling_restart() -> None:
    """One worker at a time, by the live release's own command; it stops at the first that does not come up."""
    say("restarts one worker at a time")
    done = run_as(
        "comptoir", [str(CURRENT / ".venv/bin/python"), "-m", "app.ops.rolling_restart"], CURRENT, service_environment()
    )
    if done.returncode:
        raise Refused(f"rolling restart: {last_words(done)}")
    for line in done.stdout.splitlines():
        say(f"  {line}")


def verify(release: str, domain: str, *, must_be_ready: bool) -> None:
    """Through nginx and TLS, as a customer: the version, the database, and readiness if there was any before."""
    say("looks through nginx")
    status, body = ask_front(domain, "/health")
    version = version_in(body)
    if version != release:
        raise Refused(f"nginx sert {version or status}, pas {release} / nginx serves {version or status}: {body[:200]}")
    deadline = time.monotonic() + READY_SECONDS
    status, body = ask_front(domain, "/health/ready")
    while status != 200 and time.monotonic() < deadline:
        time.sleep(0.25)
        status, body = ask_front(domain, "/health/ready")
    if status == 200:
        return
    if must_be_ready or ask_front(domain, "/health/db")[0] != 200:
        raise Refused(f"/health/ready: {status} {body[:300]}")
    say(f"ATTENTION /health/ready: {status} {body[:300]}")


def is_ready() -> bool:
    """Whether the live release is ready now, asked without nginx."""
    return ask(WEB_PORT, "/health/ready")[0] == 200


def ask(port: int, path: str) -> tuple[int, str]:
    """Status and body of a local GET; 0 if nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    return answer_of(connection, path, "127.0.0.1")


def ask_version(port: int) -> str:
    """The release that /health names."""
    return version_in(ask(port, "/health")[1])


def version_in(body: str) -> str:
    """The release an answer of /health names; empty when it is no such answer."""
    with suppress(ValueError, AttributeError):
        return str(json.loads(body).get("version", ""))
    return ""


def ask_front(domain: str, path: str) -> tuple[int, str]:
    """The same through nginx, certificate checked."""
    context = trust(ETC / "tls" / "ca.crt")
    connection = http.client.HTTPSConnection(domain, 443, timeout=5, context=context)
    # The public name may not point here yet: the connection goes to this machine, the certificate is the name's.
    with suppress(OSError):
        plain = socket.create_connection(("127.0.0.1", 443), timeout=5)
        connection.sock = context.wrap_socket(plain, server_hostname=domain)
        return answer_of(connection, path, domain)
    return 0, "nginx does not answer"


def trust(own_authority: Path) -> ssl.SSLContext:
    """The system's authorities, and our own if there is one: its host may get a public certificate later."""
    context = ssl.create_default_context()
    if own_authority.exists():
        context.load_verify_locations(own_authority)
    return context


def answer_of(connection: http.client.HTTPConnection, path: str, host_name: str) -> tuple[int, str]:
    """One GET on this connection, closed afterwards."""
    try:
        connection.request("GET", path, headers={"Host": host_name, "Connection": "close"})
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as problem:
        return 0, str(problem)
    finally:
        connection.close()


def stale_processes() -> list[str]:
    """Web processes that started before the settings they should have read were written."""
    written = (ETC / "env").stat().st_mtime
    found = subprocess.run(
        ["pgrep", "-f", "-u", "comptoir", "app[.](serve|worker)"], capture_output=True, text=True, check=False
    )
    pids = [pid for pid in found.stdout.split() if Path(f"/proc/{pid}").exists()]
    if not pids:
        return ["no process of the shop is running"]
    old = [pid for pid in pids if Path(f"/proc/{pid}").stat().st_mtime < written]
    return ["the settings changed since the processes started"] if old else []


def check_schema_range(release: str, live: str) -> None:
    """Refuse code that cannot read the present schema: the live release names the oldest revision its schema allows."""
    named = RELEASES / live / OLDEST_READER
    oldest = named.read_text().strip() if named.exists() else ""
    if oldest and oldest not in known_revisions(release):
        raise Refused(
            f"{release} ne sait pas lire le schéma actuel (il lui manque {oldest}) : restaurez une sauvegarde."
            f" / {release} cannot read the present schema ({oldest} is unknown to it)."
        )


def known_revisions(release: str) -> set[str]:
    """The Alembic revisions that a release carries."""
    files = (RELEASES / release / "app/migrations/versions").glob("*.py")
    pattern = re.compile(r"^revision(?:: str)? = [\"']([0-9a-z_]+)[\"']", re.MULTILINE)
    return {found.group(1) for path in files if (found := pattern.search(path.read_text()))}


def service_environment() -> dict[str, str]:
    """What supervisord gives its programs."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        "PYTHONUNBUFFERED": "1",
        "COMPTOIR_ENV_FILE": str(ETC / "env"),
    }


def run_as(user: str, command: list[str], folder: Path, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run as a system user, in the release, with these variables and no others."""
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent", **settings}
    return subprocess.run(
        command, cwd=folder, env=environment, user=user, group=user, extra_groups=[],
        capture_output=True, text=True, timeout=RESTART_SECONDS, check=False,
    )  # fmt: skip


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    """The end of what a program said before it failed."""
    return " | ".join((done.stderr or done.stdout).strip().splitlines()[-3:])[:500]


def spare_port() -> int:
    """A port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
