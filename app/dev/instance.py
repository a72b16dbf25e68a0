"""The data folder of one `make up`: its lock, what it remembers between starts, `up.json` for those who talk to it."""

import fcntl
import json
import os
import secrets
import shutil
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from app.dev.guard import wait_until
from app.dev.postgres import ROOT_HOMES, free_port
from app.dev.refusals import (
    StartRefused,
    already_running,
    disk_is_full,
    from_system,
    port_is_not_a_number,
    port_is_reserved,
    port_is_taken,
)

FIRST_START_MB = 200  # a new cluster, its write-ahead log, the pictures
LATER_START_MB = 40
CLEAR_UP_SECONDS = 40.0
ADMIN_EMAIL = "admin@comptoir.example"
HIGHEST_PORT = 65535


@dataclass(frozen=True)
class Wishes:
    """What the person asked for: the port of the shop and where its data live."""

    port: int
    data: Path

    @property
    def url(self) -> str:
        """The address of the shop."""
        return f"http://127.0.0.1:{self.port}"

    def log(self, name: str) -> Path:
        """The log file of one process."""
        return self.data / "log" / f"{name}.log"


@dataclass(frozen=True)
class Secrets:
    """Made once for a data folder; good for nothing outside it."""

    admin_password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    stripe_key: str = field(default_factory=lambda: f"sk_test_{secrets.token_hex(16)}")
    webhook_secret: str = field(default_factory=lambda: f"whsec_{secrets.token_hex(24)}")
    brevo_key: str = field(default_factory=lambda: f"xkeysib-{secrets.token_hex(24)}")
    jwt_secret: str = field(default_factory=lambda: secrets.token_hex(32))
    cookie_secret: str = field(default_factory=lambda: secrets.token_hex(32))
    brevo_webhook_token: str = field(default_factory=lambda: secrets.token_hex(32))


@dataclass
class Memory:
    """What is the same at the next start: secrets, inner ports, what was prepared and with which result."""

    secrets: Secrets = field(default_factory=Secrets)
    ports: dict[str, int] = field(default_factory=dict)
    prepared: str = ""
    shop: dict[str, object] = field(default_factory=dict)

    def port(self, name: str) -> int:
        """The port of an inner server: the same as last time if it is still free."""
        known = self.ports.get(name)
        if known is None or not is_free(known) or list(self.ports.values()).count(known) > 1:
            self.ports[name] = free_port()
        return self.ports[name]


def read_wishes(environ: Mapping[str, str]) -> Wishes:
    """PORT (9000) and DATA (var) as the person gave them."""
    text = environ.get("PORT") or "9000"
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= HIGHEST_PORT:
        raise port_is_not_a_number(text)
    return Wishes(port=int(text), data=Path(environ.get("DATA") or "var").resolve())


def listen(wishes: Wishes) -> socket.socket:
    """Take the port before anything else is done; the web process inherits it, so a restart refuses nobody."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", wishes.port))
        listener.listen(1024)
    except PermissionError:
        raise port_is_reserved(wishes.port) from None
    except OSError:
        raise port_is_taken(wishes.port) from None
    return listener


def is_free(port: int) -> bool:
    """Whether we could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def check_folder(data: Path) -> None:
    """Make the folder; refuse at once one that cannot be written or has no room, before anything runs."""
    needed_mb = LATER_START_MB if (data / "memory.json").exists() else FIRST_START_MB
    try:
        (data / "log").mkdir(parents=True, exist_ok=True)
        probe = data / ".probe"
        probe.write_bytes(bytes(1 << 20))
        probe.unlink()
    except OSError as trouble:
        raise from_system(trouble, data, needed_mb) or trouble from None
    places = {data, ROOT_HOMES if ROOT_HOMES.exists() and os.geteuid() == 0 else data}
    for place in places:
        if shutil.disk_usage(place).free < needed_mb << 20:
            raise disk_is_full(place, needed_mb)


def take_locks(data: Path) -> tuple[IO[str], IO[str]]:
    """Hold the folder: one lock for us, one that our guard keeps until everything is stopped, however we end.

    Waits for the guard of a start that was killed to finish its work.
    """
    own, guard = (data / "up.lock").open("w"), (data / "guard.lock").open("w")
    if not try_lock(own) or not wait_until(lambda: try_lock(guard), CLEAR_UP_SECONDS):
        own.close()
        guard.close()
        raise already_running(data)
    return own, guard


def try_lock(file: IO[str]) -> bool:
    """An exclusive lock that the kernel drops with the last process that holds the file."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def load_memory(data: Path) -> Memory:
    """What the last start left; a new memory for a new folder."""
    path = data / "memory.json"
    if not path.exists():
        return Memory()
    try:
        known = json.loads(path.read_text())
        return Memory(**{**known, "secrets": Secrets(**known["secrets"])})
    except (ValueError, TypeError, KeyError):
        raise StartRefused(
            f"{path} est illisible : effacez {data} pour repartir de zéro. / {path} cannot be read: remove {data}."
        ) from None


def save_memory(data: Path, memory: Memory) -> None:
    """Keep it for the next start."""
    write_json(data / "memory.json", asdict(memory))


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """As `write_private`, an object."""
    write_private(path, json.dumps(content, indent=2, ensure_ascii=False))


def write_private(path: Path, content: str) -> None:
    """Replace the file in one move, readable by its owner only: it holds secrets."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    with new.open("w") as file:
        file.write(f"{content}\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
