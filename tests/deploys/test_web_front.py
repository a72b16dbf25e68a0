"""What nginx is given: it understands all of it."""

import subprocess
from pathlib import Path

import pytest

from app.dev.postgres import free_port
from bench.front import search_path, write_configuration
from infra.deploys import web_front
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
