"""What nginx is given: it understands all of it."""

import subprocess
from pathlib import Path

import httpx2
import pytest

from app.dev.postgres import free_port
from bench.front import search_path, wait_until_listening, write_configuration
from infra.deploys import web_front
from tests.api.test_freshness import unverified
from tests.nginx_front import demand_nginx

ALONE = """
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{ include {folder}/shared.conf; }}
"""


def try_configuration(folder: Path, name: str) -> str:
    demand_nginx()
    command = ["nginx", "-t", "-p", str(folder), "-c", str(folder / name)]
    tried = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": search_path()})
    return "" if tried.returncode == 0 and "[warn]" not in tried.stderr else tried.stderr


def test_nginx_takes_the_whole_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "front"
    demand_nginx()
    write_configuration(folder, free_port(), free_port())
    assert try_configuration(folder, "nginx.conf") == ""
    (folder / "snippets" / "comptoir-cache.conf").write_text("proxy_cache nowhere;")
    assert "nowhere" in try_configuration(folder, "nginx.conf")


@pytest.mark.parametrize("named", ["", "203.0.113.7", "203.0.113.0/28, 2001:db8::/64"])
def test_nginx_takes_trusted_storefronts(tmp_path: Path, named: str) -> None:
    addresses = web_front.trusted_storefronts({"TRUSTED_STOREFRONTS": named})
    shared = web_front.render("http.conf.j2", trusted_storefronts=addresses)
    (tmp_path / "shared.conf").write_text(shared.replace("/var/cache/", f"{tmp_path}/"))
    (tmp_path / "alone.conf").write_text(ALONE.format(folder=tmp_path))
    assert try_configuration(tmp_path, "alone.conf") == ""


def test_what_fails_leaves_no_address_and_no_token_in_any_log(tmp_path: Path) -> None:
    """nginx's error log quotes the request: with a body that goes to disk, and with nobody behind who takes it."""
    demand_nginx()
    folder, port = tmp_path / "front", free_port()
    write_configuration(folder, port, free_port())
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, env={"PATH": search_path()}, stderr=subprocess.DEVNULL)
    try:
        wait_until_listening(port, process, folder)
        with httpx2.Client(base_url=f"https://127.0.0.1:{port}", verify=unverified()) as client:
            for path in ("/store/carts/cart_zzzzzz?email=zzzzzz@example.com", "/app/invitation/zzzzzz"):
                answered = client.post(path, content=b"x" * 100_000, headers={"referer": "https://shop.test/zzzzzz"})
                assert answered.status_code == 502
    finally:
        process.terminate()
        process.wait(timeout=20)
    logs = {path.name: path.read_text() for path in folder.rglob("*.log")}
    assert any('"path":"/store/carts/:id"' in text for text in logs.values())
    assert [name for name, text in logs.items() if "zzzzzz" in text] == []
