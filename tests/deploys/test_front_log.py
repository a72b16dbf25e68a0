"""What nginx writes of each call: enough to see which route it was, nothing that opens something."""

import json
import re
import secrets
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from app.core.ids import new_id
from app.dev.postgres import free_port
from bench.front import search_path
from infra.deploys import web_front
from tests.api.walk import steps
from tests.nginx_front import demand_nginx
from tests.waiting import wait_until

PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
# Everything that the deploy gives nginx, before a server that answers at once.
ALONE = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  include {folder}/shared.conf;
  server {{
    listen 127.0.0.1:{port};
    access_log {folder}/access.log comptoir;
    location / {{ return 204; }}
  }}
}}
"""
SECRET = "z" * 6  # in every id and token of these tests
MOST_IDS = 2  # what has more is no route of ours but the one for logins that are not there
# What is asked for, and what is written.
SHAPES = {
    "/": "/",
    "/health": "/health",
    "/store/carts/": "/store/carts/",
    "/store/carts/{id}/": "/store/carts/:id/",
    "/store/carts/{id}/line-items/{id}": "/store/carts/:id/line-items/:id",
    "/store//carts///{id}": "/store/carts/:id",
    "/store/%63arts/{id}%2Fcomplete": "/store/carts/:id/complete",
    "/store/carts/{id}/{id}": "/store/carts/:id/:id",
    "/{id}/{id}/{id}": "-",
    "/app/invitation/{token}": "/app/invitation/-",
    "/app/invitation/nobodys-token": "/app/invitation/-",
    "/store/{token}": "/store/:id",
    "/reset-password/{token}": "/reset-password/:id",
    "/store/customers/jeanne@example.com": "/store/customers/:id",
    "/.env": "/.env",
    "/wp-login.php": "/wp-login.php",
}


class Front:
    """nginx, asked for a path at a time."""

    def __init__(self, url: str, log: Path) -> None:
        self.http = httpx2.Client(base_url=url, timeout=10)
        self.log = log
        self.read = 0

    def logged(self, *paths: str) -> list[str]:
        """The paths of the log after these were asked for."""
        for path in paths:
            assert self.http.get(path).status_code == 204
        wait_until(lambda: len(self.lines()) >= self.read + len(paths), 10, "lines in the log")
        new = self.lines()[self.read :]
        self.read += len(new)
        return [str(json.loads(line)["path"]) for line in new]

    def lines(self) -> list[str]:
        """The log so far."""
        return self.log.read_text().splitlines()


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    """nginx with the product's own log."""
    with serving(tmp_path, ALONE) as url:
        front = Front(url, tmp_path / "access.log")
        yield front
        front.http.close()


@contextmanager
def serving(folder: Path, site: str, trusted_storefronts: Sequence[str] = ()) -> Iterator[str]:
    """nginx with what all its servers share, and this one."""
    demand_nginx()
    port = free_port()
    shared = web_front.render("http.conf.j2", trusted_storefronts=list(trusted_storefronts))
    (folder / "shared.conf").write_text(shared.replace("/var/cache/", f"{folder}/"))
    (folder / "alone.conf").write_text(site.format(folder=folder, port=port))
    command = ["nginx", "-p", str(folder), "-c", str(folder / "alone.conf")]
    process = subprocess.Popen(command, env={"PATH": search_path()}, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: is_listening(port), 10, "nginx listens")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def is_listening(port: int) -> bool:
    """Whether somebody accepts; a connection without a request leaves no line."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def secret_id(prefix: str = "id") -> str:
    """An id as ours are, that is found again."""
    return new_id(prefix)[: -len(SECRET)] + SECRET


def test_no_route_leaves_an_id_in_the_log(front: Front) -> None:
    """Every route of the product, its parameters filled with ids; what is left is the route."""
    templates = sorted({step.path for step in steps() if not step.path.startswith("/app/")})
    asked = [PARAMETER.sub(lambda _: secret_id(), template) for template in templates]
    paths = front.logged(*(f"{path}?token={SECRET}&email=jeanne@example.com" for path in asked))
    assert SECRET not in front.log.read_text()
    assert "jeanne" not in front.log.read_text()
    shown = [PARAMETER.sub(":id", template) for template in templates]
    assert paths == [path if path.count(":id") <= MOST_IDS else "-" for path in shown]


def test_what_is_no_word_is_not_written(front: Front) -> None:
    identity, token = secret_id("cart"), secrets.token_urlsafe(32)[: -len(SECRET)] + SECRET
    asked = [path.format(id=identity, token=token) for path in SHAPES]
    assert dict(zip(SHAPES, front.logged(*asked), strict=True)) == SHAPES
    assert SECRET not in front.log.read_text()


def test_no_path_is_too_long_to_be_read_at_once(front: Front) -> None:
    """Tried every way, these took a second each, and nginx wrote them whole into its error log."""
    words, identity = "/a" * 1_200, f"/{secret_id()}"
    front.logged(f"{words}{identity}" * 3, f"{words}{identity}{words}{identity}", f"/{'a' * 23}" * 300 + identity * 10)
    assert SECRET not in front.log.read_text()
    assert front.log.with_name("error.log").read_text() == ""
