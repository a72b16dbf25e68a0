"""Through nginx: the micro-cached list beside a static file of the same size, with the product's own configuration.

Only addresses and folders are other ones, and the limits per address are off: here one address is the whole world.
"""

import os
import re
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.dev.postgres import free_port
from bench.machine import LOAD_CORE, SERVER_CORE, pinned
from bench.servers import ROOT, Servers
from bench.shop import Shop
from bench.wire import Client, WrongAnswer

NAME = "127.0.0.1"
STATIC = "0" * 32 + ".webp"
CONNECTIONS = 16
RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
FAILED = re.compile(r"Non-2xx or 3xx responses: (\d+)")
Figures = dict[str, object]
MAIN = """
user root;
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  include /etc/nginx/mime.types;
  sendfile on;
  tcp_nopush on;
  include {folder}/http.conf;
  include {folder}/site.conf;
}}
"""


def measure_front(servers: Servers, shop: Shop, rounds: int, seconds: int) -> Figures:
    """Requests a second of both, in turn, and their ratio; what is missing on this machine is said instead."""
    missing = [name for name in ("nginx", "wrk", "openssl") if shutil.which(name, path=search_path()) is None]
    if missing:
        return {"not_measured": f"{', '.join(missing)} not installed here"}
    with front(servers) as (folder, port):
        body = Client(servers.web_port, shop.headers).get(shop.list_path).body
        (folder / "uploads" / STATIC).write_bytes(body)
        static, cached = [], []
        for _ in range(rounds):
            static.append(load(f"https://{NAME}:{port}/static/{STATIC}", shop, seconds))
            cached.append(load(f"https://{NAME}:{port}{shop.list_path}", shop, seconds))
    ratios = [one / other for one, other in zip(cached, static, strict=True)]
    return {
        "bytes": len(body),
        "static_file_per_second": round(statistics.median(static)),
        "micro_cached_list_per_second": round(statistics.median(cached)),
        "ratio_percent": round(statistics.median(ratios) * 100),
        "goal_percent": 60,
    }


@contextmanager
def front(servers: Servers) -> Iterator[tuple[Path, int]]:
    """nginx on the server's core, before the web worker; gives its folder and its TLS port."""
    folder, port = servers.folder / "front", free_port()
    write_configuration(folder, port, servers.web_port)
    with pinned(SERVER_CORE), (folder / "nginx.out").open("wb") as output:
        command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
        process = subprocess.Popen(command, env={"PATH": search_path()}, stdout=output, stderr=output)
    try:
        wait_until_listening(port, process, folder)
        yield folder, port
    finally:
        process.terminate()
        process.wait(timeout=20)


def write_configuration(folder: Path, port: int, web_port: int) -> None:
    """The files of `nginx/` as the deploy renders them, moved into this folder."""
    for name in ("snippets", "uploads", "tls", "cache"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    environment = Environment(
        loader=FileSystemLoader(ROOT / "nginx"),
        undefined=StrictUndefined,
        trim_blocks=True,
        autoescape=False,  # noqa: S701 - configuration, not HTML
    )
    values = {
        "domain": NAME,
        "names": NAME,
        "is_rehearsal": True,
        "http2_directive": False,
        "trusted_storefronts": (),
        "brevo_ranges": (),
    }
    moved = Move(folder, port, free_port(), web_port)
    for source, target in (("http.conf.j2", "http.conf"), ("comptoir.conf.j2", "site.conf")):
        (folder / target).write_text(moved.text(environment.get_template(source).render(**values)))
    for snippet in (ROOT / "nginx" / "snippets").iterdir():
        (folder / "snippets" / snippet.name).write_text(moved.text(snippet.read_text()))
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
    certify(folder / "tls")


class Move:
    """What is another here than on a host."""

    def __init__(self, folder: Path, port: int, plain_port: int, web_port: int) -> None:
        self.pairs = (
            (r"\[::\]:\d+[^;]*", f"127.0.0.1:{free_port()}"),
            (r"listen 443 ", f"listen 127.0.0.1:{port} "),
            (r"listen 80\b", f"listen 127.0.0.1:{plain_port}"),
            (r"127\.0\.0\.1:9000", f"127.0.0.1:{web_port}"),
            (r"/etc/comptoir/tls", f"{folder}/tls"),
            (r"/var/lib/comptoir/uploads", f"{folder}/uploads"),
            (r"/var/(?:lib|log|cache)/(?:comptoir-nginx|comptoir|nginx)", str(folder)),
            (r"(?m)^\s*limit_(?:req|conn) zone=.*$|^\s*limit_conn comptoir.*$", ""),
            (r"include snippets/", f"include {folder}/snippets/"),
        )

    def text(self, text: str) -> str:
        """A file with these places; an IPv6 address is not listened on."""
        text = re.sub(r"(?m)^\s*listen \[::\].*$", "", text)
        for pattern, instead in self.pairs:
            text = re.sub(pattern, instead, text)
        return text


def certify(folder: Path) -> None:
    """A certificate for these minutes."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subject = ["-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=IP:{NAME}"]
    subprocess.run([*command, *files, *subject], check=True, capture_output=True, env={"PATH": search_path()})


def wait_until_listening(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Until it accepts; raises with what it said if it does not."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and process.poll() is None:
        client = Client(port)
        try:
            client.get("/", expect=0)
        except ConnectionRefusedError:
            time.sleep(0.02)
        except (OSError, WrongAnswer):
            return
        else:
            return
        finally:
            client.close()
    raise WrongAnswer(f"nginx does not start: {(folder / 'nginx.out').read_text()[-1500:]}")


def load(url: str, shop: Shop, seconds: int) -> float:
    """Requests a second of sixteen connections, by wrk on the load's core."""
    headers = [option for name, value in shop.headers.items() for option in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *headers, url]
    with pinned(LOAD_CORE):
        said = subprocess.run(command, capture_output=True, text=True, check=True, env={"PATH": search_path()}).stdout
    failed, rate = FAILED.search(said), RATE.search(said)
    if failed or not rate:
        raise WrongAnswer(f"through nginx: {said[-600:]}")
    return float(rate.group(1))


def search_path() -> str:
    """Where the distribution puts servers."""
    return f"{os.environ['PATH']}:/usr/sbin:/sbin"
